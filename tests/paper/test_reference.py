"""A run beside the reference: what may differ, and what counts as a difference."""

import pytest

from tldr_reward.paper.claims import ClaimRow
from tldr_reward.paper.reference import (
    FileAgreement,
    Surroundings,
    compare_rows,
    compare_surroundings,
)
from tldr_reward.paper.reference_page import render_reference

SAME = Surroundings((), (), ())
ROW = {"model": "tldr", "a": "60", "a_low": "57", "a_high": "63", "n": "100", "p": "0.2"}
MACHINE = {
    "hardware": {"processor": "X", "machine": "x86_64", "system": "Linux"},
    "versions": {"python": "3.11.7", "torch": "2.13.0"},
}
WORKFLOW = {
    "configuration": {"seeds": [0], "scale": "mini", "reward": {"steps": 3}},
    "files": {"workflow/src/a.py": "1", "workflow/schemas/t.json": "1"},
}


def changed(**cells):
    return [ROW | cells]


def test_equal_rows_are_equal():
    assert compare_rows("t.csv", [ROW], [ROW], True) == FileAgreement("t.csv", "equal", 6, 0, 0, "")


@pytest.mark.parametrize(
    ("cells", "agreement"),
    [
        ({"a": "62.9", "a_low": "60", "a_high": "66"}, "within tolerance"),
        ({"a": "70", "a_low": "63", "a_high": "77"}, "within tolerance"),  # intervals that touch
        ({"a": "70", "a_low": "63.1", "a_high": "77"}, "differs"),
        ({"n": "91"}, "within tolerance"),
        ({"n": "89"}, "differs"),
        ({"model": "naive"}, "differs"),
        ({"p": "0.001"}, "within tolerance"),
        ({"a": ""}, "within tolerance"),  # its interval is still there and meets
        ({"n": ""}, "differs"),
    ],
)
def test_numbers_agree_where_intervals_meet_or_within_a_tenth(cells, agreement):
    found = compare_rows("t.csv", changed(**cells), [ROW], False)
    assert found.agreement == agreement


def test_in_the_same_surroundings_every_cell_must_be_equal():
    found = compare_rows("t.csv", changed(p="0.21"), [ROW], True)
    assert found == FileAgreement("t.csv", "differs", 6, 1, 1, "row 1, p: 0.21, was 0.2")


def test_metrics_have_their_interval_in_columns_of_their_own():
    then = [{"metric": "x", "value": "0.5", "low": "0.4", "high": "0.6"}]
    near = [{"metric": "x", "value": "0.65", "low": "0.55", "high": "0.75"}]
    far = [{"metric": "x", "value": "0.75", "low": "0.7", "high": "0.8"}]
    assert compare_rows("m.csv", near, then, False).agreement == "within tolerance"
    found = compare_rows("m.csv", far, then, False)
    assert (found.agreement, found.example) == ("differs", "row 1, value: 0.75, was 0.5")


def test_other_seeds_are_not_compared_and_other_rows_differ():
    then = [ROW | {"seeds": "0,1,2"}]
    assert compare_rows("t.csv", [ROW | {"seeds": "0"}], then, False).agreement == "other seeds"
    found = compare_rows("t.csv", [ROW, ROW], [ROW], False)
    assert (found.agreement, found.example) == (
        "differs",
        "2 rows of 6 columns, was 1 rows of 6 columns",
    )


def test_surroundings_name_machine_settings_and_code():
    assert compare_surroundings(MACHINE, MACHINE, WORKFLOW, WORKFLOW).same
    machine = {
        "hardware": MACHINE["hardware"] | {"processor": "Y"},
        "versions": {"python": "3.11.7"},
    }
    workflow = {
        "configuration": {"seeds": [0, 1], "scale": "mini", "reward": {"steps": 4}},
        "files": {"workflow/src/b.py": "1", "workflow/schemas/t.json": "2"},
    }
    found = compare_surroundings(machine, MACHINE, workflow, WORKFLOW)
    assert found == Surroundings(
        ("processor is Y, was X", "torch is None, was 2.13.0"),
        ("reward.steps is 4, was 3",),
        ("workflow/src/a.py is gone", "workflow/src/b.py is new"),
    )
    assert not found.same


def test_the_page_says_what_is_expected_and_what_differs():
    page = render_reference([FileAgreement("t.csv", "equal", 6, 0, 0, "")], 3, SAME, [])
    assert "every cell must be equal" in page
    assert "1 files compared: 1 equal; 3 were not made here." in page
    assert "Every claim has the reference's verdict." in page
    row = ClaimRow("c", "It is better.", "", "", "mini", "holds", "", "", "", 1, 1, 1, 1, 0, "x")
    around = Surroundings(("processor is Y, was X",), (), ("a.py has changed",))
    found = [FileAgreement("t.csv", "differs", 6, 2, 1, "row 1, a: 1|2, was 3")]
    page = render_reference(found, 0, around, [(row, "inconclusive")])
    for line in (
        "- processor is Y, was X",
        "- a.py has changed",
        "| t.csv | 1 of 6 | row 1, a: 1\\|2, was 3 |",
        "| It is better. | holds | inconclusive |",
    ):
        assert line in page.splitlines()
