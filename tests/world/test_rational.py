"""Rational functions: read from text without running it, values and parity by hand."""

from fractions import Fraction

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.world.rational import parse_function, parse_latex


def test_coefficients_are_the_decimals_as_written():
    function = parse_function("f(x) = -2*x**5/(2*x**8 - 4*x**2 + 11.16)")
    assert function.numerator == {5: -2}
    assert function.denominator == {8: 2, 2: -4, 0: Fraction(279, 25)}


@pytest.mark.parametrize(
    ("code", "parity"),
    [
        ("f(x) = x**2 + 1", "even"),
        ("f(x) = x*(6.0 - 16.0*x**2)/(8.0*x**10 + 4.28)", "odd"),
        ("f(x) = x**3/x", "even"),  # an odd one over an odd one
        ("f(x) = (x - 1)*(x + 1)", "even"),
        ("f(x) = (x + 1)**2", "neither"),
        ("f(x) = (x**2 + x)/(x + 1)", "odd"),  # x, but for a hole that polynomials do not have
        ("f(x) = 0", "both"),
        ("f(x) = x - x", "both"),
        ("f(x) = 1e-9*x + 1", "neither"),  # no sampling would see it
    ],
)
def test_parity_is_exact(code, parity):
    assert parse_function(code).parity() == parity


def test_values_and_poles():
    function = parse_function("f(x) = (2*x**2 - 1)/(x - 1)")
    assert function.values(np.array([0.0, 2.0, 3.0])).tolist() == [1.0, 7.0, 8.5]
    assert np.isinf(function.values(np.array([1.0]))).all()


@pytest.mark.parametrize(
    ("latex", "code"),
    [
        (r"$$f(x) = - \frac{2 x^{5}}{2 x^{8} + 11.16}$$", "f(x) = -2*x**5/(2*x**8 + 11.16)"),
        (r"$$f(x) = \frac{x \left(6.0 - x^{2}\right)}{8.0}$$", "f(x) = x*(6.0 - x**2)/8.0"),
        (r"$$f(x) = \frac{x^{5} \cdot \left(1 - x\right)}{2}$$", "f(x) = x**5*(1 - x)/2"),
        (r"$$f(x) = 2 x \left(x + 1\right)$$", "f(x) = 2*x*(x + 1)"),
    ],
)
def test_latex_is_the_same_function(latex, code):
    assert parse_latex(latex) == parse_function(code)


@pytest.mark.parametrize(
    "code",
    [
        "f(x) = __import__('os').getpid()",
        "f(x) = x.real",
        "f(x) = (lambda: x)()",
        "f(x) = y + 1",
        "f(x) = x**0.5",
        "f(x) = x**-1",
        "f(x) = x**1000000000",
        "f(x) = 2**2**2**2**2",
        "f(x) = True",
        "f(x) = 'x'",
        "f(x) = 1/0",
        "f(x) = x if x else 1",
        "f(x) = ",
        "g(x) = x",
        "f(x) = " + "+".join("x" * 600),
    ],
)
def test_anything_else_is_refused_in_one_line(code):
    with pytest.raises(InputError) as caught:
        parse_function(code)
    assert "\n" not in str(caught.value)
