"""Lines through printed points and what their rounding allows, against hand-worked cases."""

import math

import numpy as np
import pytest

from tldr_reward.paper.audit.lines import (
    Box,
    box_of,
    extremes,
    fit,
    gradients,
    intercepts_given_slope,
    p_of_r,
    reached_together,
)
from tldr_reward.paper.audit.printed import printed

# x = 0, 1, 2 exactly; y = 0, 1, 2, each half a unit either way.
SQUARE = Box(
    np.array([0, 1, 2, -0.5, 0.5, 1.5]),
    np.array([0, 1, 2, 0.5, 1.5, 2.5]),
    np.array([0.0, 1, 2, 0, 1, 2]),
)


def test_the_line_of_three_points():
    line = fit(np.array([0.0, 1, 2, 5, 4, 0]))
    assert (line.slope, line.intercept) == pytest.approx((-2.5, 5.5))
    # Sxy = -5, Sxx = 2, Syy = 14; r is that of score with -ln(rate).
    assert line.pearson_r == pytest.approx(5 / math.sqrt(28))


def test_p_of_r():
    # Two degrees of freedom: p = 1 - |r|.
    assert p_of_r(0.5, 4) == pytest.approx(0.5)
    assert p_of_r(-0.9, 4) == pytest.approx(0.1)
    assert p_of_r(0.759, 7) == pytest.approx(0.04786, abs=1e-5)


def test_derivatives_are_those_of_the_line():
    values = np.array([-8.7, -8.1, -7.2, -5.9, 54.0, 43.0, 36.0, 25.0])
    for name, gradient in gradients(values).items():
        for place in range(len(values)):
            step = np.zeros(len(values))
            step[place] = 1e-6
            rise = getattr(fit(values + step), name) - getattr(fit(values - step), name)
            assert gradient[place] == pytest.approx(rise / 2e-6, rel=1e-4, abs=1e-7)


def test_reachable_slopes_and_intercepts_of_three_points():
    # Slope (y3 - y1) / 2; intercept 5/6 y1 + 1/3 y2 - 1/6 y3.
    assert extremes(SQUARE, "slope") == pytest.approx((0.5, 1.5))
    assert extremes(SQUARE, "intercept") == pytest.approx((-2 / 3, 2 / 3))


def test_reachable_values_hold_any_choice_of_unrounded_points():
    rates = [printed(text) for text in ("0.016", "0.061", "0.261", "4.444")]
    scores = [printed(text) for text in ("69.1", "54.1", "43.0", "27.3")]
    box = box_of(rates, scores, "rounded")
    rng = np.random.default_rng(1)
    found = [fit(rng.uniform(box.low, box.high)) for _ in range(300)]
    for name in ("slope", "intercept", "pearson_r", "p_value"):
        low, high = extremes(box, name)
        values = [getattr(line, name) for line in found]
        assert low <= min(values) <= getattr(fit(box.point), name) <= max(values) <= high


def test_intercepts_at_a_slope():
    # The mean point is (1, 1 +- 0.5).
    assert intercepts_given_slope(SQUARE, (1.0, 1.0)) == pytest.approx((-0.5, 0.5))
    assert intercepts_given_slope(SQUARE, (0.9, 1.1)) == pytest.approx((-0.6, 0.6))


def test_a_slope_and_an_intercept_may_be_reached_alone_and_not_together():
    assert reached_together(SQUARE, {"slope": (1.4, 1.5), "intercept": (-0.6, -0.5)})
    # A slope of 1.4 needs y1 <= -0.3 and y3 >= 2.3: intercept at most -0.13.
    assert not reached_together(SQUARE, {"slope": (1.4, 1.5), "intercept": (0.5, 0.6)})


def test_rates_are_fractions_on_a_logarithm():
    box = box_of([printed("0.030")], [printed("59.4")], "rounded")
    assert box.point == pytest.approx([math.log(0.0003), 59.4])
    assert box.low == pytest.approx([math.log(0.000295), 59.35])
