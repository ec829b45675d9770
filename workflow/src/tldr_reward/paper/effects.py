"""Effects that a claim speaks of: differences of cells of our tables, with intervals, and verdicts.

A difference of two cells that were measured apart has the interval that follows from theirs
(Zou and Donner's MOVER: distances to the bounds add as squares). Where the same items were judged
twice this is wider than need be; a paired p, where a table has one, decides in its place.
"""

import dataclasses
import enum
import math
from collections.abc import Iterator, Mapping, Sequence

from tldr_reward.errors import InputError

LEVEL = 0.05
Row = Mapping[str, str]


class Verdict(enum.StrEnum):
    """What is shown of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "inconclusive"
    NOT_RUN = "not run"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Which cells of a table are compared, and what is expected of the effect.

    `rows` chooses rows by the values of columns, `each` names columns that tell them apart. From
    the cell in a row's `column` that in `minus_column`, or in the row of the same `each` with the
    values of `minus`, or `than` is taken. `least` compares with every other row of the group in
    the column `among`, whose `summaries` are no such rows. `paper` chooses rows that hold what was
    printed, in place of `<column>_reported`. `p` is a column with paired p values, one a seed.
    `expect`: above or below 0, about (within `within` of 0), least.
    """

    table: str
    columns: tuple[str, ...]
    expect: str
    rows: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    each: tuple[str, ...] = ()
    minus: Mapping[str, str] = dataclasses.field(default_factory=dict)
    minus_column: str = ""
    than: float = 0.0
    within: float = 0.0
    among: str = ""
    summaries: tuple[str, ...] = ()
    p: str = ""
    paper: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Effect:
    """One difference, in the table's unit; `p` is the greatest of the seeds', None without."""

    label: str
    value: float
    low: float
    high: float
    p: float | None = None


@dataclasses.dataclass(frozen=True)
class Cell:
    """A number of a table with its bounds; a number without bounds is exact."""

    value: float
    low: float
    high: float


def measured_effects(comparison: Comparison, table: Sequence[Row]) -> list[Effect]:
    """Effects that were measured: those whose cells are all filled."""
    chosen = [row for row in table if _matches(row, comparison.rows)]
    return list(_effects(comparison, chosen, table, ""))


def printed_effects(comparison: Comparison, table: Sequence[Row]) -> list[Effect]:
    """The same effects from what the paper prints, which has no bounds."""
    if comparison.paper:
        chosen = [row for row in table if _matches(row, comparison.paper)]
        return list(_effects(comparison, chosen, table, ""))
    chosen = [row for row in table if _matches(row, comparison.rows)]
    return list(_effects(comparison, chosen, table, "_reported"))


def verdict_of(effect: Effect, comparison: Comparison) -> Verdict:
    """Whether an effect is shown to be as expected, shown not to be, or neither."""
    if comparison.expect == "about":
        if max(abs(effect.low), abs(effect.high)) <= comparison.within:
            return Verdict.HOLDS
        outside = effect.low > comparison.within or effect.high < -comparison.within
        return Verdict.FAILS if outside else Verdict.OPEN
    sign = 1 if comparison.expect == "above" else -1
    value, low = sign * effect.value, min(sign * effect.low, sign * effect.high)
    if effect.p is not None:
        if effect.p > LEVEL or value == 0:
            return Verdict.OPEN
        return Verdict.HOLDS if value > 0 else Verdict.FAILS
    high = max(sign * effect.low, sign * effect.high)
    return Verdict.HOLDS if low > 0 else Verdict.FAILS if high < 0 else Verdict.OPEN


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """A claim holds where each of its effects does, and does not where one is shown not to."""
    if not verdicts:
        return Verdict.NOT_RUN
    if Verdict.FAILS in verdicts:
        return Verdict.FAILS
    return Verdict.HOLDS if set(verdicts) == {Verdict.HOLDS} else Verdict.OPEN


def difference(first: Cell, second: Cell) -> Cell:
    """The difference of two numbers that were measured apart, by MOVER."""
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    value = first.value - second.value
    return Cell(value, value - below, value + above)


def _effects(
    comparison: Comparison, chosen: Sequence[Row], table: Sequence[Row], suffix: str
) -> Iterator[Effect]:
    for row in chosen:
        for column in comparison.columns:
            first = _cell(row, f"{column}{suffix}")
            for second, against in _others(comparison, row, column, table, suffix):
                if first is None or second is None:
                    continue
                change = difference(first, second)
                label = ", ".join(
                    word
                    for word in (
                        *(row[name] for name in comparison.each),
                        column if len(comparison.columns) > 1 else "",
                        against,
                    )
                    if word
                )
                p = None if suffix else _p(row, comparison.p.replace("{column}", column))
                yield Effect(label, change.value, change.low, change.high, p)


def _others(
    comparison: Comparison, row: Row, column: str, table: Sequence[Row], suffix: str
) -> Iterator[tuple[Cell | None, str]]:
    """What is taken from a row's cell, each with what tells it from others."""
    if comparison.expect == "least":
        left_out = {row[comparison.among], *comparison.summaries}
        for other in table:
            if other[comparison.among] not in left_out and _same(other, row, comparison):
                yield _cell(other, f"{column}{suffix}"), f"against {other[comparison.among]}"
    elif comparison.minus_column:
        yield _cell(row, f"{comparison.minus_column}{suffix}"), ""
    elif comparison.minus:
        wanted = {name: row[name] for name in comparison.each} | dict(comparison.minus)
        for other in table:
            if all(other[name] == value for name, value in wanted.items()):
                yield _cell(other, f"{column}{suffix}"), ""
    else:
        yield Cell(comparison.than, comparison.than, comparison.than), ""


def _same(other: Row, row: Row, comparison: Comparison) -> bool:
    return all(other[name] == row[name] for name in comparison.each)


def _matches(row: Row, chosen: Mapping[str, Sequence[str]]) -> bool:
    if unknown := set(chosen) - set(row):
        raise InputError(f"no column {min(unknown)!r}; allowed: {', '.join(row)}")
    return all(row[name] in values for name, values in chosen.items())


def _cell(row: Row, column: str) -> Cell | None:
    """A row's number; None where the cell is empty or nan."""
    text = row.get(column, "")
    value = float(text) if text else math.nan
    if math.isnan(value):
        return None
    bounds = (row.get(f"{column}{end}") or text for end in ("_low", "_high"))
    return Cell(value, *map(float, bounds))


def _p(row: Row, column: str) -> float | None:
    """The greatest of the seeds' p values: what is shown must be so on every seed."""
    words = row.get(column, "").split() if column else []
    return max((float(word) for word in words if word != "nan"), default=None)
