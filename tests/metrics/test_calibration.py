"""Calibration on scores whose miscalibration is known, and by hand."""

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.metrics.conftest import caption, score
from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration, log_odds
from tldr_reward.metrics.intervals import image_weights
from tldr_reward.metrics.items import ScoredResponses, join
from tldr_reward.metrics.measures import Run
from tldr_reward.metrics.reliability import (
    calibration_error,
    fitted,
    measure_calibration,
    reliability,
)

RUN = Run("m", "p", "tldr", "mini", "0", "test")


def sigmoid(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def drawn(seed: int, temperature: float, shift: float, tokens: int = 20_000) -> ScoredResponses:
    """Tokens that are good with a known probability, whose scores are distorted from it."""
    rng = np.random.default_rng(seed)
    true = rng.normal(3.0, 2.0, tokens)
    good = rng.random(tokens) < sigmoid(true)
    rows = np.arange(tokens) // 20
    return ScoredResponses(
        caption_ids=tuple(map(str, range(tokens // 20))),
        tasks=np.full(tokens // 20, "caption"),
        taxonomies=np.full(tokens // 20, ""),
        image_ids=tuple(map(str, range(tokens // 20))),
        image_of=np.arange(tokens // 20),
        parent_of=np.full(tokens // 20, -1),
        gold_good=np.ones(tokens // 20, dtype=bool),
        response_of=rows,
        token_good=good,
        p_good=sigmoid(true * temperature - shift),
        sentence_of=rows,
        response_level=False,
    )


@pytest.mark.parametrize(("temperature", "shift"), [(1.0, 0.0), (2.0, 3.0), (0.5, -1.0)])
def test_a_known_distortion_is_found_and_undone(temperature, shift):
    found = fitted(drawn(0, temperature, shift))
    assert found.temperature == pytest.approx(temperature, rel=0.06)
    assert found.shift == pytest.approx(shift, abs=0.15)
    # On other tokens, drawn in the same way.
    measured = measure_calibration(drawn(1, temperature, shift), found, 50, 0)
    assert measured["ece_calibrated"].value < 0.01
    if shift:
        assert measured["ece"].value > 0.05
        assert measured["brier"].value > measured["brier_calibrated"].value


def test_a_calibration_moves_to_another_base_rate():
    """Of tokens drawn alike but with a tenth of the bad ones."""
    found = fitted(drawn(0, 2.0, 3.0))
    others = drawn(1, 2.0, 3.0)
    kept = others.token_good | (np.random.default_rng(2).random(len(others.token_good)) < 0.1)
    rare = dataclasses.replace(
        others,
        response_of=others.response_of[kept],
        token_good=others.token_good[kept],
        p_good=others.p_good[kept],
        sentence_of=others.sentence_of[kept],
    )
    weights = image_weights(len(rare.image_ids), 10, 0)
    moved = found.at_base_rate(float(1 - rare.token_good.mean()))
    assert calibration_error(rare, found, weights).value > 0.07
    assert calibration_error(rare, moved, weights).value < 0.005
    assert found.at_base_rate(found.base_rate).shift == pytest.approx(found.shift)
    with pytest.raises(InputError, match="not calibrated"):
        Calibration().at_base_rate(0.1)
    with pytest.raises(InputError, match="base rate 1.5"):
        found.at_base_rate(1.5)


def test_the_line_is_that_of_logistic_regression():
    tokens = drawn(0, 2.0, 3.0)
    odds = log_odds(tokens.p_good)[:, None]
    theirs = LogisticRegression(C=1e9, tol=1e-10).fit(odds, tokens.token_good)
    found = fitted(tokens)
    assert 1 / found.temperature == pytest.approx(theirs.coef_[0, 0], rel=1e-3)
    assert found.shift / found.temperature == pytest.approx(theirs.intercept_[0], abs=3e-3)


def test_calibration_keeps_the_order_and_the_ends():
    line = Calibration(1.5, 4.0)
    p_good = np.array([0.0, 1e-9, 0.2, 0.5, 0.9, 1.0])
    found = line.probabilities(p_good)
    assert np.all(np.diff(found[1:]) > 0) and found[0] == found[1]
    assert np.all((found > 0) & (found < 1))
    assert Calibration().probability(0.3) == pytest.approx(0.3)
    assert line.probability(0.5) == pytest.approx(1 / (1 + np.exp(-4 / 1.5)))


@pytest.fixture
def joined(captions, scores):
    return join(captions, scores)


def test_calibration_error_by_hand(joined):
    # P(good) by bins of 1/15: 0.2 (bad), 0.4 (good), 0.6 (bad), 0.8 (5 good), 0.9 (12 good)
    expected = (0.2 + 0.6 + 0.6 + 5 * 0.2 + 12 * 0.1) / 20
    weights = image_weights(2, 10, 0)
    assert calibration_error(joined, Calibration(), weights).value == pytest.approx(expected)


def test_reliability_counts_every_token_twice(joined):
    rows = reliability(RUN, joined, Calibration(1.0, 1.0), 50, 0)
    assert [sum(row.n for row in rows if row.calibrated == kind) for kind in (0, 1)] == [20, 20]
    first = [row for row in rows if not row.calibrated]
    # 1 - P(good): 12 tokens at 0.1 and five at 0.2 by the edges, then 0.4, 0.6, 0.8
    assert [(row.n, row.predicted, row.observed) for row in first] == [
        (12, 0.1, 0.0), (5, 0.2, 0.0), (1, 0.4, 1.0), (1, 0.6, 0.0), (1, 0.8, 1.0),
    ]  # fmt: skip


def test_perfectly_told_tokens_have_a_finite_line():
    texts = ("a dog.", "a cat.")
    captions = [
        caption("x", "X", texts[0]),
        caption("y", "Y", texts[1], ((2, 5),), "counting", "x"),
    ]
    found = fitted(join(captions, [score("x", texts[0], [0.9, 0.9, 0.9]),
                                   score("y", texts[1], [0.9, 0.1, 0.9])]))  # fmt: skip
    assert 0 < found.temperature < 10 and np.isfinite(found.shift)


def test_what_cannot_be_fitted_is_an_error(captions, scores):
    with pytest.raises(InputError, match="3 good and 0 bad"):
        fitted(join([captions[2]], [scores[2]]))
    worse = [score("b0", "two dogs.", [0.1, 0.2, 0.1]), score("b1", "four dogs.", [0.9, 0.1, 0.2])]
    with pytest.raises(InputError, match="scored lower than worse ones"):
        fitted(join(captions[2:], worse))
    with pytest.raises(InputError, match="temperature above 0"):
        Calibration(-1.0, 0.0)


def test_a_response_level_run_is_calibrated_on_responses(captions, response_scores):
    measured = measure_calibration(join(captions, response_scores), Calibration(), 20, 0)
    assert measured["ece"].n == 4
