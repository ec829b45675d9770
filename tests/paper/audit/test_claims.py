"""Text against tables, with wrong values planted in either."""

import pytest

from tldr_reward.paper.audit.claims_in_text import text_rows
from tldr_reward.paper.audit.claims_on_tau import tau_rows
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN, WITHIN_ROUNDING


def test_what_the_text_says_of_tables_holds(numbers, verdicts):
    found = verdicts(text_rows(numbers))
    assert found.pop("text/table1/all_positive") == UNKNOWN
    assert found.pop("text/table7/annotator_c") == WITHIN_ROUNDING  # 121.3 / 34.4 = 3.53
    assert set(found.values()) == {CONSISTENT}
    assert len(found) == 3 + 3 + 2 + 2 + 3 + 1


@pytest.mark.parametrize(
    ("cell", "value", "name"),
    [
        (("table7", "annotator_a", "seconds_tldr_guidance"), "51.2", "table7/annotator_a"),
        (("text", "table7", "times_faster"), "5", "table7/average"),
        (("table3", "gpt-4o", "hallucination_token"), "0.018", "table3/lowest/token"),
        (("table3", "gpt-4o", "hallucination_response"), "1.21", "table3/lowest/response"),
        (("table6", "paligemma-3b/tau=0.1", "hallucination_sentence"), "13.80", "table6/levels"),
        (("table8", "caption/docci/counting", "negatives"), "8491", "table8/docci/fewest"),
        (("table11", "text_ocr", "tldr"), "80.5", "table11/below_naive"),
        (("table11", "counting", "tldr"), "53.9", "table11/hardest"),
        (("table11", "counting", "decoder_only"), "70.1", "table11/projector"),
        (("pixelprose", "pixelprose", "hallucination_response"), "19.39", "pixelprose/fifth"),
    ],
)
def test_a_table_that_refutes_the_text_is_found(planted, verdicts, cell, value, name):
    assert verdicts(text_rows(planted(*cell, value)))[f"text/{name}"] == INCONSISTENT


def test_claims_on_tau(numbers, verdicts):
    found = verdicts(tau_rows(numbers))
    wrong = {name.removeprefix("text/") for name, v in found.items() if v == INCONSISTENT}
    assert wrong == {
        "table5/paligemma-3b/best_tau_everywhere/camera_ready",
        "table5/paligemma-3b/best_tau_everywhere/rebuttal",
        "table5/llama-3.2-11b-vision/best_tau_everywhere/camera_ready",
        "table5/llama-3.2-11b-vision/best_tau_everywhere/rebuttal",
        "table5/paligemma-3b/out_of_domain/camera_ready",
        "table5/llama-3.2-11b-vision/out_of_domain/camera_ready",
        "table5/llama-3.2-11b-vision/out_of_domain/rebuttal",
        "table6/llama-3.2-11b-vision/reduces",
    }
    gain = next(row for row in tau_rows(numbers) if "largest_gain" in row.id)
    assert gain.arithmetic == "greatest: isobench_math_parity, tau = 0.25: 45.1 - 41.4 = 3.7"


@pytest.mark.parametrize(
    ("cell", "value", "name"),
    [
        (
            ("text", "table5/paligemma-3b", "largest_gain"),
            "3.5",
            "table5/paligemma-3b/largest_gain/camera_ready",
        ),
        (
            ("table5", "llama-3.2-11b-vision/tau=1", "blink_counting"),
            "71.7",
            "table5/llama-3.2-11b-vision/largest_gain/rebuttal",
        ),
        (
            ("table5", "paligemma-3b/tau=0.5", "blink_counting"),
            "91.7",
            "table5/paligemma-3b/best_tau_on_average/camera_ready",
        ),
        (
            ("table6", "paligemma-3b/tau=0.25", "hallucination_token"),
            "5.172",
            "table6/paligemma-3b/reduces",
        ),
    ],
)
def test_a_table_that_refutes_a_claim_on_tau_is_found(
    numbers, planted, verdicts, cell, value, name
):
    assert verdicts(tau_rows(numbers))[f"text/{name}"] == CONSISTENT
    assert verdicts(tau_rows(planted(*cell, value)))[f"text/{name}"] == INCONSISTENT
