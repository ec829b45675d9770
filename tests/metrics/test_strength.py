"""Tests, intervals and power of printed counts, against hand-worked values."""

import math

import pytest

from tldr_reward.metrics.strength import (
    compare_counts,
    compare_means,
    compare_ratios,
    compare_strata,
    items_needed,
    least_wins,
    one_sided_pairs,
    paired_items_needed,
    sign_test,
    smallest_correlation,
    smallest_difference,
    smallest_ratio,
)


def test_two_counts_by_fishers_exact_test():
    # All 3 of 3 against none of 3: 2 of the 20 equally likely tables.
    effect = compare_counts(3, 3, 0, 3)
    assert (effect.value, effect.p_value) == pytest.approx((1.0, 0.1))
    # Newcombe: 1 - sqrt((1 - l)^2 + (u - 0)^2) with Wilson's l = 3 / (3 + z^2) = 0.4385.
    assert effect.low == pytest.approx(1 - math.sqrt(2) * (1 - 0.43850), abs=1e-4)
    assert compare_counts(86, 120, 83, 120).p_value == pytest.approx(0.777, abs=5e-4)


@pytest.mark.parametrize(
    ("wins", "losses", "p_value"),
    [(12, 2, 212 / 2**14), (6, 1, 16 / 2**7), (9, 2, 134 / 2**11), (3, 3, 1.0)],
)
def test_wins_against_losses(wins, losses, p_value):
    effect = sign_test(wins, losses)
    assert effect.value == wins / (wins + losses)
    assert effect.p_value == pytest.approx(p_value)
    assert effect.low < effect.value < effect.high


def test_the_fewest_wins_that_are_significant():
    assert least_wins(5) is None  # 2 / 32 = 0.0625
    assert least_wins(6) == 6  # 2 / 64 = 0.031
    assert least_wins(14) == 12


def test_pairs_that_all_change_one_way():
    assert [one_sided_pairs(n) for n in (0, 1, 5, 6)] == [1, 1, 0.0625, 0.03125]


def test_items_that_a_difference_needs():
    # 2 x 0.25 x (1.96 / 0.2)^2 = 48.02; 6 changed items are 0.2 of 30.
    assert items_needed(0.6, 0.4) == 49
    assert paired_items_needed(0.6, 0.4) == 30
    assert paired_items_needed(0.831, 0.811) == 300
    assert items_needed(0.5, 0.5) is None is paired_items_needed(0.5, 0.5)


def test_means_of_shares_get_the_widest_spread_there_is():
    # Variances 0.09 and 0.25 at most: half width 1.96 sqrt(0.34 / 100).
    effect = compare_means(0.9, 0.5, 100)
    assert effect.high - effect.value == pytest.approx(1.959964 * math.sqrt(0.0034))
    # Pooled: 0.7 x 0.3 x 2 / 100 = 0.0042; z = 0.4 / 0.0648 = 6.17.
    assert effect.p_value == pytest.approx(6.8e-10, rel=0.02)
    assert compare_means(0.0, 0.0, 10).p_value == 1


def test_the_smallest_difference_that_n_can_show():
    # Arcsine scale: h = (1.96 + 0.8416) sqrt(2 / 100) = 0.3962; sin^2((pi/2 + h) / 2) = 0.6930.
    assert smallest_difference(0.5, 100) == pytest.approx(0.1930, abs=1e-4)
    assert smallest_difference(0.9, 50) == pytest.approx(
        0.9 - math.sin(math.asin(math.sqrt(0.9)) - 2.80159 / 10) ** 2, abs=1e-4
    )
    # Against a known share: h = 2.8016 / sqrt(100).
    assert smallest_difference(0.5, 100, groups=1) == pytest.approx(
        math.sin(math.pi / 4 + 0.14008) ** 2 - 0.5, abs=1e-4
    )


def test_strata_by_mantel_and_haenszel():
    # One table 8 2 / 4 6: expected 6, variance 10 x 10 x 12 x 8 / (400 x 19), (2 - 1/2)^2 / 1.263.
    effect, n = compare_strata([(8, 10, 4, 10)])
    assert (n, effect.value) == (10, pytest.approx(0.4))
    assert effect.p_value == pytest.approx(0.182, abs=5e-4)
    assert effect.high - effect.value == pytest.approx(1.959964 * math.sqrt(0.016 + 0.024))
    effect, n = compare_strata([(8, 10, 4, 10), (1, 30, 2, 30)])
    assert (n, effect.value) == (40, pytest.approx(3 / 40))


def test_ratios_by_a_t_test_of_logarithms():
    ratios = [math.exp(value) for value in (0.9, 1.0, 1.1)]
    effect = compare_ratios(ratios)
    # t = 1 / (0.1 / sqrt(3)) = 17.32; two degrees of freedom: p = 1 - t / sqrt(2 + t^2).
    assert effect.p_value == pytest.approx(1 - 17.3205 / math.sqrt(302), abs=1e-6)
    assert effect.value == pytest.approx(math.e)
    assert effect.low == pytest.approx(math.exp(1 - 4.302653 * 0.1 / math.sqrt(3)))
    assert 1 < smallest_ratio(ratios) < effect.value


def test_the_smallest_correlation_that_n_points_can_show():
    assert smallest_correlation(7) == pytest.approx(math.tanh(2.80159 / 2), abs=1e-5)
