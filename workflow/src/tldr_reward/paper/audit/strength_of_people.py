"""Strength of what people judged or were timed at: tables 4 and 7, and single shares."""

from collections.abc import Sequence

from tldr_reward.metrics.strength import (
    compare_ratios,
    least_wins,
    sign_test,
    smallest_ratio,
)
from tldr_reward.paper.audit.rows import Numbers
from tldr_reward.paper.audit.strength import (
    STATED,
    Comparison,
    p_text,
    shares,
    single_share,
    untested,
)


def people_comparisons(numbers: Numbers) -> list[Comparison]:
    """All comparisons of table 4, table 7 and of single shares."""
    return [
        *table4_comparisons(numbers),
        *table7_comparisons(numbers),
        *share_comparisons(numbers),
    ]


def table4_comparisons(numbers: Numbers) -> list[Comparison]:
    """Wins against losses, and TLDR's wins and attempts against naive's, a model each."""
    found = []
    for model in dict.fromkeys(row.partition("/")[0] for row in numbers.rows("table4")):
        cell = {
            (guide, name): int(numbers.text("table4", f"{model}/{guide}", name))
            for guide in ("tldr", "naive")
            for name in ("flagged", "self_corrected", "win", "loss")
        }
        found.append(_wins(model, cell["tldr", "win"], cell["tldr", "loss"]))
        for name, statement in (
            ("win", "TLDR's guidance wins more of the flagged captions than naive guidance"),
            ("self_corrected", "TLDR's guidance makes models correct more of the flagged captions"),
        ):
            cells = {
                "id": f"table4/{model}/{name}",
                "where": f"table 4, {model}",
                "statement": statement,
                "family": f"table 4, {name.replace('_', '-')} of TLDR against naive",
                "printed": f"{cell['tldr', name]} and {cell['naive', name]}",
                "claimed": 1,
                "n_basis": STATED,
            }
            pair = [(cell[guide, name], cell[guide, "flagged"]) for guide in ("tldr", "naive")]
            found.append(shares(cells, *pair))
    return found


def _wins(model: str, wins: int, losses: int) -> Comparison:
    effect, least = sign_test(wins, losses), least_wins(wins + losses)
    return Comparison(
        id=f"table4/{model}/wins_and_losses",
        where=f"table 4, {model}",
        statement="corrections with TLDR's guidance win more often than they lose",
        family="table 4, wins against losses",
        printed=f"{wins} wins, {losses} losses",
        arithmetic=f"{wins} of {wins + losses} decided; exact sign test p = "
        f"{p_text(effect.p_value)}; ties say nothing",
        effect=effect,
        claimed=1,
        unit="percent",
        n=str(wins + losses),
        n_basis=STATED,
        smallest=f"{least} wins of {wins + losses} are significant" if least else "none: too few",
        neutral=0.5,
    )


def table7_comparisons(numbers: Numbers) -> list[Comparison]:
    """Seconds with both kinds of guidance: people as items, no spread within any of them."""
    people = [row for row in numbers.rows("table7") if row != "average"]
    ratios, found = [], []
    for row in people:
        binary, token = (
            numbers.number("table7", row, f"seconds_{kind}_guidance") for kind in ("binary", "tldr")
        )
        ratios.append(float(binary.value / token.value))
        cells = {
            "id": f"table7/{row}",
            "where": f"table 7, {row}",
            "statement": "this annotator is faster with TLDR's guidance",
            "family": "table 7, single annotators",
            "printed": f"{binary.text} s and {token.text} s",
            "claimed": 1,
            "unit": "times",
        }
        why = "neither captions nor their spread in seconds are printed: no test of one annotator"
        found.append(untested(cells, why))
    return [*found, _all_annotators(ratios)]


def _all_annotators(ratios: Sequence[float]) -> Comparison:
    """Seconds with binary over seconds with TLDR's guidance, annotators as the items."""
    effect = compare_ratios(ratios)
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    sign = sign_test(sum(r > 1 for r in ratios), sum(r <= 1 for r in ratios))
    return Comparison(
        id="table7/all",
        where="table 7",
        statement="annotators are faster with TLDR's guidance",
        family="table 7, all annotators",
        printed=shown,
        arithmetic=f"t test of the logarithms of {shown} with {len(ratios) - 1} degrees of "
        f"freedom: p = {p_text(effect.p_value)}; that all {len(ratios)} go one way has p = "
        f"{p_text(sign.p_value)}; both speak of annotators, not of captions",
        effect=effect,
        claimed=1,
        unit="times",
        n=str(len(ratios)),
        n_basis=STATED,
        smallest=f"{smallest_ratio(ratios):.2f} times",
        neutral=1.0,
    )


def share_comparisons(numbers: Numbers) -> list[Comparison]:
    """Single shares against the bound that the text gives or implies."""
    found = []
    for row in numbers.rows("human_evaluation", "sentence_false_negative_rate"):
        entry = numbers.entry("human_evaluation", row, "sentence_false_negative_rate")
        cells = {
            "id": f"human_evaluation/{row}",
            "where": f"human evaluation, {row}",
            "statement": "flagged sentences are wrong more often than right",
            "family": "human evaluation",
            "printed": f"{entry.value}% right, n = {entry.n}",
            "claimed": -1,
        }
        found.append(single_share(cells, float(entry.value) / 100, int(entry.n), 0.5))
    entry = numbers.entry("pixelprose", "pixelprose", "hallucination_response")
    cells = {
        "id": "pixelprose",
        "where": "PixelProse",
        "statement": "over a fifth of captions are flagged",
        "family": "PixelProse",
        "printed": f"{entry.value}%, n = {entry.n}",
        "claimed": 1,
    }
    fifth = numbers.share("text", "pixelprose", "flagged_above")
    found.append(single_share(cells, float(entry.value) / 100, int(entry.n), fifth))
    return [*found, _synthetic(numbers)]


def _synthetic(numbers: Numbers) -> Comparison:
    """Invalid synthetic negatives among those that were inspected, all taxonomies together."""
    checked = [entry for entry in numbers.reported if entry.table == "synthetic_data_check"]
    failed, n = (sum(int(getattr(entry, name)) for entry in checked) for name in ("value", "n"))
    cells = {
        "id": "synthetic_data_check",
        "where": "synthetic data, rebuttal",
        "statement": "fewer than one in twenty synthetic negatives are invalid",
        "family": "synthetic data",
        "printed": f"{failed} of {n}",
        "claimed": -1,
    }
    return single_share(cells, failed / n, n, 0.05)
