"""Strength of tables 5 and 6: backbones with the LoRA at tau times its scale."""

from fractions import Fraction

from tldr_reward.metrics.strength import (
    compare_strata,
    smallest_difference,
)
from tldr_reward.paper.audit.granularity import counts
from tldr_reward.paper.audit.rows import Numbers
from tldr_reward.paper.audit.strength import (
    STATED,
    Comparison,
    means,
    p_text,
    points,
    shares,
    single_share,
)

_BACKBONES = ("paligemma-3b", "llama-3.2-11b-vision")
_BENCHMARKS = (
    "blink_counting",
    "blink_spatial_relation",
    "blink_object_localization",
    "isobench_math_parity",
    "isobench_winner_id",
)
# Published items that have the most frequent label: even, odd and neither have 128 of 384 each,
# White wins 127 of 257. Who always gives it is right as often.
_MOST_FREQUENT = {"isobench_math_parity": 128, "isobench_winner_id": 127}
# tau and the one that it is compared with, and the sign that the paper gives the difference.
_TAUS = (("0.25", "0", 1), ("0.25", "0.5", 1), ("0.5", "0", 1), ("1", "0", -1))


def tau_comparisons(numbers: Numbers) -> list[Comparison]:
    """All comparisons of tables 5 and 6."""
    return [
        *table5_comparisons(numbers),
        *constant_comparisons(numbers),
        *table6_comparisons(numbers),
    ]


def benchmark_count(numbers: Numbers, row: str, name: str) -> tuple[int, int]:
    """Right answers and n of one cell of table 5; the nearest whole number where none fits."""
    entry, number = numbers.entry("table5", row, name), numbers.number("table5", row, name)
    n = int(entry.n)
    aim = number.value * n / 100
    return min(counts(number, n) or [round(aim)], key=lambda k: abs(Fraction(k) - aim)), n


def table5_comparisons(numbers: Numbers) -> list[Comparison]:
    """tau against tau on every benchmark, and over all five together."""
    found = []
    for tau, other, claimed in _TAUS:
        family = f"table 5, tau = {tau} against {other}"
        for backbone in _BACKBONES:
            strata = []
            for name in _BENCHMARKS:
                rows = [f"{backbone}/tau={at}" for at in (tau, other)]
                pair = [benchmark_count(numbers, row, name) for row in rows]
                texts = [numbers.text("table5", row, name) for row in rows]
                strata.append((*pair[0], *pair[1]))
                cells = {
                    "id": f"table5/{backbone}/{name}/{tau}_{other}",
                    "where": f"table 5, {backbone}, {name}",
                    "statement": f"tau = {tau} is {'above' if claimed > 0 else 'below'} {other}",
                    "family": family,
                    "printed": f"{texts[0]}% and {texts[1]}%",
                    "claimed": claimed,
                    "n_basis": STATED,
                }
                found.append(shares(cells, *pair))
            found.append(_together(backbone, (tau, other), claimed, strata))
    return found


def _together(backbone: str, taus: tuple[str, str], claimed: int, strata: list) -> Comparison:
    effect, n = compare_strata(strata)
    right = [sum(row[place] for row in strata) for place in (0, 2)]
    return Comparison(
        id=f"table5/{backbone}/all/{'_'.join(taus)}",
        where=f"table 5, {backbone}, all five benchmarks",
        statement=f"tau = {taus[0]} is {'above' if claimed > 0 else 'below'} {taus[1]} over all",
        family=f"table 5, all benchmarks, tau = {taus[0]} against {taus[1]}",
        printed=f"{right[0]} and {right[1]} of {n} right",
        arithmetic=f"Mantel-Haenszel test over the five, items taken as separate: p = "
        f"{p_text(effect.p_value)}",
        effect=effect,
        claimed=claimed,
        n=str(n),
        n_basis=STATED,
        smallest=points(smallest_difference(right[1] / n, n)),
    )


def constant_comparisons(numbers: Numbers) -> list[Comparison]:
    """IsoBench's accuracies at tau = 0.25 against always giving the most frequent answer."""
    found = []
    for backbone in _BACKBONES:
        for name, frequent in _MOST_FREQUENT.items():
            row = f"{backbone}/tau=0.25"
            k, n = benchmark_count(numbers, row, name)
            cells = {
                "id": f"table5/{backbone}/{name}/constant",
                "where": f"table 5, {backbone}, {name}",
                "statement": f"tau = 0.25 is above one and the same answer to all ({frequent}/{n})",
                "family": "table 5, IsoBench against a constant answer",
                "printed": f"{numbers.text('table5', row, name)}%",
                "claimed": 1,
            }
            found.append(single_share(cells, k / n, n, frequent / n))
    return found


def table6_comparisons(numbers: Numbers) -> list[Comparison]:
    """Rates with tau > 0 against 0: counts of responses, means of token and sentence shares."""
    found = []
    for tau in ("0.1", "0.25"):
        for backbone in _BACKBONES:
            for level in ("response", "sentence", "token"):
                column = f"hallucination_{level}"
                rows = [f"{backbone}/tau={at}" for at in (tau, "0")]
                n = int(numbers.entry("table6", rows[0], column).n)
                rates = [numbers.share("table6", row, column) for row in rows]
                texts = [numbers.text("table6", row, column) for row in rows]
                cells = {
                    "id": f"table6/{backbone}/{level}/{tau}",
                    "where": f"table 6, {backbone}, {level} level",
                    "statement": f"tau = {tau} lowers the {level} rate",
                    "family": f"table 6, tau = {tau} against 0",
                    "printed": f"{texts[0]}% and {texts[1]}%",
                    "claimed": -1,
                    "n_basis": STATED,
                }
                if level == "response":
                    pair = [(round(rate * n), n) for rate in rates]
                    found.append(shares(cells, *pair))
                else:
                    found.append(means(cells, *rates, n))
    return found
