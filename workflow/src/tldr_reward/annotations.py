"""Annotation logs: who corrected which caption, with which guidance, in what time; what changed."""

import csv
import dataclasses
import datetime
import math
from collections.abc import Sequence
from pathlib import Path

from tldr_reward.errors import InputError
from tldr_reward.records import Span, reading
from tldr_reward.spans import alignment, word_spans

GUIDANCES = ("none", "binary", "token")
COMPARED = ("binary", "token")  # by table 7
SOURCES = ("human", "simulated")


@dataclasses.dataclass(frozen=True)
class AnnotationRow:
    """One caption corrected by one annotator: a row of every annotation log (table 7).

    `guidance` is "none", "binary" (the caption as a whole is called good or bad) or "token"
    (flagged words are highlighted), `started` and `ended` are seconds on the annotator's clock,
    `before` and `after` the caption; `source` is "human" or "simulated".
    """

    annotator: str
    item: str
    guidance: str
    started: float
    ended: float
    before: str
    after: str
    source: str = "human"

    def __post_init__(self) -> None:
        for field in ("annotator", "item", "before", "after"):
            if not getattr(self, field).strip():
                raise InputError(f"item {self.item!r} has an empty {field}; a text is needed")
        if "/" in self.annotator:
            raise InputError(f"annotator {self.annotator!r} has a '/'; other names are allowed")
        for field, allowed in (("guidance", GUIDANCES), ("source", SOURCES)):
            if getattr(self, field) not in allowed:
                raise InputError(
                    f"item {self.item!r} has {field} {getattr(self, field)!r}; "
                    f"allowed: {', '.join(allowed)}"
                )
        if not self.started < self.ended:
            raise InputError(
                f"item {self.item!r} of {self.annotator!r} ended at {self.ended:g} s and started "
                f"at {self.started:g} s; an end after the start is needed"
            )

    @property
    def seconds(self) -> float:
        """Time spent on the caption."""
        return self.ended - self.started


def read_annotations(path: Path | str) -> list[AnnotationRow]:
    """Rows of an annotation log; times are seconds or ISO times, a `source` column may be left out.

    InputError with file and line for a bad row, and for an item that one annotator had twice
    with the same guidance.
    """
    columns = [field.name for field in dataclasses.fields(AnnotationRow)]
    rows: dict[tuple[str, str, str], AnnotationRow] = {}
    with reading(path) as file:
        reader = csv.DictReader(file)
        if reader.fieldnames not in (columns, columns[:-1]):
            raise InputError(f"{path}: columns {reader.fieldnames}; needed: {columns[:-1]}")
        for cells in reader:
            row = _row(cells, f"{path}:{reader.line_num}")
            key = (row.annotator, row.item, row.guidance)
            if key in rows:
                where = f"{path}:{reader.line_num}"
                raise InputError(f"{where}: {'/'.join(key)} stands there a second time")
            rows[key] = row
    if not rows:
        raise InputError(f"{path}: no row; at least one annotation is needed")
    return list(rows.values())


def _row(cells: dict, where: str) -> AnnotationRow:
    if None in cells or None in cells.values():
        raise InputError(f"{where}: as many cells as columns are needed")
    try:
        if _is_number(cells["started"]) != _is_number(cells["ended"]):
            raise InputError("started and ended: both seconds or both ISO times are needed")
        times = {name: _seconds(cells[name]) for name in ("started", "ended")}
        return AnnotationRow(**(cells | times))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _seconds(text: str) -> float:
    """Seconds as they stand, or of an ISO time since 1970 (UTC where it names no zone)."""
    if _is_number(text):
        return float(text)
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"time {text!r}; seconds or an ISO time are allowed") from None
    return time.replace(tzinfo=time.tzinfo or datetime.UTC).timestamp()


@dataclasses.dataclass(frozen=True)
class Change:
    """One place where two texts differ: ranges of words, half-open and maybe empty, and spans.

    The spans reach from the end of the last word that is the same before the place to the
    start of the next one behind it, so that putting `after[after_span]` in the place of
    `before[before_span]` makes the change and nothing else.
    """

    before_words: tuple[int, int]
    after_words: tuple[int, int]
    before_span: Span
    after_span: Span


def changes(before: str, after: str) -> list[Change]:
    """The places where `after` differs from `before`, word by word, in order."""
    spans = word_spans(before), word_spans(after)
    words = [[text[a:b] for a, b in own] for text, own in zip((before, after), spans, strict=True)]
    same = [(-1, -1)]
    for old, new in alignment(*words):
        if old is not None and new is not None and words[0][old] == words[1][new]:
            same.append((old, new))
    same.append((len(words[0]), len(words[1])))
    found = []
    for (old, new), (next_old, next_new) in zip(same, same[1:], strict=False):
        ranges = (old + 1, next_old), (new + 1, next_new)
        if any(start < end for start, end in ranges):
            gaps = [
                _between(own, some, len(text))
                for own, some, text in zip(spans, ranges, (before, after), strict=True)
            ]
            found.append(Change(*ranges, *gaps))
    return found


def _between(spans: Sequence[Span], words: tuple[int, int], length: int) -> Span:
    """Characters from the end of the word before a range of words to the start of the next."""
    start = spans[words[0] - 1][1] if words[0] else 0
    return start, spans[words[1]][0] if words[1] < len(spans) else length
