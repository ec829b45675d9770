"""The numbers that the paper prints, looked up by table, row and column."""

import dataclasses
from collections.abc import Sequence

# The paper's names of the backbones whose architectures stand for them at smaller scales.
PAPER_BACKBONES = {"paligemma": "paligemma-3b", "llama": "llama-3.2-11b-vision"}


@dataclasses.dataclass(frozen=True)
class ReportedValue:
    """One printed number; `value` is kept as printed, `source` names who prints it."""

    table: str
    row: str
    column: str
    value: str
    unit: str
    source: str
    n: str
    note: str


def printed_values(reported: Sequence[ReportedValue], table: str) -> dict[tuple[str, str], str]:
    """Printed values of one table by (row, column); the camera-ready goes before the rebuttal."""
    values: dict[tuple[str, str], str] = {}
    for entry in sorted(reported, key=lambda entry: "camera_ready" in entry.source):
        if entry.table == table:
            values[entry.row, entry.column] = entry.value
    return values
