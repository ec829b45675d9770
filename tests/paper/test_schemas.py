"""Each published table's schema: accepts what we make, rejects unknown columns and odd cells."""

import json
from pathlib import Path

import jsonschema
import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.main_table import table1
from tldr_reward.paper.table import Sources, Table, check_table

SCHEMAS = Path(__file__).parents[2] / "workflow" / "schemas"
NAMES = sorted(path.name.partition(".")[0] for path in SCHEMAS.glob("table*.schema.json"))
NAMES += ["human_evaluation", "pixelprose"]


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_valid_and_closed(name):
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["additionalProperties"] is False
    assert "scale" in schema(name)["required"]


def changed(table, column, value):
    rows = (dict(table.rows[0]) | {column: value},)
    return Table(table.title, table.scale, tuple(rows[0]), rows, table.reading)


def test_a_table_is_checked_cell_by_cell(make_five):
    table = table1(Sources("mini", [], make_five("paligemma", "tldr", (0.9, 0.8, 0.7, 0.5, 0.9))))
    check_table(table, schema("table1"))
    with pytest.raises(InputError, match="row 1: Additional properties are not allowed"):
        check_table(changed(table, "colour", "red"), schema("table1"))
    with pytest.raises(InputError, match="row 1 column 'map_neg': '.5' does not match"):
        check_table(changed(table, "map_neg", ".5"), schema("table1"))
    with pytest.raises(InputError, match="row 1 column 'scale': 'tiny' is not one of"):
        check_table(changed(table, "scale", "tiny"), schema("table1"))
    missing = {k: v for k, v in table.rows[0].items() if k != "n"}
    short = Table("t", "mini", tuple(missing), (missing,), ())
    with pytest.raises(InputError, match="'n' is a required property"):
        check_table(short, schema("table1"))
