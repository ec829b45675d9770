"""The numbers that the paper prints, looked up by table, row and column."""

import dataclasses
from collections.abc import Mapping, Sequence

import jsonschema

from tldr_reward.errors import InputError

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


def check_reported(reported: Sequence[ReportedValue], schema: Mapping) -> None:
    """Check every value against the registry's JSON schema; a source prints a cell once.

    Raises InputError that names the cell, the value and what is wrong with it.
    """
    validator = jsonschema.Draft202012Validator(schema)
    seen = set()
    for entry in reported:
        where = f"reported value {entry.table}, {entry.row}, {entry.column}"
        worst = jsonschema.exceptions.best_match(validator.iter_errors(dataclasses.asdict(entry)))
        if worst:
            raise InputError(f"{where}: {'.'.join(map(str, worst.path))}: {worst.message}")
        for source in entry.source.split(";"):
            cell = (entry.table, entry.row, entry.column, source)
            if cell in seen:
                raise InputError(f"{where}: {source} stands there twice; once is allowed")
            seen.add(cell)
