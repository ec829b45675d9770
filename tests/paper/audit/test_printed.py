"""Printed numbers: what they may stand for, and verdicts on what is recomputed."""

from fractions import Fraction

import pytest

from tldr_reward.paper.audit.printed import (
    CONSISTENT,
    HALF_EVEN,
    HALF_UP,
    INCONSISTENT,
    TRUNCATED,
    WITHIN_ROUNDING,
    modes_of,
    printed,
    verdict_of_range,
)


@pytest.mark.parametrize(
    ("text", "rounded", "widest"),
    [
        ("0.030", (0.0295, 0.0305), (0.0295, 0.031)),
        ("-6.51", (-6.515, -6.505), (-6.52, -6.505)),
        ("3.45e-4", (3.445e-4, 3.455e-4), (3.445e-4, 3.46e-4)),
        ("17", (16.5, 17.5), (16.5, 18.0)),
    ],
)
def test_a_printed_number_stands_for_an_interval(text, rounded, widest):
    assert printed(text).rounded == pytest.approx(rounded)
    assert printed(text).widest == pytest.approx(widest)


@pytest.mark.parametrize(
    ("value", "text", "modes"),
    [
        (Fraction(13, 8), "1.62", [HALF_EVEN, TRUNCATED]),  # 1.625, a tie
        (Fraction(13, 8), "1.63", [HALF_UP]),
        (Fraction(15, 8), "1.88", [HALF_UP, HALF_EVEN]),  # 1.875, the other tie
        (Fraction(15, 8), "1.87", [TRUNCATED]),
        (Fraction(-15, 8), "-1.88", [HALF_UP, HALF_EVEN]),
        (Fraction(-15, 8), "-1.87", [TRUNCATED]),
        (Fraction(1, 3), "0.34", []),
    ],
)
def test_an_exact_value_is_printed_in_three_ways(value, text, modes):
    assert modes_of(value, printed(text)) == modes


@pytest.mark.parametrize(
    ("point", "low", "high", "widest", "verdict"),
    [
        (2.04, 2.0, 2.1, (2.0, 2.2), CONSISTENT),
        (2.06, 2.04, 2.1, (2.0, 2.2), WITHIN_ROUNDING),  # its rounding reaches 2.05
        (2.3, 2.2, 2.4, (2.09, 2.4), WITHIN_ROUNDING),  # only if inputs were truncated
        (2.09, 2.08, 2.11, (2.07, 2.12), WITHIN_ROUNDING),  # only if 2.0 was truncated
        (2.3, 2.2, 2.4, (2.11, 2.5), INCONSISTENT),
    ],
)
def test_the_verdict_on_what_is_recomputed_from_rounded_inputs(point, low, high, widest, verdict):
    assert verdict_of_range(printed("2.0"), point, low, high, widest) == verdict
