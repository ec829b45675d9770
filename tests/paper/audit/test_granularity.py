"""Whole counts behind percentages, and the sizes that a set of percentages allows."""

import pytest

from tldr_reward.paper.audit.granularity import (
    column_rows,
    counts,
    nearest,
    percentage_rows,
    size_rows,
    sizes,
)
from tldr_reward.paper.audit.printed import (
    CONSISTENT,
    HALF_EVEN,
    HALF_UP,
    INCONSISTENT,
    MODES,
    TRUNCATED,
    UNKNOWN,
    WITHIN_ROUNDING,
    printed,
)


@pytest.mark.parametrize(
    ("text", "n", "found"),
    [
        ("12.5", 120, {15: [HALF_UP, HALF_EVEN, TRUNCATED]}),
        ("71.7", 120, {86: [HALF_UP, HALF_EVEN]}),  # 71.667
        ("35.1", 384, {135: [TRUNCATED]}),  # 35.156
        ("1.62", 800, {13: [HALF_EVEN, TRUNCATED]}),  # 1.625
        ("44.8", 257, {}),  # 115: 44.747, 116: 45.136
        ("0.0", 7, {0: [HALF_UP, HALF_EVEN, TRUNCATED]}),
        ("100.0", 3, {3: [HALF_UP, HALF_EVEN, TRUNCATED]}),
    ],
)
def test_whole_counts_of_a_percentage(text, n, found):
    assert counts(printed(text), n) == found


def test_the_counts_around_a_percentage_that_has_none():
    assert nearest(printed("44.8"), 257) == "115/257 = 44.747%, 116/257 = 45.136%"


def test_sizes_that_percentages_allow():
    third, two_thirds = printed("33.3"), printed("66.7")
    assert sizes([third], [HALF_UP], 12) == [3, 6, 9, 12]
    assert sizes([third, two_thirds, printed("50.0")], [HALF_UP], 20) == [6, 12, 18]
    assert sizes([two_thirds], [TRUNCATED], 12) == []
    assert sizes([two_thirds], MODES, 6) == [3, 6]


def test_values_with_and_without_a_count(of, verdicts):
    numbers = of(
        ("table5", "a/tau=0", "blink_counting", "69.2", "120"),
        ("table5", "a/tau=1", "blink_counting", "69.3", "120"),
        ("table5", "b/tau=0", "isobench_math_parity", "35.1", "384"),
        ("table3", "c", "hallucination_response", "1.23", "800"),
    )
    found = verdicts(percentage_rows(numbers))
    assert {name.removeprefix("granularity/"): verdict for name, verdict in found.items()} == {
        "table5/a/tau=0/blink_counting/camera_ready": CONSISTENT,
        "table5/a/tau=1/blink_counting/camera_ready": INCONSISTENT,
        "table5/b/tau=0/isobench_math_parity/camera_ready": WITHIN_ROUNDING,
        "table3/c/hallucination_response/camera_ready": INCONSISTENT,
    }


def test_one_way_of_rounding_for_a_column(of, verdicts):
    def verdict(*values):
        cells = [
            ("table5", f"m{i}", "isobench_math_parity", v, "384") for i, v in enumerate(values)
        ]
        return verdicts(column_rows(of(*cells)))["granularity/table5/isobench_math_parity/one_way"]

    assert verdict("45.1", "34.9") == CONSISTENT  # 173: 45.052, 134: 34.896
    assert verdict("35.1", "45.0") == WITHIN_ROUNDING  # 135: 35.156, 173: both truncated
    assert verdict("35.1", "45.1") == INCONSISTENT  # one truncated, one rounded


def test_a_wrong_percentage_in_the_registry_is_found(numbers, planted, verdicts):
    name = "granularity/table5/llama-3.2-11b-vision/tau=0.25/blink_counting"
    assert verdicts(percentage_rows(numbers))[name] == CONSISTENT
    wrong = planted("table5", "llama-3.2-11b-vision/tau=0.25", "blink_counting", "67.6")
    assert verdicts(percentage_rows(wrong))[name] == INCONSISTENT


def test_sizes_of_a_taxonomy_and_in_all(of):
    columns = ("naive", "tldr", "projector_only", "decoder_only")
    cells = [
        ("table11", "a", c, v, "")
        for c, v in zip(columns, ("33.3", "66.7", "50.0", "50.0"), strict=True)
    ]
    cells += [
        ("table11", "b", c, v, "")
        for c, v in zip(columns, ("20.0", "40.0", "60.0", "80.0"), strict=True)
    ]
    rows = size_rows(of(*cells))
    assert [row.recomputed for row in rows] == [
        "at least 6, 6 if all were rounded",
        "at least 5, 5 if all were rounded",
        "at least 11",
    ]
    assert rows[-1].arithmetic == "6 + 5 = 11; if all were rounded 6 + 5 = 11"
    assert {row.verdict for row in rows} == {UNKNOWN}
