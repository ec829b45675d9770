"""The two sources and repeated cells: what differs, and differences planted."""

import pytest

from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN, WITHIN_ROUNDING
from tldr_reward.paper.audit.sources import (
    definition_rows,
    differing_rows,
    flagged_rows,
    moved_rows,
    source_rows,
    twice_rows,
)


def test_cells_that_the_sources_print_differently(numbers, verdicts):
    assert verdicts(differing_rows(numbers)) == {
        "source/table5/paligemma-3b/tau=0.25/isobench_winner_id": INCONSISTENT,
        "source/table5/paligemma-3b/tau=1/isobench_winner_id": INCONSISTENT,
        "source/table5/llama-3.2-11b-vision/tau=0.5/isobench_winner_id": INCONSISTENT,
        "source/figure5/mmmu_on_ln_token_rate/p_value": WITHIN_ROUNDING,  # 3.458e-4, cut
    }
    first = differing_rows(numbers)[0]
    assert first.arithmetic == "45.1 - 47.5 = -2.4; 45.1: 116/257; 47.5: 122/257"


def test_a_difference_between_the_sources_is_found(planted, verdicts):
    wrong = planted("figure5", "mmmu_on_ln_token_rate", "p_value", "3.47e-4", "rebuttal")
    found = verdicts(differing_rows(wrong))
    assert found["source/figure5/mmmu_on_ln_token_rate/p_value"] == INCONSISTENT


def test_a_score_on_two_rows(numbers):
    (row,) = moved_rows(numbers)
    assert (row.id, row.verdict) == ("source/table3/mega_bench/row", INCONSISTENT)
    assert "rebuttal: 43.0 on llama-3.2-90b-vision" in row.printed


@pytest.mark.parametrize(
    ("table", "row", "column", "wrong"),
    [
        ("table6", "paligemma-3b/tau=0", "hallucination_token", "table6/paligemma-3b/tau=0/"),
        ("table3", "llama-3.2-11b-vision", "hallucination_response", "table6/llama"),
        ("table2", "paligemma-3b/projector+decoder", "map_neg", "table2/paligemma"),
        ("table1", "paligemma-3b/naive", "response_accuracy", "table11/overall/naive"),
        ("table11", "overall", "decoder_only", "table11/overall/decoder_only"),
    ],
)
def test_a_cell_that_is_printed_twice_and_differs_is_found(
    numbers, planted, verdicts, table, row, column, wrong
):
    found = verdicts(twice_rows(numbers))
    assert len(found) == 6 + 5 + 4
    assert set(found.values()) == {CONSISTENT}
    found = verdicts(twice_rows(planted(table, row, column, "9.99")))
    (name,) = [name for name, verdict in found.items() if verdict == INCONSISTENT]
    assert name.startswith(f"source/{wrong}")


def test_flagged_captions_against_response_rates(numbers, planted, verdicts):
    assert verdicts(flagged_rows(numbers)) == {
        "source/table4/gpt-4v/flagged": CONSISTENT,  # 25 / 800 = 3.125, printed 3.12
        "source/table4/llama-3.2-90b/flagged": INCONSISTENT,  # 10 / 800 = 1.25, printed 1.23
        "source/table4/qwen2-vl-7b/flagged": INCONSISTENT,  # 25 / 800 = 3.125, printed 1.96
    }
    wrong = planted("table4", "gpt-4v/tldr", "flagged", "24")
    assert verdicts(flagged_rows(wrong))["source/table4/gpt-4v/flagged"] == INCONSISTENT


def test_false_negatives_cannot_be_more_than_all_flagged_sentences(numbers, planted, verdicts):
    assert set(verdicts(definition_rows(numbers)).values()) == {INCONSISTENT}
    possible = planted("table3", "qwen2-vl-7b", "hallucination_sentence", "12.0")
    name = "source/human_evaluation/qwen2-vl-7b/definition"
    assert verdicts(definition_rows(possible))[name] == UNKNOWN


def test_the_prose_names_another_llama(numbers, planted, verdicts):
    name = "source/table4/llama/parameters"
    assert verdicts(source_rows(numbers))[name] == INCONSISTENT
    right = planted("text", "table4/llama", "parameters_in_prose", "90")
    assert verdicts(source_rows(right))[name] == CONSISTENT
