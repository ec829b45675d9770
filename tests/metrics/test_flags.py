"""Rates of wrong flags on the hand-worked example: seven sentences, two of them bad."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.flags import flagged_shares, sentence_error_rates, sentences
from tldr_reward.metrics.items import join


@pytest.fixture
def responses(captions, scores):
    return join(captions, scores)


def test_a_sentence_is_bad_or_flagged_when_one_of_its_tokens_is(responses):
    found = sentences(responses, 0.5)
    assert found.response_of.tolist() == [0, 0, 1, 1, 2, 3]
    assert found.bad.tolist() == [False, False, True, False, False, True]
    assert found.flagged.tolist() == [False, True, True, False, False, False]


def test_each_rate_has_its_own_denominator(responses):
    rates = sentence_error_rates(responses, 0.5, sample=1, resamples=50, seed=0)
    found = {name: (rate.value, rate.n) for name, rate in rates.items()}
    assert found["false_negative_rate"] == (0.5, 2)  # of two bad sentences one is missed
    assert found["false_discovery_rate"] == (0.5, 2)  # of two flagged ones one is true
    assert found["false_omission_rate"] == (0.25, 4)  # of four unflagged ones one is bad
    assert found["sampled_false_discovery_rate"][1] == 1
    for rate in rates.values():
        assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_a_rate_of_nothing_is_left_out(responses):
    all_flagged = sentence_error_rates(responses, 0.95, 100, 20, 0)
    assert set(all_flagged) == {
        "false_negative_rate",
        "false_discovery_rate",
        "sampled_false_discovery_rate",
    }
    assert (all_flagged["false_discovery_rate"].value, all_flagged["false_discovery_rate"].n) == (
        4 / 6,
        6,
    )
    none_flagged = sentence_error_rates(responses, 0.1, 100, 20, 0)
    assert set(none_flagged) == {"false_negative_rate", "false_omission_rate"}


def test_shares_flagged_stand_beside_true_ones(responses):
    shares = {name: share.value for name, share in flagged_shares(responses, 0.5, 50, 0).items()}
    assert shares == {
        "flagged/token": pytest.approx((1 / 7 + 1 / 7) / 4),
        "flagged/sentence": pytest.approx((1 / 2 + 1 / 2) / 4),
        "flagged/response": 0.5,
        "bad/token": pytest.approx((1 / 7 + 1 / 3) / 4),
        "bad/sentence": pytest.approx((1 / 2 + 1) / 4),
        "bad/response": 0.5,
    }


def test_scores_of_responses_have_no_sentences(captions, response_scores):
    with pytest.raises(InputError, match="scores of tokens are needed"):
        flagged_shares(join(captions, response_scores), 0.5, 10, 0)
