"""Exact tests of counts against statsmodels and by hand."""

import pytest
from statsmodels.stats.proportion import binom_test

from tldr_reward.metrics.exact import binomial_p_value


@pytest.mark.parametrize(
    ("k", "n", "chance"), [(60, 100, 0.5), (3, 3, 0.5), (0, 10, 0.2), (1200, 4000, 0.29)]
)
def test_binomial_p_value_equals_statsmodels(k, n, chance):
    expected = binom_test(k, n, prop=chance, alternative="larger")
    assert binomial_p_value(k, n, chance) == pytest.approx(expected, rel=1e-8)


def test_binomial_p_value_at_certain_chances():
    assert binomial_p_value(3, 3, 0.5) == pytest.approx(0.125)
    assert binomial_p_value(10, 10, 1.0) == 1.0
    assert binomial_p_value(1, 10, 0.0) == 0.0
