"""Printed lines of figures 5 and 6, and wrong ones planted."""

import pytest

from tldr_reward.paper.audit.printed import INCONSISTENT, WITHIN_ROUNDING
from tldr_reward.paper.audit.regressions import (
    line_rows,
    placement_row,
    printed_p_rows,
    regression_rows,
)


@pytest.fixture(scope="module")
def rows(reported):
    from tldr_reward.paper.audit.rows import Numbers

    return {row.id.removeprefix("regression/"): row for row in regression_rows(Numbers(reported))}


def test_figure5_is_reached_within_the_rounding(rows):
    own = [row for name, row in rows.items() if name.startswith("figure5/")]
    assert len(own) == 8
    assert {row.verdict for row in own} == {WITHIN_ROUNDING}
    assert rows["figure5/slope"].recomputed.startswith("-6.5474 [-6.59")


def test_figure6_is_reached_in_parts_by_one_placement_and_together_by_none(rows):
    def verdict(name):
        return rows[f"figure6/{name}"].verdict

    assert verdict("slope/camera_ready/camera_ready") == WITHIN_ROUNDING
    assert verdict("intercept/camera_ready/camera_ready") == WITHIN_ROUNDING
    assert verdict("together/camera_ready") == INCONSISTENT
    assert verdict("slope/camera_ready/rebuttal") == INCONSISTENT
    assert verdict("intercept/camera_ready/rebuttal") == INCONSISTENT
    assert verdict("together/rebuttal") == INCONSISTENT
    assert verdict("any_placement") == INCONSISTENT
    assert verdict("p_of_printed_r") == WITHIN_ROUNDING  # 0.0476 to 0.0481, truncated 0.047


def figure5(numbers):
    rates = {r: numbers.number("table3", r, "hallucination_token") for r in numbers.rows("table3")}
    scores = {r: numbers.number("table3", r, "mmmu") for r in numbers.rows("table3")}
    return {row.id: row.verdict for row in line_rows("figure5", "", rates, scores, numbers)}


@pytest.mark.parametrize(
    ("column", "value"),
    [("slope", "-6.40"), ("intercept", "4.56"), ("pearson_r", "0.912")],
)
def test_a_wrong_part_of_a_line_is_found(planted, column, value):
    wrong = figure5(planted("figure5", "mmmu_on_ln_token_rate", column, value))
    assert wrong[f"regression/figure5/{column}"] == INCONSISTENT
    assert wrong["regression/figure5/together"] == INCONSISTENT


def test_a_wrong_score_is_found_by_the_line(planted):
    wrong = figure5(planted("table3", "gpt-4o", "mmmu", "61.9"))
    assert wrong["regression/figure5/slope"] == INCONSISTENT


def test_a_wrong_p_value_is_found(planted):
    wrong = planted("figure6", "mega_bench_on_ln_token_rate", "p_value", "0.037")
    found = {row.id: row.verdict for row in printed_p_rows(wrong)}
    assert found["regression/figure6/p_of_printed_r"] == INCONSISTENT


def test_the_line_of_a_placement_is_recognised(planted):
    wrong = planted("figure6", "mega_bench_on_ln_token_rate", "intercept", "-54.00")
    rates = {r: wrong.number("table3", r, "hallucination_token") for r in wrong.rows("table3")}
    row = placement_row(wrong, rates)
    assert (row.verdict, row.recomputed) == (WITHIN_ROUNDING, "gpt-4o-mini")
