"""Token, sentence and response accuracy on the hand-worked example."""

import pytest

from tldr_reward.metrics import accuracy
from tldr_reward.metrics.items import join


def test_shares_of_each_response(captions, scores):
    joined = join(captions, scores)
    predicted = accuracy.predicted_tokens(joined, 0.5)
    assert accuracy.token_shares(joined, predicted).tolist() == pytest.approx([6 / 7, 1, 1, 2 / 3])
    assert accuracy.sentence_shares(joined, predicted).tolist() == [0.5, 1.0, 1.0, 0.0]
    assert accuracy.predicted_responses(joined, predicted).tolist() == [False, False, True, True]


def test_a_probability_equal_to_the_threshold_is_bad(captions, scores):
    joined = join(captions, scores)
    # Equation 1: good above the threshold.
    assert accuracy.predicted_tokens(joined, 0.8).sum() == 12
    assert accuracy.predicted_tokens(joined, 0.79).sum() == 17


def test_a_false_alarm_beside_a_missed_error_still_flags_the_response(captions, scores):
    joined = join(captions, scores)
    predicted = joined.token_good.copy()
    predicted[8] = True  # `blue` is missed,
    predicted[13] = False  # and the last stop of the other sentence is flagged.
    # Right as a response (eqs. 4-5), wrong in both sentences (eq. 3).
    assert not accuracy.predicted_responses(joined, predicted)[1]
    assert accuracy.sentence_shares(joined, predicted)[1] == 0.0
