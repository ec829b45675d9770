"""Thresholds on the hand-worked example, and what they mean at a base rate."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.items import join
from tldr_reward.metrics.operating import (
    abstention,
    flagged_at,
    operating_points,
    precision_at,
    soundness_at,
)
from tldr_reward.metrics.rows import OperatingPoint


def point(threshold: float, recall: float, alarm: float, spread: float = 0.0) -> OperatingPoint:
    return OperatingPoint("token", threshold, recall, recall - spread, recall + spread,
                          alarm, alarm - spread, alarm + spread, 10, 90)  # fmt: skip


def test_points_of_each_level(captions, scores):
    points = operating_points(join(captions, scores), 50, 0)
    half = {one.level: one for one in points if one.threshold == 0.5}
    # Tokens: `blue` of two bad ones is found, `cat` of 18 good ones is a false alarm. Sentences:
    # one bad one of two, one of four good ones. Responses: one of two, one of two.
    found = [(one.recall, one.false_alarm, one.bad, one.good) for one in half.values()]
    assert found == [(0.5, 0.055556, 2, 18), (0.5, 0.25, 2, 4), (0.5, 0.5, 2, 2)]
    for level in half:
        own = [one for one in points if one.level == level]
        assert [one.threshold for one in own] == sorted(one.threshold for one in own)
        assert [one.recall for one in own] == sorted(one.recall for one in own)
        assert own[-1].recall == own[-1].false_alarm == 1


def test_a_naive_run_has_responses_alone(captions, response_scores):
    points = operating_points(join(captions, response_scores), 50, 0)
    assert {one.level for one in points} == {"response"}


def test_precision_follows_by_bayes_rule():
    found = precision_at(point(0.5, 0.8, 0.1, 0.02), 0.05)
    assert found.value == pytest.approx(0.8 * 0.05 / (0.8 * 0.05 + 0.1 * 0.95))  # 29.6%
    assert found.low == pytest.approx(0.78 * 0.05 / (0.78 * 0.05 + 0.12 * 0.95))
    assert found.high == pytest.approx(0.82 * 0.05 / (0.82 * 0.05 + 0.08 * 0.95))
    assert soundness_at(point(0.5, 0.8, 0.1), 0.05).value == pytest.approx(0.855 / 0.865)
    assert flagged_at(point(0.5, 0.8, 0.1), 0.05) == pytest.approx(0.135)
    assert precision_at(point(0.0, 0.0, 0.0), 0.05) is None
    assert soundness_at(point(1.0, 1.0, 1.0), 0.05) is None


def test_abstention_leaves_out_what_is_not_sure_enough():
    points = [point(0.1, 0.3, 0.01), point(0.5, 0.6, 0.1), point(0.9, 0.95, 0.4)]
    rule = abstention(points, 0.5, precision=0.9, soundness=0.9)
    # Flagging at 0.1 is 30 of 31 times right (at 0.5, 6 of 7), passing above 0.9 12 of 13 times.
    assert (rule.flag.threshold, rule.passing.threshold) == (0.1, 0.9)
    assert rule.undecided == pytest.approx(1 - 0.155 - 0.325)
    none = abstention(points, 0.5, precision=0.99, soundness=0.99)
    assert (none.flag, none.passing, none.undecided) == (None, None, 1.0)
    # Intervals count, not values alone.
    wide = abstention([point(0.1, 0.3, 0.03, 0.02)], 0.5, 0.9, 0.5)
    assert wide.flag is None


@pytest.mark.parametrize("base_rate", [0, 1, -0.1, 5])
def test_a_base_rate_is_a_share(base_rate):
    with pytest.raises(InputError, match="base rate"):
        precision_at(point(0.5, 0.8, 0.1), base_rate)
