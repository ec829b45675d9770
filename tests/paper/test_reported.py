"""The paper's numbers: which of two printed values is shown, and the file itself."""

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.reported import ReportedValue, check_reported, printed_values
from tldr_reward.records import read_rows

WORKFLOW = Path(__file__).parents[2] / "workflow"
REPORTED = WORKFLOW / "reported" / "reported.csv"
SCHEMA = json.loads((WORKFLOW / "schemas" / "reported.schema.json").read_text())


def test_where_the_sources_differ_the_camera_ready_is_shown(make_reported):
    rows = [
        make_reported("t", "r", "c", "45.1", "camera_ready"),
        make_reported("t", "r", "c", "47.5", "rebuttal"),
        make_reported("t", "r", "d", "3", "rebuttal"),
        make_reported("u", "r", "c", "9", "camera_ready"),
    ]
    expected = {("r", "c"): "45.1", ("r", "d"): "3"}
    assert printed_values(rows, "t") == expected
    assert printed_values(list(reversed(rows)), "t") == expected


def test_the_file_has_the_tables_as_printed():
    rows = read_rows(REPORTED, ReportedValue)
    assert printed_values(rows, "table1")["llama-3.2-11b-vision/tldr", "map_neg"] == "45.7"
    assert printed_values(rows, "table5")["paligemma-3b/tau=0.25", "isobench_winner_id"] == "45.1"
    assert printed_values(rows, "table11")["spatial_relationship", "naive"] == "74.1"
    assert len(printed_values(rows, "table11")) == 36


def test_the_file_fits_its_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["required"] == [field.name for field in dataclasses.fields(ReportedValue)]
    check_reported(read_rows(REPORTED, ReportedValue), SCHEMA)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": "45,1"}, "value: '45,1' does not match"),
        ({"value": "145.1"}, "value: '145.1' does not match"),  # a percentage
        ({"value": ""}, "value: '' does not match"),
        ({"value": "4.5", "unit": "count"}, "value: '4.5' does not match"),
        ({"unit": "%"}, "unit: '%' is not one of"),
        ({"source": "blog"}, "source: 'blog' is not one of"),
        ({"n": "0"}, "n: '0' does not match"),
        ({"table": "table12"}, "table: 'table12' is not one of"),
        ({"column": "Token accuracy"}, "column: 'Token accuracy' does not match"),
    ],
)
def test_a_bad_cell_is_named(changed, message):
    good = ReportedValue("table1", "a/b", "c", "45.1", "percent", "camera_ready", "", "")
    check_reported([good], SCHEMA)
    with pytest.raises(InputError, match=message) as error:
        check_reported([dataclasses.replace(good, **changed)], SCHEMA)
    assert str(error.value).startswith("reported value table")


def test_a_source_prints_a_cell_once():
    first = ReportedValue("table1", "a", "c", "1", "count", "camera_ready;rebuttal", "", "")
    second = dataclasses.replace(first, value="2", source="rebuttal")
    with pytest.raises(InputError, match="table1, a, c: rebuttal stands there twice"):
        check_reported([first, second], SCHEMA)
