"""Lines through few points: the paper's own points, and exact permutations by brute force."""

import itertools

import numpy as np
import pytest
from scipy import stats

from tldr_reward.metrics.correlation import correlate, permutation_p_value

# Table 3 of the paper: token rates in percent, MMMU.
RATES = [0.016, 0.017, 0.030, 0.033, 0.061, 0.066, 0.067, 0.073, 0.261, 4.444]
MMMU = [69.1, 60.3, 59.4, 56.8, 54.1, 41.1, 45.8, 50.7, 43.0, 27.3]
X = list(-np.log(np.array(RATES) / 100))


def test_the_papers_ten_points():
    found = correlate(X, MMMU)
    assert found.n == 10
    assert found.r == pytest.approx(0.9045, abs=5e-5)
    assert found.slope == pytest.approx(6.547, abs=5e-4)
    assert found.intercept == pytest.approx(3.71, abs=5e-3)
    assert found.without_low == (pytest.approx(0.8493, abs=5e-5), 9)  # without PaliGemma
    reference = stats.linregress(X, MMMU)
    half = stats.t.ppf(0.975, 8) * reference.stderr
    assert found.slope_low == pytest.approx(reference.slope - half)
    assert found.slope_high == pytest.approx(reference.slope + half)
    interval = stats.pearsonr(X, MMMU).confidence_interval()
    assert (found.r_low, found.r_high) == (interval.low, interval.high)


def brute_force(x, y) -> float:
    observed = abs(np.corrcoef(x, y)[0, 1])
    orders = list(itertools.permutations(y))
    hits = sum(abs(np.corrcoef(x, order)[0, 1]) >= observed - 1e-9 for order in orders)
    return hits / len(orders)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_exact_p_values_are_those_of_all_orders(n):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(size=n)
    y[0] = y[-1]  # a tie
    assert permutation_p_value(x, y, 0) == pytest.approx(brute_force(x, y))


def test_three_points_in_line():
    found = correlate([1, 2, 3], [10, 20, 30])
    assert (found.r, found.slope, found.intercept) == pytest.approx((1.0, 10.0, 0.0))
    assert found.p_value == pytest.approx(2 / 6)
    assert np.isnan(found.r_low)  # three points give r no interval


def test_ten_points_take_the_orders_of_both_halves():
    p = permutation_p_value(np.array(X), np.array(MMMU), 0)
    assert p * 3628800 == pytest.approx(round(p * 3628800))
    assert p == pytest.approx(325 / 3628800)


def test_more_points_than_can_be_ordered_are_ordered_at_random():
    rng = np.random.default_rng(0)
    x = rng.normal(size=12)
    assert permutation_p_value(x, x + rng.normal(size=12) * 0.01, 0) < 1e-4
    assert 0.01 < permutation_p_value(x, rng.normal(size=12), 0) <= 1


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [2] * 3)]
)
def test_points_that_give_no_line(x, y):
    assert correlate(x, y) is None
