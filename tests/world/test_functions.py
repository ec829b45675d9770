"""Function plots: families, parities that can be seen, the same pixels every time."""

import numpy as np
import pytest

from tldr_reward.world.functions import HALF_WIDTH, draw_function, plot_function
from tldr_reward.world.rational import parse_function


@pytest.mark.parametrize("parity", ["even", "odd", "neither"])
def test_functions_have_the_parity_and_no_pole(parity):
    rng = np.random.default_rng(3)
    x = np.linspace(-HALF_WIDTH, HALF_WIDTH, 999)
    for _ in range(30):
        function = draw_function(rng, parity)
        assert function.parity() == parity
        assert set(function.denominator) <= {0, 2, 4, 6, 8, 10}
        assert max(function.numerator) <= 10
        values = function.values(x)
        assert np.isfinite(values).all()
        height = np.abs(values).max()
        even_gap, odd_gap = values - values[::-1], values + values[::-1]
        seen = min(np.abs(even_gap).max(), np.abs(odd_gap).max()) / 2 / height
        assert seen < 1e-9 if parity != "neither" else seen > 0.09


def ink(code: str) -> np.ndarray:
    """Where the graph of a function is drawn, [64, 64]."""
    pixels = plot_function(parse_function(code)).astype(int)
    return pixels[:, :, 2] - pixels[:, :, 0] > 60


def test_an_even_plot_is_its_own_mirror_image_and_an_odd_one_is_turned():
    even, odd = ink("f(x) = x**2 - 2"), ink("f(x) = x**3 - 2*x")
    assert even.sum() > 60
    assert np.array_equal(even, even[:, ::-1])
    assert np.array_equal(odd, odd[::-1, ::-1])
    assert not np.array_equal(odd, odd[:, ::-1])


def test_the_plot_rises_where_the_function_does():
    rising = ink("f(x) = x")
    assert rising[59:62, 2:5].any() and rising[2:5, 59:62].any()
    assert not rising[:20, :20].any()


def test_a_constant_and_a_pole_are_drawn():
    assert ink("f(x) = 0").sum() > 60
    assert plot_function(parse_function("f(x) = 1/x")).shape == (64, 64, 3)


def test_the_same_seed_gives_the_same_bytes():
    first, second = (
        plot_function(draw_function(np.random.default_rng(5), "odd")).tobytes() for _ in range(2)
    )
    assert first == second
