"""Effects of claims: which cells are compared, with what interval, and what that shows."""

import dataclasses
import math

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.effects import (
    Cell,
    Comparison,
    Effect,
    Verdict,
    difference,
    measured_effects,
    overall,
    printed_effects,
    verdict_of,
)


def row(backbone, model, value, low, high, reported="", p=""):
    return {"backbone": backbone, "model": model, "a": value, "a_low": low, "a_high": high,
            "a_reported": reported, "p": p}  # fmt: skip


TABLE = [
    row("x", "tldr", "60", "57", "64", "83.1", "0.01 0.04"),
    row("x", "naive", "50", "46", "53", "81.1"),
    row("y", "tldr", "55", "", "", "82"),
    row("y", "naive", "", "", ""),
]
PAIR = Comparison("t.csv", ("a",), "above", {"model": ("tldr",)}, ("backbone",), {"model": "naive"})


def test_distances_to_the_bounds_add_as_squares():
    # 3 and 3 below, 4 and 4 above.
    found = difference(Cell(60, 57, 64), Cell(50, 46, 53))
    assert (found.value, found.low, found.high) == pytest.approx(
        (10, 10 - math.hypot(3, 3), 10 + math.hypot(4, 4))
    )


def test_rows_that_lack_a_cell_give_no_effect():
    (effect,) = measured_effects(PAIR, TABLE)
    assert (effect.label, effect.value, effect.p) == ("x", 10, None)


def test_what_is_printed_has_no_bounds():
    (effect,) = printed_effects(PAIR, TABLE)
    assert effect.value == effect.low == effect.high == pytest.approx(2.0)


def test_rows_of_the_paper_may_stand_apart():
    other = Comparison("t.csv", ("a",), "above", {"backbone": ("x",)}, ("model",), paper={
        "backbone": ("y",)})  # fmt: skip
    assert [effect.label for effect in measured_effects(other, TABLE)] == ["tldr", "naive"]
    assert [(effect.label, effect.value) for effect in printed_effects(other, TABLE)] == [
        ("tldr", 55)
    ]


def test_the_greatest_p_of_the_seeds_decides():
    paired = dataclasses.replace(PAIR, p="p")
    (effect,) = measured_effects(paired, TABLE)
    assert effect.p == 0.04
    assert verdict_of(effect, paired) == Verdict.HOLDS


def test_each_column_is_an_effect_and_may_have_its_own_p():
    table = [{"tau": tau, "c": c, "c_p": p, "d": d, "d_p": ""} for tau, c, p, d in (
        ("0", "30", "", "20"), ("1", "20", "0.2", "25"))]  # fmt: skip
    comparison = Comparison("t.csv", ("c", "d"), "above", {"tau": ("1",)}, minus={"tau": "0"},
                            p="{column}_p")  # fmt: skip
    found = measured_effects(comparison, table)
    assert [(one.label, one.value, one.p) for one in found] == [("c", -10, 0.2), ("d", 5, None)]


def test_the_least_is_compared_with_every_other_row_of_its_group():
    table = [{"b": "x", "kind": kind, "v": value} for kind, value in (
        ("spatial", "10"), ("counting", "12"), ("overall", "11"))]  # fmt: skip
    table.append({"b": "y", "kind": "counting", "v": "5"})
    comparison = Comparison("t.csv", ("v",), "least", {"kind": ("spatial",)}, ("b",), among="kind",
                            summaries=("overall",))  # fmt: skip
    (effect,) = measured_effects(comparison, table)
    assert (effect.label, effect.value) == ("x, against counting", -2)
    assert verdict_of(effect, comparison) == Verdict.HOLDS


@pytest.mark.parametrize(
    ("expect", "effect", "verdict"),
    [
        ("above", (2, 1, 3), Verdict.HOLDS),
        ("above", (2, -1, 5), Verdict.OPEN),
        ("above", (-2, -3, -1), Verdict.FAILS),
        ("below", (-2, -3, -1), Verdict.HOLDS),
        ("below", (2, 1, 3), Verdict.FAILS),
        ("about", (0.1, -0.4, 0.6), Verdict.OPEN),
        ("about", (0.1, -0.4, 0.5), Verdict.HOLDS),
        ("about", (2, 1, 3), Verdict.FAILS),
        ("about", (-2, -3, -1), Verdict.FAILS),
        ("above", (2, 1, 3, 0.06), Verdict.OPEN),
        ("above", (-2, -9, 3, 0.01), Verdict.FAILS),
        ("below", (-2, -9, 3, 0.01), Verdict.HOLDS),
        ("above", (0, 0, 0, 0.01), Verdict.OPEN),
    ],
)
def test_verdicts(expect, effect, verdict):
    comparison = Comparison("t.csv", ("a",), expect, within=0.5 if expect == "about" else 0.0)
    assert verdict_of(Effect("", *effect), comparison) == verdict


def test_a_claim_holds_where_every_effect_does():
    assert overall([Verdict.HOLDS, Verdict.HOLDS]) == Verdict.HOLDS
    assert overall([Verdict.HOLDS, Verdict.OPEN]) == Verdict.OPEN
    assert overall([Verdict.HOLDS, Verdict.OPEN, Verdict.FAILS]) == Verdict.FAILS
    assert overall([]) == Verdict.NOT_RUN


def test_an_unknown_column_is_named():
    with pytest.raises(InputError, match="no column 'nodel'; allowed: backbone, model"):
        measured_effects(Comparison("t.csv", ("a",), "above", {"nodel": ("x",)}), TABLE)
