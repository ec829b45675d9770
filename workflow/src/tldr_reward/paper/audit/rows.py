"""Rows of the audit, and the printed numbers that they are made from."""

import dataclasses
from collections.abc import Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.audit.printed import Printed, printed
from tldr_reward.paper.reported import ReportedValue

SOURCES = ("camera_ready", "rebuttal")
KINDS = ("sum", "granularity", "regression", "source", "text", "label", "strength")


@dataclasses.dataclass(frozen=True)
class AuditRow:
    """One check of printed numbers; what a check has no use for is empty.

    From `family` on the columns belong to strength: an effect in `unit` with its 95% interval, the
    two-sided p of its test, Holm's p within `family`, items a side `n` with where they are known
    from (`n_basis`), the smallest effect that so many could have shown (power 80%, level 5%), and
    the n that the printed effect would need where n is not stated.
    """

    id: str
    kind: str
    where: str
    statement: str
    printed: str
    recomputed: str
    arithmetic: str
    verdict: str
    family: str = ""
    unit: str = ""
    estimate: str = ""
    low: str = ""
    high: str = ""
    p: str = ""
    p_holm: str = ""
    n: str = ""
    n_basis: str = ""
    smallest_difference: str = ""
    n_needed: str = ""


class Numbers:
    """The registry's values by table, row and column, as one of the two sources prints them.

    A source that does not print a cell is asked for the other's.
    """

    def __init__(self, reported: Sequence[ReportedValue]) -> None:
        self.reported = tuple(reported)
        self._cells = {
            (entry.table, entry.row, entry.column, source): entry
            for entry in reported
            for source in entry.source.split(";")
        }

    def entry(
        self, table: str, row: str, column: str, source: str = "camera_ready"
    ) -> ReportedValue:
        """One cell; InputError where neither source prints it."""
        for name in (source, *SOURCES):
            if found := self._cells.get((table, row, column, name)):
                return found
        raise InputError(f"the registry has no value {table}, {row}, {column}; the audit needs it")

    def text(self, table: str, row: str, column: str, source: str = "camera_ready") -> str:
        """One cell as printed."""
        return self.entry(table, row, column, source).value

    def number(self, table: str, row: str, column: str, source: str = "camera_ready") -> Printed:
        """One cell with what it may stand for."""
        return printed(self.text(table, row, column, source))

    def share(self, table: str, row: str, column: str, source: str = "camera_ready") -> float:
        """One percentage as a share."""
        return float(self.number(table, row, column, source).value) / 100

    def rows(self, table: str, column: str = "") -> list[str]:
        """Rows of a table in their order, of one column or of all."""
        found = [
            entry.row
            for entry in self.reported
            if entry.table == table and column in ("", entry.column)
        ]
        return list(dict.fromkeys(found))

    def prints(self, table: str, row: str, column: str, source: str) -> bool:
        """Whether a source prints a cell."""
        return (table, row, column, source) in self._cells


def source_name(source: str) -> str:
    """`camera_ready;rebuttal` as it is read: camera-ready, rebuttal."""
    return source.replace("_", "-").replace(";", ", ")
