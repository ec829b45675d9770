"""A published table: text cells, its check against a JSON schema, what it is made from."""

import dataclasses
from collections.abc import Mapping, Sequence

import jsonschema
import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import ResponseOutcome
from tldr_reward.paper.pooling import Pooled
from tldr_reward.paper.reported import ReportedValue
from tldr_reward.records import Metric


@dataclasses.dataclass(frozen=True)
class Sources:
    """What tables are made from; a table uses what it needs and says what it misses.

    `resamples`: see `pooling.Resamples`; `statistics`: rows of the data statistics; `settings`:
    one mapping for each trained reward model, as its training wrote it; `models`: rows of the
    zoo's registry.
    """

    scale: str
    reported: Sequence[ReportedValue]
    metrics: Sequence[Metric] = ()
    outcomes: Sequence[ResponseOutcome] = ()
    resamples: Mapping[tuple[str, str, str], np.ndarray] = dataclasses.field(default_factory=dict)
    statistics: Sequence[Mapping[str, str]] = ()
    settings: Sequence[Mapping] = ()
    models: Sequence[Mapping[str, str]] = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of text cells in `columns`; `reading` are (heading, column) of the rendering."""

    title: str
    scale: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    reading: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def check_table(table: Table, schema: Mapping) -> None:
    """Check every row against the table's JSON schema; raises InputError naming row and cell."""
    validator = jsonschema.Draft202012Validator(schema)
    for number, row in enumerate(table.rows, start=1):
        if set(row) != set(table.columns):
            raise InputError(f"row {number} has the cells {list(row)}, not {list(table.columns)}")
        for error in sorted(validator.iter_errors(dict(row)), key=lambda error: list(error.path)):
            where = f" column {error.path[0]!r}" if error.path else ""
            raise InputError(f"{table.title}: row {number}{where}: {error.message}")


def percent(share: float | None) -> str:
    """A share as percent with 2 decimals; empty without one."""
    return "" if share is None else f"{100 * share:.2f}"


def p_text(p: float) -> str:
    """A p value with 3 significant digits, without an exponent unless it is tiny."""
    return f"{p:.2e}" if p < 1e-4 else f"{p:.3g}"


def measure_cells(
    column: str, pooled: Pooled | None, printed: str, with_spread: bool
) -> dict[str, str]:
    """Cells of one measured column: value, `_low`, `_high`, `_reported`, maybe `_seed_sd`."""
    cells = {
        column: percent(pooled.value if pooled else None),
        f"{column}_low": percent(pooled.low if pooled else None),
        f"{column}_high": percent(pooled.high if pooled else None),
        f"{column}_reported": printed,
    }
    if with_spread:
        cells[f"{column}_seed_sd"] = percent(pooled.seed_sd if pooled else None)
    return cells
