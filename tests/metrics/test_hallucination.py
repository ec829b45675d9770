"""Eq. 7 on captions counted by hand; corrected rates; what cannot be said."""

import math

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.hallucination import (
    Detection,
    corrected_rate,
    detection,
    estimated_rate,
    measure_level,
    negative_log,
    rate_difference,
    shares,
    true_rate,
)
from tldr_reward.metrics.intervals import Estimate, image_weights
from tldr_reward.metrics.judged import JudgedResponses, judged_responses
from tldr_reward.records import CaptionRecord, Judgement, ScoreRecord
from tldr_reward.spans import word_spans

FIRST, SECOND = "a red ring. gibber blah.", "a dot."


def caption(name: str, text: str) -> CaptionRecord:
    return CaptionRecord(f"{name}-m", name, "describe.", text, "caption", "generated")


def score(name: str, text: str, p_good) -> ScoreRecord:
    return ScoreRecord(f"{name}-m", "d", tuple(word_spans(text)), tuple(p_good))


@pytest.fixture
def units() -> dict[str, JudgedResponses]:
    """In the first caption "red" is wrong and flagged, "a" and an unjudged word flagged alone."""
    captions = [caption("i0", FIRST), caption("i1", SECOND)]
    scores = [
        score("i0", FIRST, (0.5, 0.1, 0.9, 0.9, 0.2, 0.9, 0.9)),
        score("i1", SECOND, (0.9, 0.8, 0.7)),
    ]
    judgements = [
        Judgement("i0-m", 2, ((0, 11),), ((2, 5),)),
        Judgement("i1-m", 1, ((0, 6),), ((2, 5),)),
    ]
    return judged_responses(captions, scores, judgements, 0.5)


def test_units_of_each_level(units):
    tokens, sentences, responses = (units[level] for level in ("token", "sentence", "response"))
    assert tokens.flagged.tolist() == [True, True, False, False, True] + [False] * 5
    assert tokens.judged.tolist() == [True] * 4 + [False] * 3 + [True] * 3
    assert tokens.bad.tolist() == [False, True] + [False] * 6 + [True, False]
    assert sentences.response_of.tolist() == [0, 0, 1]
    assert sentences.flagged.tolist() == [True, True, False]
    assert sentences.judged.tolist() == [True, False, True]
    assert sentences.bad.tolist() == [True, False, True]
    assert responses.flagged.tolist() == [True, False]
    assert responses.caught.tolist() == [True, False]


def test_rates_are_shares_of_each_response_averaged_over_responses(units):
    weights = image_weights(2, 50, 0)
    values = {
        level: (
            estimated_rate(units[level], weights).value,
            true_rate(units[level], weights).value,
            rate_difference(units[level], weights).value,
        )
        for level in units
    }
    # Estimated over all tokens: 3/7 and 0/3; true over judged ones: 1/4 and 1/3.
    assert values["token"] == pytest.approx((3 / 14, 7 / 24, (2 / 4 - 1 / 4 - 1 / 3) / 2))
    assert values["sentence"] == pytest.approx((1 / 2, 1, -1 / 2))
    assert values["response"] == pytest.approx((1 / 2, 1, -1 / 2))


def test_sensitivity_and_specificity_weigh_responses_alike(units):
    found = detection(units["token"], image_weights(2, 50, 0))
    # Bad: one of four tokens, caught, and one of three, missed. Good: 2/4 + 1/4 - ... by hand.
    assert found.sensitivity == pytest.approx((1 / 4) / (1 / 4 + 1 / 3))
    assert found.specificity == pytest.approx((2 / 4 + 2 / 3) / (3 / 4 + 2 / 3))
    assert (found.bad, found.good) == (2, 5)


def test_correction_undoes_a_detectors_errors_in_its_own_sample(units):
    weights = image_weights(2, 50, 0)
    tokens = units["token"]
    raw = shares(tokens, tokens.caught, tokens.judged).mean()
    found = detection(tokens, weights)
    estimate = Estimate(float(raw), 0, 1, 2, np.full(50, raw))
    power = found.sensitivity + found.specificity - 1
    assert power > 0
    corrected = corrected_rate(estimate, found)
    assert corrected.value == pytest.approx(true_rate(tokens, weights).value)


def ability(sensitivity: float, specificity: float, draws: int = 40) -> Detection:
    return Detection(
        sensitivity, specificity, np.full(draws, sensitivity), np.full(draws, specificity), 9, 9
    )


def raw(value: float, draws: int = 40) -> Estimate:
    return Estimate(value, value, value, 100, np.full(draws, value))


@pytest.mark.parametrize(
    ("rate", "sensitivity", "specificity", "value"),
    [
        (0.3, 0.8, 0.9, 0.2 / 0.7),
        (0.05, 0.8, 0.9, 0.0),  # fewer flags than false alarms alone would give
        (0.95, 0.8, 0.9, 1.0),
    ],
)
def test_corrected_rate(rate, sensitivity, specificity, value):
    assert corrected_rate(raw(rate), ability(sensitivity, specificity)).value == pytest.approx(
        value
    )


@pytest.mark.parametrize(
    ("sensitivity", "specificity"), [(0.5, 0.5), (0.2, 0.7), (math.nan, 0.9), (0.9, math.nan)]
)
def test_a_detector_that_says_nothing_corrects_nothing(sensitivity, specificity):
    assert corrected_rate(raw(0.3), ability(sensitivity, specificity)) is None


def test_an_unsure_correction_has_the_widest_interval():
    found = ability(0.8, 0.9)
    found.sensitivity_draws[:2] = 0.05  # 5% of the resamples say nothing of the rate
    corrected = corrected_rate(raw(0.3), found)
    assert (corrected.low, corrected.high) == (0.0, 1.0)


def test_a_rate_of_zero_enters_the_logarithm_as_half_a_unit():
    zero = Estimate(0.0, 0.0, 0.02, 50, np.zeros(4))
    found = negative_log(zero, 99)
    assert found.value == found.high == pytest.approx(-math.log(0.5 / 100))
    assert found.low == pytest.approx(-math.log(0.02))
    assert negative_log(raw(0.25), 99).value == pytest.approx(-math.log(0.25))


def test_no_difference_at_all_still_has_an_interval():
    captions = [caption(f"i{n}", SECOND) for n in range(10)]
    scores = [score(f"i{n}", SECOND, (0.9, 0.9, 0.9)) for n in range(10)]
    judgements = [Judgement(f"i{n}-m", 1, ((0, 6),), ()) for n in range(10)]
    tokens = judged_responses(captions, scores, judgements, 0.5)["token"]
    found = rate_difference(tokens, image_weights(10, 50, 0))
    assert found.value == 0
    assert -found.low == found.high == pytest.approx(0.2775, abs=1e-4)  # Wilson of 0 in 10


def test_what_an_oracle_cannot_parse_has_no_true_rate():
    told = ([caption("i0", FIRST)], [score("i0", FIRST, [0.9] * 7)], [Judgement("i0-m", 2, (), ())])
    units = judged_responses(*told, 0.5)
    found = measure_level("token", units["token"], units["token"], 50, 0)
    assert set(found) == {"hallucination_token", "neg_log_hallucination_token"}


def test_a_model_without_captions_has_units_of_no_level():
    units = judged_responses([], [], [], 0.5)
    assert [len(units[level].flagged) for level in units] == [0, 0, 0]


def test_captions_scores_and_judgements_must_be_of_the_same():
    captions, scores = [caption("i0", SECOND)], [score("i0", SECOND, (0.9, 0.9, 0.9))]
    with pytest.raises(InputError, match="caption 'i0-m' has no judgement"):
        judged_responses(captions, scores, [], 0.5)
    with pytest.raises(InputError, match="caption 'i0-m' has no score"):
        judged_responses(captions, [], [Judgement("i0-m", 1, ((0, 6),), ())], 0.5)
