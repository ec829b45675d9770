"""The registry as it is, and copies with wrong values planted in it."""

import dataclasses
from pathlib import Path

import pytest

from tldr_reward.paper.audit.rows import Numbers
from tldr_reward.paper.reported import ReportedValue
from tldr_reward.records import read_rows

REPORTED = Path(__file__).parents[3] / "workflow" / "reported" / "reported.csv"


@pytest.fixture(scope="session")
def reported():
    return read_rows(REPORTED, ReportedValue)


@pytest.fixture
def numbers(reported):
    return Numbers(reported)


@pytest.fixture
def planted(reported):
    """A function that gives the registry with one cell changed, in one source or in all."""

    def plant(table, row, column, value, source=""):
        changed = [
            dataclasses.replace(entry, value=value)
            if (entry.table, entry.row, entry.column) == (table, row, column)
            and source in entry.source
            else entry
            for entry in reported
        ]
        assert changed != reported, "the planted cell is not in the registry"
        return Numbers(changed)

    return plant


@pytest.fixture
def verdicts():
    """A function that gives verdicts by id."""
    return lambda rows: {row.id: row.verdict for row in rows}


@pytest.fixture
def of():
    """A function that makes Numbers from (table, row, column, value, n) tuples."""

    def make(*cells):
        return Numbers(
            [
                ReportedValue(table, row, column, value, "percent", "camera_ready", n, "")
                for table, row, column, value, n in cells
            ]
        )

    return make
