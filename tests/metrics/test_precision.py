"""Average precision against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from tldr_reward.metrics.precision import average_precision, precision_recall, rank, thin


def test_by_hand():
    # Ranked: hit, miss, hit, miss: precisions 1 and 2/3 at recalls 1/2 and 1.
    ranking = rank(np.array([False, True, True, False]), np.array([0.1, 0.4, 0.9, 0.6]))
    assert average_precision(ranking) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_equal_scores_are_one_step():
    ranking = rank(np.array([True, False, False, False]), np.full(4, 0.3))
    assert average_precision(ranking) == 0.25


@pytest.mark.parametrize("decimals", [1, 2, 9])
def test_equals_scikit_learn_with_ties_and_weights(decimals):
    rng = np.random.default_rng(decimals)
    for _ in range(20):
        positive = rng.random(300) < 0.1
        score = rng.random(300).round(decimals)
        weights = rng.integers(0, 4, 300).astype(float)
        ranking = rank(positive, score)
        expected = average_precision_score(positive, score)
        assert average_precision(ranking) == pytest.approx(expected, abs=1e-12)
        weighted = average_precision(ranking, weights[ranking.order])
        expected = average_precision_score(positive, score, sample_weight=weights)
        assert weighted == pytest.approx(expected, abs=1e-12)
        precision, recall = precision_recall(ranking)
        theirs = precision_recall_curve(positive, score)
        assert precision.tolist() == pytest.approx(theirs[0][-2::-1].tolist())
        assert recall.tolist() == pytest.approx(theirs[1][-2::-1].tolist())


def test_without_a_positive_item_it_is_undefined():
    assert np.isnan(average_precision(rank(np.zeros(3, bool), np.arange(3.0))))


def test_thinning_keeps_the_ends_and_the_point_in_use():
    recall = np.linspace(0.001, 1, 5000)
    kept = thin(recall, 400, keep=1234)
    assert len(kept) <= 400
    assert {0, 1234, 4999} <= set(kept.tolist())
    assert np.diff(recall[kept]).max() < 0.004
    assert thin(recall[:10], 400, keep=3).tolist() == list(range(10))


def test_a_thinned_curve_is_never_above_the_whole():
    recall = np.repeat([0.25, 0.5, 0.75, 1.0], 200)
    # Precision falls while recall stays: the last step of each recall is the one that counts.
    kept = thin(recall, 20, keep=0)
    assert {199, 399, 599, 799} <= set(kept.tolist())
