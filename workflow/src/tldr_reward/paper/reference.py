"""A run beside the reference run: which numbers are the same, which are near, which differ."""

import dataclasses
import enum
from collections.abc import Mapping, Sequence

Row = Mapping[str, str]
# Of a number without an interval, on another type of machine: share of the larger one.
TOLERANCE = 0.1
# What two machines of one type have in common, and what a number depends on beside them.
_MACHINE = ("processor", "machine", "system")
_LIBRARIES = ("python", "numpy", "torch", "transformers", "peft", "scipy", "statsmodels")
# Parts of a workflow that no number depends on.
_TEXT = ("workflow/config/claims.yaml", "workflow/notebooks/", "workflow/schemas/")


class Agreement(enum.Enum):
    """How a file of a run stands beside the reference's."""

    EQUAL = "equal"
    NEAR = "within tolerance"
    DIFFERENT = "differs"
    SEEDS = "other seeds"


@dataclasses.dataclass(frozen=True)
class FileAgreement:
    """One file of both runs: a row of reference.csv. `example` is the first cell that differs."""

    file: str
    agreement: str
    cells: int
    unequal: int
    beyond: int
    example: str


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What may make two runs differ: texts that say what is not the same, empty where all is."""

    machine: tuple[str, ...]
    settings: tuple[str, ...]
    code: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every number should be the same."""
        return not (self.machine or self.settings or self.code)


def compare_surroundings(
    ours: Mapping, reference: Mapping, workflow: Mapping, reference_workflow: Mapping
) -> Surroundings:
    """What differs between two runs beside their numbers.

    `ours` and `reference` are provenance (machine, versions), the others each run's workflow.json.
    Other seeds are no difference: files are compared by seed.
    """
    machine = [
        f"{name} is {ours['hardware'][name]}, was {reference['hardware'][name]}"
        for name in _MACHINE
        if ours["hardware"][name] != reference["hardware"][name]
    ]
    machine += [
        f"{name} is {ours['versions'].get(name)}, was {reference['versions'].get(name)}"
        for name in _LIBRARIES
        if ours["versions"].get(name) != reference["versions"].get(name)
    ]
    settings = _differences(workflow["configuration"], reference_workflow["configuration"])
    settings = [text for text in settings if not text.startswith("seeds ")]
    now, then = workflow["files"], reference_workflow["files"]
    code = [
        f"{name} {_change(name, now, then)}"
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name) and not name.startswith(_TEXT)
    ]
    return Surroundings(tuple(machine), tuple(settings), tuple(code))


def compare_rows(
    file: str, ours: Sequence[Row], reference: Sequence[Row], same: bool
) -> FileAgreement:
    """Cells of two tables with the same rows.

    With `same` surroundings a cell must be equal. Otherwise a number with an interval (columns
    `x_low` and `x_high`, or `low` and `high` of `value`) agrees where the two intervals meet, a
    number without one within a tenth of the larger, a text where it is equal.
    """
    if _seeds(ours) != _seeds(reference):
        return FileAgreement(file, Agreement.SEEDS.value, 0, 0, 0, "")
    if len(ours) != len(reference) or (ours and list(ours[0]) != list(reference[0])):
        shape = f"{_shape(ours)}, was {_shape(reference)}"
        return FileAgreement(file, Agreement.DIFFERENT.value, 0, 0, 0, shape)
    cells = [
        (number, column)
        for number, row in enumerate(ours)
        for column in row
        if row[column] or reference[number][column]
    ]
    unequal = [
        (number, column)
        for number, column in cells
        if ours[number][column] != reference[number][column]
    ]
    beyond = [
        (number, column)
        for number, column in unequal
        if same or not _near(column, ours[number], reference[number])
    ]
    agreement = Agreement.DIFFERENT if beyond else Agreement.NEAR if unequal else Agreement.EQUAL
    example = ""
    if unequal:
        number, column = (beyond or unequal)[0]
        now, then = ours[number][column], reference[number][column]
        example = f"row {number + 1}, {column}: {now or 'empty'}, was {then or 'empty'}"
    return FileAgreement(file, agreement.value, len(cells), len(unequal), len(beyond), example)


def _near(column: str, ours: Row, reference: Row) -> bool:
    if column in ("low", "high") or column.endswith(("_low", "_high", "_seed_sd")):
        return True  # judged with the number that they belong to
    if column == "p" or column.startswith("p_") or column.endswith("_p"):
        return True  # a number that means little beside another p
    low, high = ("low", "high") if column == "value" else (f"{column}_low", f"{column}_high")
    bounds = [_number(row.get(name, "")) for row in (ours, reference) for name in (low, high)]
    if None not in bounds:
        return bounds[0] <= bounds[3] and bounds[2] <= bounds[1]
    now, then = _number(ours[column]), _number(reference[column])
    if now is None or then is None:
        return False
    return abs(now - then) <= TOLERANCE * max(abs(now), abs(then))


def _number(text: str) -> float | None:
    """A number that is one; nan and words are none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None


def _seeds(rows: Sequence[Row]) -> list[str]:
    return sorted({row[name] for row in rows for name in ("seeds", "seed") if row.get(name)})


def _shape(rows: Sequence[Row]) -> str:
    return f"{len(rows)} rows of {len(rows[0]) if rows else 0} columns"


def _differences(now, then, where: str = "") -> list[str]:
    """Settings that differ, each with its name and both values."""
    if isinstance(now, Mapping) and isinstance(then, Mapping):
        return [
            text
            for key in sorted({*now, *then})
            for text in _differences(now.get(key), then.get(key), f"{where}.{key}".strip("."))
        ]
    return [] if now == then else [f"{where} is {now}, was {then}"]


def _change(name: str, now: Mapping, then: Mapping) -> str:
    if name not in then:
        return "is new"
    return "has changed" if name in now else "is gone"
