"""What the notebook on H_T says: rows of its tables, and sentences on what is shown."""

from tldr_reward.metrics.zoo_correlation import AGREEMENT, SOURCES, ZooFit
from tldr_reward.paper.notebook import interval_text, number_text
from tldr_reward.paper.table import p_text
from tldr_reward.paper.zoo_figures import OUR_SCORES, PAPER_SCORES
from tldr_reward.paper.zoo_verdicts import Bounded, ZooRows, answer, pairs_in_order

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


def what_is_left(rows: ZooRows, score: str) -> str:
    """What our two lines of a score, with the estimated and with the true rate, say together."""
    ours = {source: answer(rows.fit(score, source)) for source in SOURCES}
    name = OUR_SCORES[score]
    if ours["estimated"] == "shown" and ours["true"] == "shown":
        return (
            f"{name} goes with H_T and with the true rate: here the line with H_T says what the "
            "line with the true rate says."
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
