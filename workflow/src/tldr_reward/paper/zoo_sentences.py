"""What the notebook on H_T says: rows of its tables, and sentences on what is shown."""

from tldr_reward.metrics.zoo_correlation import AGREEMENT, SOURCES, ZooFit
from tldr_reward.paper.notebook import interval_text, listed, number_text
from tldr_reward.paper.table import p_text
from tldr_reward.paper.zoo_figures import OUR_SCORES, PAPER_SCORES
from tldr_reward.paper.zoo_verdicts import Bounded, ZooRows, answer, errors_of, pairs_in_order

# Lines of a score against a rate, by source.
LINE_NAMES = {
    "reported": "the paper's, H_T",
    "estimated": "ours, H_T",
    "true": "ours, true rate",
}


def bounded_text(value: Bounded | None, digits: int) -> str:
    """A number with its bounds; a dash where there is none."""
    return "–" if value is None else interval_text(*value, digits)


def r_text(fit: ZooFit | None) -> str:
    """r with its interval; a dash without a line."""
    return "–" if fit is None else interval_text(fit.r, fit.r_low, fit.r_high, 2)


def without_text(fit: ZooFit | None) -> str:
    """How far r goes when one model is left out, and which."""
    if fit is None:
        return "–"
    low, high = (number_text(r, 2) for r in (fit.r_without_low, fit.r_without_high))
    return f"{low} ({fit.r_without_low_model}) to {high} ({fit.r_without_high_model})"


def order_row(rows: ZooRows, level: str, name: str, metric: str) -> list[str]:
    """How well a rate puts models in order; the line is that of the estimated rate."""
    pairs = pairs_in_order(rows, metric, level)
    fit = rows.fit("rate", AGREEMENT, level) if name == "estimated" else None
    return [
        level,
        name,
        f"{pairs.right} of {pairs.all}",
        "–" if pairs.kendall is None else number_text(pairs.kendall, 2),
        f"{pairs.apart_right} of {pairs.apart}",
        r_text(fit),
        p_text(fit.p_permutation) if fit else "–",
        without_text(fit),
    ]


def line_row(rows: ZooRows, score: str, source: str) -> list[str]:
    """A line of score against rate, and what it is worth."""
    fit = rows.fit(score, source)
    return [
        PAPER_SCORES[score] if source == "reported" else OUR_SCORES[score],
        LINE_NAMES[source],
        str(len(rows.points_of(score, source))),
        r_text(fit),
        p_text(fit.p_permutation) if fit else "–",
        "–" if fit is None or source == "reported" else p_text(fit.p_holm),
        without_text(fit),
    ]


def claim_rows(rows: ZooRows, score: str) -> list[list[str]]:
    """The paper's claim with its score and with ours: claim, answer and the line that it is from.

    The same is asked of the true rate.
    """
    lines = (
        ("reported", PAPER_SCORES, "H_T"),
        ("estimated", OUR_SCORES, "H_T"),
        ("true", OUR_SCORES, "the true rate"),
    )
    return [
        [f"The better by {scores[score]}, the lower {rate}", answer(rows.fit(score, source)),
         LINE_NAMES[source]]
        for source, scores, rate in lines
    ]  # fmt: skip


def errors_sentence(rows: ZooRows) -> str:
    """For which models H_T is too high, too low, or not shown to be either."""
    if not rows.gaps:
        return "No model has both an estimated and a true rate."
    too_high, too_low, level = errors_of(rows.gaps)
    told = f"**H_T is too high** for {listed(too_high)}; **too low** for {listed(too_low)}; "
    if not level:
        return f"{told}shown to differ from the true rate for all."
    return f"{told}not shown to differ from the true rate for {listed(level)}."


def agreement_sentence(rows: ZooRows) -> str:
    """Whether H_T is shown to rise with the true rate, and how many told-apart pairs it orders."""
    fit = rows.fit("rate", AGREEMENT)
    pairs = pairs_in_order(rows, "hallucination", "token")
    if fit is None:
        return "Too few models have both token rates for a line through them."
    points = rows.points_of("rate", AGREEMENT)
    zeros = [point.model for point in points if point.zero] if fit.n < len(points) else []
    without = f", without {listed(zeros)}, since a rate of 0 has no logarithm" if zeros else ""
    return (
        f"**The higher the true token rate, the higher H_T?** Over {fit.n} models{without}: "
        f"{answer(fit)}. Of the {pairs.apart} pairs of all models whose true token rates are told "
        f"apart, it has {pairs.apart_right} in the right order."
    )


def what_is_left(rows: ZooRows, score: str) -> str:
    """What our two lines of a score, with the estimated and with the true rate, say together."""
    ours = {source: answer(rows.fit(score, source)) for source in SOURCES}
    name = OUR_SCORES[score]
    if ours["estimated"] == "shown" and ours["true"] == "shown":
        return (
            f"{name} goes with H_T and with the true rate: here the line with H_T is borne out by "
            "that with the true rate."
        )
    if ours["estimated"] == "shown":
        return (
            f"{name} goes with H_T, and is not shown to go with the true rate: here the line is no "
            "evidence that H_T measures how much a model makes up."
        )
    if ours["true"] == "shown":
        return f"{name} goes with the true rate, and H_T is not shown to tell: its errors hide it."
    if set(ours.values()) == {"no line"}:
        return f"{name} has no line here: nothing can be said of the claim."
    return f"{name} is shown to go with neither rate: nothing here supports the claim."
