"""Sums, means and shares of counts: hand-worked, and wrong values planted."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN, WITHIN_ROUNDING
from tldr_reward.paper.audit.sums import (
    figure3_rows,
    table4_rows,
    table7_rows,
    table8_rows,
)
from tldr_reward.paper.audit.weights import overall_weights, table11_rows


def test_wins_ties_and_losses_are_the_corrected(numbers, verdicts):
    rows = table4_rows(numbers)
    assert len(rows) == 6
    assert rows[0].arithmetic == "12 + 7 + 2 = 21; 21 <= 25 <= 800"
    assert set(verdicts(rows).values()) == {CONSISTENT}


@pytest.mark.parametrize(("column", "value"), [("win", "13"), ("flagged", "20")])
def test_a_wrong_count_of_table4_is_found(planted, verdicts, column, value):
    found = verdicts(table4_rows(planted("table4", "gpt-4v/tldr", column, value)))
    assert found.pop("sum/table4/gpt-4v/tldr") == INCONSISTENT
    assert set(found.values()) == {CONSISTENT}


def test_averages_of_table7(numbers, planted, verdicts):
    binary, token = "sum/table7/seconds_binary_guidance", "sum/table7/seconds_tldr_guidance"
    # 332.1 / 3 = 110.7 and 98.5 / 3 = 32.83
    assert verdicts(table7_rows(numbers)) == {binary: CONSISTENT, token: CONSISTENT}
    close = planted("table7", "average", "seconds_tldr_guidance", "32.9")  # 32.88 at most: 32.9
    assert verdicts(table7_rows(close))[token] == WITHIN_ROUNDING
    wrong = planted("table7", "annotator_c", "seconds_binary_guidance", "123.1")
    assert verdicts(table7_rows(wrong)) == {binary: INCONSISTENT, token: CONSISTENT}


def test_counts_of_table8(numbers, planted, verdicts):
    found = verdicts(table8_rows(numbers))
    assert found["sum/table8/pairs"] == UNKNOWN  # 108,077 x 16 = 1,729,232, and 1,179,007 are used
    assert set(found.values()) == {CONSISTENT, UNKNOWN}
    wrong = planted("table8", "vqa/vg100k", "negatives", "1179070")
    assert verdicts(table8_rows(wrong))["sum/table8/vqa"] == INCONSISTENT
    wrong = planted("table8", "caption/docci/counting", "negatives", "104910")
    assert verdicts(table8_rows(wrong))["sum/table8/docci"] == INCONSISTENT


def test_the_rate_of_figure3_is_a_share(numbers, planted, verdicts):
    (row,) = figure3_rows(numbers)
    assert row.verdict == INCONSISTENT
    assert row.arithmetic.startswith("15 / 208 = 0.07212 = 7.21%; 0.072 is the share")
    right = planted("figure3", "example", "token_rate_percent_as_printed", "7.2")
    assert figure3_rows(right)[0].verdict == CONSISTENT


def two_taxonomies(of, overall):
    """One taxonomy always wrong, one always right: the overall value is the second's weight."""
    columns = ("naive", "tldr", "projector_only", "decoder_only")
    cells = [("table11", "a", column, "0", "") for column in columns]
    cells += [("table11", "b", column, "100", "") for column in columns]
    return of(*cells, *(("table11", "overall", column, overall, "") for column in columns))


def test_weights_of_two_taxonomies(of):
    first, second = overall_weights(two_taxonomies(of, "25"))
    # 24.5 to 26 overall; the accuracies themselves may be 0 to 1 and 99.5 to 101.
    assert second == pytest.approx(((24.5 - 1) / 100, 26 / 99.5), abs=1e-3)
    assert first == pytest.approx((1 - second[1], 1 - second[0]), abs=1e-9)
    assert overall_weights(two_taxonomies(of, "150")) is None


def test_an_overall_value_that_no_weights_give_is_found(numbers, planted, verdicts):
    assert verdicts(table11_rows(numbers))["sum/table11/overall"] == WITHIN_ROUNDING
    wrong = planted("table11", "overall", "tldr", "91.1")  # above every taxonomy
    assert verdicts(table11_rows(wrong))["sum/table11/overall"] == INCONSISTENT


def test_a_value_that_the_registry_lacks_is_named(of):
    line = "the registry has no value figure3, example, bad_tokens; the audit needs it"
    with pytest.raises(InputError, match=line):
        figure3_rows(of(("table11", "a", "naive", "1", "")))
