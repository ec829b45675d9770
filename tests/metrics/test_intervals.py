"""Intervals against statsmodels, against an explicit bootstrap, and at the edges."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from statsmodels.stats.proportion import proportion_confint

from tldr_reward.metrics.intervals import (
    estimate_average_precision,
    estimate_mean,
    image_weights,
    wilson,
)
from tldr_reward.metrics.precision import rank


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 30), (1, 30), (15, 30), (30, 30), (83, 120)])
def test_wilson_equals_statsmodels(k, n):
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_resamples_draw_as_many_images_as_there_are():
    weights = image_weights(images=50, resamples=200, seed=3)
    assert weights.shape == (200, 50)
    assert set(weights.sum(axis=1)) == {50.0}
    assert np.array_equal(weights, image_weights(50, 200, 3))
    assert not np.array_equal(weights, image_weights(50, 200, 4))


def test_a_mean_is_resampled_with_all_items_of_an_image():
    rng = np.random.default_rng(0)
    image_of = np.repeat(np.arange(20), 3)
    values = rng.random(60)
    weights = image_weights(20, 50, seed=1)
    estimate = estimate_mean(values, image_of, weights)
    for row, draw in zip(weights, estimate.draws, strict=True):
        drawn = np.repeat(np.arange(20), row.astype(int))
        chosen = np.concatenate([np.flatnonzero(image_of == image) for image in drawn])
        assert draw == pytest.approx(values[chosen].mean())
    assert (estimate.low, estimate.high) == pytest.approx(
        tuple(np.quantile(estimate.draws, [0.025, 0.975]))
    )
    assert estimate.n == 60


def test_average_precision_is_resampled_with_all_tokens_of_an_image():
    rng = np.random.default_rng(5)
    image_of = np.repeat(np.arange(15), 4)
    positive, score = rng.random(60) < 0.3, rng.random(60).round(1)
    weights = image_weights(15, 30, seed=2)
    estimate = estimate_average_precision(rank(positive, score), image_of, weights)
    for row, draw in zip(weights, estimate.draws, strict=True):
        drawn = np.repeat(np.arange(15), row.astype(int))
        chosen = np.concatenate([np.flatnonzero(image_of == image) for image in drawn])
        assert draw == pytest.approx(average_precision_score(positive[chosen], score[chosen]))


def test_items_that_repeat_within_images_widen_the_interval():
    rng = np.random.default_rng(0)
    answers = (rng.random(100) < 0.5).astype(float)
    weights = image_weights(100, 2000, seed=0)
    one = estimate_mean(answers, np.arange(100), weights)
    four = estimate_mean(np.repeat(answers, 4), np.repeat(np.arange(100), 4), weights)
    # Four copies of an answer are no more evidence than one.
    assert four.high - four.low == pytest.approx(one.high - one.low, abs=0.02)
    assert (one.low, one.high) == wilson(answers.sum(), 100)


def test_a_share_of_nothing_has_wilsons_bounds_over_its_images():
    weights = image_weights(30, 100, seed=0)
    estimate = estimate_mean(np.zeros(60), np.repeat(np.arange(30), 2), weights)
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high == wilson(0, 30)[1]


def test_strata_that_never_vary_do_not_give_a_certain_mean():
    # 97 images: every original passed, no negative found. No resample differs from 1/2.
    values, image_of = np.tile([1.0, 0.0], 97), np.repeat(np.arange(97), 2)
    weights = image_weights(97, 100, seed=0)
    estimate = estimate_mean(values, image_of, weights, strata=np.tile([True, False], 97))
    reach = wilson(0, 97)[1] / 2
    assert estimate.value == 0.5
    assert (estimate.low, estimate.high) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_a_group_that_misses_from_a_resample_is_undefined_there_only():
    weights = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    estimate = estimate_mean(np.array([0.25, 0.75]), np.array([1, 1]), weights)
    assert np.isnan(estimate.draws[0])
    assert estimate.draws[1:].tolist() == [0.5, 0.5]
    assert (estimate.low, estimate.high) == (0.5, 0.5)
