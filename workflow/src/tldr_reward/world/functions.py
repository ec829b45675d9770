"""Function plots: rational functions of IsoBench's families, drawn small with their axes."""

import warnings
from fractions import Fraction

import numpy as np

from tldr_reward.world.rational import Rational
from tldr_reward.world.untaught import PARITIES

PLOT_SIZE = 64
HALF_WIDTH = 2.5  # x runs from -2.5 to 2.5; nearly all of such a function's bends lie there
_SUPERSAMPLING = 4
_MARGIN = 3  # pixels
_STROKE = 3  # half the width of a line, in a quarter of a pixel
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
    """The graph over [-2.5, 2.5] with both axes: uint8 [64, 64, 3]; 0 is in the middle of both.

    An even function's plot is its own mirror image to the pixel, and so for odd ones turned round.
    """
    fine = PLOT_SIZE * _SUPERSAMPLING
    centres = np.arange(fine) + 0.5 - fine / 2  # of rows and columns, from the middle
    reach = fine / 2 - _MARGIN * _SUPERSAMPLING
    within = np.abs(centres) <= reach
    axis = np.abs(centres) <= _SUPERSAMPLING / 2
    pixels = np.full((fine, fine, 3), _PAPER, dtype=float)
    pixels[np.ix_(axis, within)] = _AXIS
    pixels[np.ix_(within, axis)] = _AXIS
    # A column is inked over all heights that the graph takes near it, so that steep lines are as
    # thick as flat ones.
    edges = np.arange(-_STROKE, fine + _STROKE + 1) - fine / 2
    y = function.values(edges / reach * HALF_WIDTH)
    y = np.where(np.isfinite(y) & (np.abs(edges) <= reach + 1e-9), y, np.nan)
    height = np.nanmax(np.abs(y)) or 1.0
    near = np.lib.stride_tricks.sliding_window_view(-y / height * reach, 2 * _STROKE + 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # columns beside the graph are all NaN
        top, bottom = np.nanmin(near, axis=1) - _STROKE, np.nanmax(near, axis=1) + _STROKE
    inked = (centres[:, None] >= top) & (centres[:, None] <= bottom) & within
    pixels[inked] = _INK
    blocks = pixels.reshape(PLOT_SIZE, _SUPERSAMPLING, PLOT_SIZE, _SUPERSAMPLING, 3)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
