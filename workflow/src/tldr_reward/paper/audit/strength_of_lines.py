"""Strength of table 3's lowest rates, and of the lines of figures 5 and 6 over its models."""

import math

from tldr_reward.metrics.correlation import correlate
from tldr_reward.metrics.strength import Effect, smallest_correlation
from tldr_reward.paper.audit.rows import Numbers, source_name
from tldr_reward.paper.audit.strength import STATED, Comparison, means, p_text, shares

_WORST = "paligemma-3b-mix-448"


def lowest_comparisons(numbers: Numbers) -> list[Comparison]:
    """The lowest rate of each level against the next."""
    found = []
    for level in ("token", "sentence", "response"):
        column = f"hallucination_{level}"
        rates = {row: numbers.share("table3", row, column) for row in numbers.rows("table3")}
        first, second = sorted(rates, key=rates.__getitem__)[:2]
        n = int(numbers.entry("table3", first, column).n)
        texts = [numbers.text("table3", row, column) for row in (first, second)]
        cells = {
            "id": f"table3/lowest/{level}",
            "where": f"table 3, {level} level",
            "statement": f"{first} is below {second}, the next",
            "family": "table 3, the lowest against the next",
            "printed": f"{texts[0]}% and {texts[1]}%",
            "claimed": -1,
            "n_basis": STATED,
        }
        if level == "response":
            pair = [(round(rates[row] * n), n) for row in (first, second)]
            found.append(shares(cells, *pair))
        else:
            found.append(means(cells, rates[first], rates[second], n))
    return found


def line_comparisons(numbers: Numbers) -> list[Comparison]:
    """The printed lines, and figure 5's at other levels and without the worst model."""
    models = numbers.rows("table3")
    found = [_line(numbers, "5", models, "mmmu", "token", "")]
    for source in ("camera_ready", "rebuttal"):
        scored = [m for m in models if numbers.prints("table3", m, "mega_bench", source)]
        found.append(_line(numbers, "6", scored, "mega_bench", "token", source))
    without = [model for model in models if model != _WORST]
    for level in ("token", "sentence", "response"):
        for chosen, what in ((models, ""), (without, f"without {_WORST}")):
            if level != "token" or what:
                found.append(_line(numbers, "5", chosen, "mmmu", level, what))
    return found


def _line(
    numbers: Numbers, figure: str, models: list[str], score: str, level: str, what: str
) -> Comparison:
    """One correlation of a score with -ln of a rate."""
    rates = [numbers.share("table3", model, f"hallucination_{level}") for model in models]
    source = what if what in ("camera_ready", "rebuttal") else "camera_ready"
    scores = [float(numbers.text("table3", model, score, source)) for model in models]
    fit = correlate([-math.log(rate) for rate in rates], scores)
    (low, low_at), (high, high_at) = fit.without_low, fit.without_high
    printed_line = what in ("", "camera_ready", "rebuttal") and level == "token"
    tail = f", 43.0 as in the {source_name(what)}" if figure == "6" else ""
    tail += f", {what}" if figure == "5" and what else ""
    return Comparison(
        id=f"figure{figure}/{level}{'/' + what.replace(' ', '_') if what else ''}",
        where=f"figure {figure}, {level} level{tail}",
        statement=f"-ln of the {level} rate goes with {score.replace('_', ' ')}",
        family="figures 5 and 6" if printed_line else "figure 5, other levels and models",
        printed=f"n = {len(models)}",
        arithmetic=f"r = {fit.r:.3f}; permutation p = {p_text(fit.p_value)}; with one model left "
        f"out r is {low:.3f} (without {models[low_at]}) to {high:.3f} "
        f"(without {models[high_at]})",
        effect=Effect(fit.r, fit.r_low, fit.r_high, fit.p_value),
        claimed=1,
        unit="r",
        n=str(len(models)),
        n_basis=STATED,
        smallest=f"r = {smallest_correlation(len(models)):.2f}",
    )
