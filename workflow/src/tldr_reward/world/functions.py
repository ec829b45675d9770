"""Function plots: rational functions of IsoBench's families, drawn small with their axes."""

from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw

from tldr_reward.world.rational import Rational
from tldr_reward.world.untaught import PARITIES

PLOT_SIZE = 64
HALF_WIDTH = 2.5  # x runs from -2.5 to 2.5; nearly all of such a function's bends lie there
_SUPERSAMPLING = 4
_MARGIN = 3  # pixels
_PAPER, _AXIS, _INK = (250, 250, 250), (165, 165, 165), (30, 60, 190)
_POWERS = range(1, 11)
_POWER_SHARE = 0.4
_COEFFICIENT = 5
# A function counts as neither when it differs from its even and its odd part by this much of its
# height: 6 of 64 pixels, so that it can be seen.
_VISIBLE = 0.1
_SAMPLES = 481


def draw_function(rng: np.random.Generator, parity: str) -> Rational:
    """A function of one parity, made as IsoBench's: P / Q with an even Q that has no zero.

    P and Q have some of the powers up to 10 with whole coefficients up to 5 and a constant of two
    decimals. An even or odd function is the even or odd part of such a P, doubled, over Q.
    """
    while True:
        over = _polynomial(rng, [power for power in _POWERS if power % 2 == 0])
        over[0] = Fraction(int(rng.integers(100, 2000)), 100)
        top = _polynomial(rng, list(_POWERS))
        top[0] = Fraction(int(rng.integers(-2000, 2000)), 100)
        if parity != "neither":
            rest = PARITIES.index(parity) // 2  # even: 0, odd: 1
            top = {power: 2 * value for power, value in top.items() if power % 2 == rest}
        function = Rational({power: value for power, value in top.items() if value}, over)
        if _fits(function, parity):
            return function


def _polynomial(rng: np.random.Generator, powers: list[int]) -> dict[int, Fraction]:
    chosen = [power for power in powers if rng.random() < _POWER_SHARE]
    values = [int(rng.integers(1, _COEFFICIENT + 1)) * int(rng.choice([-1, 1])) for _ in chosen]
    return dict(zip(chosen, map(Fraction, values), strict=True))


def _fits(function: Rational, parity: str) -> bool:
    """Whether it has the parity, no pole, and for `neither` an asymmetry that can be seen."""
    if function.parity() != parity:
        return False
    x = np.linspace(-HALF_WIDTH, HALF_WIDTH, _SAMPLES)
    bottom = Rational(function.denominator, {0: Fraction(1)}).values(x)
    y = function.values(x)
    height = np.abs(y).max()
    if bottom.min() <= 0 or y.max() - y.min() < _VISIBLE * height:
        return False
    mirrored = y[::-1]
    unlike = min(np.abs(y - mirrored).max(), np.abs(y + mirrored).max()) / 2
    return parity != "neither" or unlike >= _VISIBLE * height


def plot_function(function: Rational) -> np.ndarray:
    """The graph over [-2.5, 2.5] with both axes: uint8 [64, 64, 3]; 0 is in the middle of both."""
    fine = PLOT_SIZE * _SUPERSAMPLING
    image = Image.new("RGB", (fine, fine), _PAPER)
    pen = ImageDraw.Draw(image)
    middle, margin = fine / 2, _MARGIN * _SUPERSAMPLING
    pen.line([(margin, middle), (fine - margin, middle)], fill=_AXIS, width=_SUPERSAMPLING)
    pen.line([(middle, margin), (middle, fine - margin)], fill=_AXIS, width=_SUPERSAMPLING)
    x = np.linspace(-HALF_WIDTH, HALF_WIDTH, _SAMPLES)
    y = function.values(x)
    finite = np.isfinite(y)
    height = np.abs(y[finite]).max(initial=0.0) or 1.0
    reach = middle - margin
    across = middle + x[finite] / HALF_WIDTH * reach
    down = middle - y[finite] / height * reach
    points = list(zip(across.tolist(), down.tolist(), strict=True))
    pen.line(points, fill=_INK, width=2 * _SUPERSAMPLING - 2, joint="curve")
    return np.asarray(image.reduce(_SUPERSAMPLING))
