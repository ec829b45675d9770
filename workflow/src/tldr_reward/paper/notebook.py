"""What notebooks share: seeds averaged, numbers as text, tables and sentences that are shown."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

from IPython.display import Markdown, display

from tldr_reward.records import Metric

LEVEL_OF_TESTS = 0.05  # that of the intervals
_NONE = "–"
# Backbone, reward model, split, metric.
Key = tuple[str, str, str, str]


def mean_of_seeds(rows: Iterable[Metric]) -> dict[Key, Metric]:
    """Metrics by what they measure; of several seeds the mean, with the mean of their bounds."""
    found: dict[Key, list[Metric]] = {}
    for row in rows:
        found.setdefault((row.backbone, row.reward_model, row.split, row.metric), []).append(row)
    return {
        key: replace(
            own[0],
            **{name: fmean(getattr(row, name) for row in own) for name in ("value", "low", "high")},
        )
        for key, own in found.items()
    }


def share_text(row: Metric | None, digits: int = 1) -> str:
    """A share in percent with its interval; a dash where there is none."""
    if row is None:
        return _NONE
    return interval_text(100 * row.value, 100 * row.low, 100 * row.high, digits)


def percent_text(row: Metric | None, digits: int = 1) -> str:
    """A share in percent without its interval; a dash where there is none."""
    return _NONE if row is None else number_text(100 * row.value, digits)


def interval_text(value: float, low: float, high: float, digits: int) -> str:
    """A number with its interval, or alone where that is not known."""
    if math.isnan(value):
        return _NONE
    if math.isnan(low) or math.isnan(high):
        return number_text(value, digits)
    # A narrow column breaks before the bracket, not in it.
    bounds = ",\N{NO-BREAK SPACE}".join(number_text(bound, digits) for bound in (low, high))
    return f"{number_text(value, digits)} [{bounds}]"


def against_text(row: Metric, other: Metric) -> str:
    """Where a number stands beside another: two differ where their intervals do not meet."""
    if row.low > other.high:
        return "above"
    return "below" if row.high < other.low else "not shown to differ from"


def number_text(value: float, digits: int) -> str:
    """A number with a real minus sign, and none before zero."""
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.replace("-", "−")


def listed(names: Iterable[str]) -> str:
    """Names with commas, for a sentence."""
    return ", ".join(names) or "none"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show rows as a table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    display(Markdown("\n".join(lines)))


def say(text: str) -> None:
    """Show a paragraph."""
    display(Markdown(text))
