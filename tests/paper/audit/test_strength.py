"""Comparisons of the paper: families, directions, what n could show; wrong values planted."""

import pytest

from tldr_reward.metrics.strength import Effect
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN
from tldr_reward.paper.audit.strength import Comparison, shares, strength_rows
from tldr_reward.paper.audit.strength_of_lines import line_comparisons, lowest_comparisons
from tldr_reward.paper.audit.strength_of_models import (
    model_comparisons,
    smallest_sizes,
    whole_test_split,
)
from tldr_reward.paper.audit.strength_of_people import people_comparisons
from tldr_reward.paper.audit.strength_of_taus import benchmark_count, tau_comparisons


def comparison(name, p_value, value=0.1, claimed=1, family="f"):
    effect = None if p_value is None else Effect(value, value - 0.1, value + 0.1, p_value)
    return Comparison(name, "table 0", "a is above b", family, "", "shown", effect, claimed)


def test_holm_goes_over_the_tests_of_a_family():
    rows = strength_rows(
        [
            comparison("a", 0.01),
            comparison("b", 0.03),
            comparison("c", None),
            comparison("d", 0.03, family="g"),
            comparison("e", 0.001, value=-0.1, family="h"),
            comparison("f", 0.001, claimed=0, family="i"),
        ]
    )
    assert [row.p_holm for row in rows] == ["0.02", "0.03", "", "0.03", "0.001", "0.001"]
    assert [row.verdict for row in rows] == [
        CONSISTENT, CONSISTENT, UNKNOWN, CONSISTENT, INCONSISTENT, UNKNOWN,
    ]  # fmt: skip
    assert (rows[0].estimate, rows[0].low, rows[0].high, rows[0].unit) == (
        "10",
        "0",
        "20",
        "points",
    )


def test_two_counts_say_what_they_could_show_and_would_need():
    cells = {"id": "x", "where": "t", "statement": "s", "family": "f", "printed": "p", "claimed": 1}
    found = shares(cells, (60, 100), (40, 100), (0.6, 0.4))
    assert found.n_needed == "49 (separate items), 30 (same items, at best)"
    assert found.smallest == "19.7 points"  # from 40%: sin^2(0.6847 + 0.1981) = 59.7%
    # All of 3 against none of 3: 2 of the 20 equally likely tables; 3 changes have p = 2 / 8.
    assert shares(cells, (3, 3), (0, 3)).arithmetic == (
        "3/3 against 0/3: Fisher's exact p = 0.1; "
        "on the same items, if all that change change one way, p = 0.25"
    )


@pytest.fixture
def rows_of():
    return lambda make, numbers: {
        row.id.removeprefix("strength/"): row for row in strength_rows(make(numbers))
    }


def test_sizes_of_table11s_test_set(numbers):
    assert smallest_sizes(numbers) == {
        "spatial_relationship": 108, "visual_attribute": 128, "attribute_binding": 160,
        "object_identification": 138, "counting": 69, "small_object": 124, "text_ocr": 178,
        "counterfactual": 150, "overall": 1055,
    }  # fmt: skip
    assert whole_test_split(numbers, "spatial_relationship") == 3103  # 35% of 8867


def test_tables_1_2_and_11(numbers, rows_of):
    rows = rows_of(model_comparisons, numbers)
    assert len(rows) == 12 + 10 + 27
    naive = rows["table1/paligemma-3b/naive/response_accuracy"]
    assert (naive.verdict, naive.n) == (UNKNOWN, "1055")
    assert naive.n_needed == "2823 (separate items), 300 (same items, at best)"
    assert rows["table1/llama-3.2-11b-vision/prompting/token_accuracy"].verdict == CONSISTENT
    assert rows["table1/paligemma-3b/prompting/map_neg"].p == ""
    assert rows["table11/object_identification/naive"].verdict == CONSISTENT


def test_a_wrong_accuracy_turns_a_comparison_around(planted, rows_of):
    wrong = planted("table11", "object_identification", "tldr", "50.6")
    rows = rows_of(model_comparisons, wrong)
    assert rows["table11/object_identification/naive"].verdict == INCONSISTENT


def test_tables_4_and_7_and_single_shares(numbers, planted, rows_of):
    rows = rows_of(people_comparisons, numbers)
    wins = [rows[f"table4/{m}/wins_and_losses"] for m in ("gpt-4v", "llama-3.2-90b", "qwen2-vl-7b")]
    assert [row.p for row in wins] == ["0.0129", "0.125", "0.0654"]
    assert [row.p_holm for row in wins] == ["0.0388", "0.131", "0.131"]
    assert [row.verdict for row in wins] == [CONSISTENT, UNKNOWN, UNKNOWN]
    assert wins[2].smallest_difference == "10 wins of 11 are significant"
    assert rows["table7/all"].verdict == CONSISTENT
    assert rows["table7/annotator_a"].verdict == UNKNOWN
    assert rows["pixelprose"].verdict == CONSISTENT
    wrong = rows_of(people_comparisons, planted("table4", "gpt-4v/tldr", "loss", "30"))
    assert wrong["table4/gpt-4v/wins_and_losses"].verdict == INCONSISTENT
    wrong = planted("human_evaluation", "qwen2-vl-7b", "sentence_false_negative_rate", "98.0")
    assert (
        rows_of(people_comparisons, wrong)["human_evaluation/qwen2-vl-7b"].verdict == INCONSISTENT
    )


def test_counts_behind_table5(numbers):
    assert benchmark_count(numbers, "paligemma-3b/tau=0.25", "blink_counting") == (86, 120)
    # 44.8% fits no count of 257: 115.1 is nearest to 115.
    assert benchmark_count(numbers, "paligemma-3b/tau=1", "isobench_winner_id") == (115, 257)


def test_tables_5_and_6(numbers, planted, rows_of):
    rows = rows_of(tau_comparisons, numbers)
    gains = [row for name, row in rows.items() if name.endswith("/0.25_0")]
    assert len(gains) == 12
    assert {row.verdict for row in gains} == {UNKNOWN}
    counting = rows["table5/paligemma-3b/blink_counting/0.25_0"]
    assert (counting.p, counting.smallest_difference) == ("0.777", "17.6 points")
    assert rows["table5/paligemma-3b/blink_counting/1_0"].verdict == CONSISTENT
    assert rows["table6/paligemma-3b/token/0.25"].verdict == CONSISTENT
    assert rows["table6/llama-3.2-11b-vision/response/0.25"].verdict == UNKNOWN
    assert rows["table5/llama-3.2-11b-vision/isobench_winner_id/constant"].verdict == UNKNOWN
    wrong = planted("table6", "paligemma-3b/tau=0.25", "hallucination_response", "39.6")
    found = rows_of(tau_comparisons, wrong)["table6/paligemma-3b/response/0.25"]
    assert found.verdict == INCONSISTENT


def test_the_lowest_of_table3(numbers, planted, rows_of):
    rows = rows_of(lowest_comparisons, numbers)
    assert [row.verdict for row in rows.values()] == [UNKNOWN] * 3
    assert rows["table3/lowest/response"].printed == "1.23% and 1.62%"
    assert rows["table3/lowest/response"].arithmetic.startswith("10/800 against 13/800: ")
    clear = rows_of(
        lowest_comparisons, planted("table3", "gpt-4o-mini", "hallucination_response", "0.01")
    )
    assert clear["table3/lowest/response"].verdict == CONSISTENT


def test_figures_5_and_6(numbers, planted, rows_of):
    rows = rows_of(line_comparisons, numbers)
    assert (rows["figure5/token"].verdict, rows["figure5/token"].estimate) == (CONSISTENT, "0.9045")
    assert "0.849 (without paligemma-3b-mix-448)" in rows["figure5/token"].arithmetic
    assert rows["figure6/token/camera_ready"].verdict == UNKNOWN
    response = rows["figure5/response/without_paligemma-3b-mix-448"]
    assert (response.estimate, response.verdict) == ("0.5243", UNKNOWN)
    wrong = rows_of(line_comparisons, planted("table3", "paligemma-3b-mix-448", "mmmu", "97.3"))
    assert wrong["figure5/token"].verdict == UNKNOWN
