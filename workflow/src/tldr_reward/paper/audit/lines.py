"""Lines through printed points: every slope, intercept, r and p that the rounding allows.

A line is score on ln of the token rate as a fraction. Every rate and score may lie anywhere in the
interval that its printed decimals leave. Given the rates, slope and intercept are linear in the
scores, and both are smooth in the logarithms of the rates, which move by 3% at most: the least and
the greatest values are found by a bounded quasi-Newton search (L-BFGS-B) from the printed point
and from corners of the box. Whether printed slope and intercept are reached *together* is shown
without a search where it fails: a line passes through the mean point, so that the intercept is the
mean score minus slope times mean logarithm, whose ends are exact; where that allows it, a search
for a common point decides.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import optimize, stats

from tldr_reward.paper.audit.printed import Printed

_STARTS = 12
_Aim = Callable[[np.ndarray], tuple[float, np.ndarray]]  # a value and its derivatives


def p_of_r(r: float, n: int) -> float:
    """Two-sided p of Pearson's r with n points, by the t distribution with n - 2 degrees."""
    t = abs(r) * math.sqrt((n - 2) / max(1e-300, 1 - r * r))
    return float(2 * stats.t.sf(t, n - 2))


@dataclasses.dataclass(frozen=True)
class Line:
    """Score on ln(rate) through n points: its slope, intercept, r (of score with -ln rate)."""

    n: int
    slope: float
    intercept: float
    pearson_r: float

    @property
    def p_value(self) -> float:
        """Of r, by the t test."""
        return p_of_r(self.pearson_r, self.n)


@dataclasses.dataclass(frozen=True)
class Box:
    """What the printed points may stand for: (2n,) ends of ln(rate)s, then of scores."""

    low: np.ndarray
    high: np.ndarray
    point: np.ndarray

    @property
    def n(self) -> int:
        """How many points the line has."""
        return len(self.point) // 2


def fit(values: np.ndarray) -> Line:
    """The least-squares line of (2n,) values: ln(rate)s, then scores."""
    x, y = np.split(values, 2)
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    r = float(-(dx @ dy) / math.sqrt((dx @ dx) * (dy @ dy)))
    return Line(len(x), slope, float(y.mean() - slope * x.mean()), r)


def box_of(rates: Sequence[Printed], scores: Sequence[Printed], interval: str) -> Box:
    """The box of printed rates (percent) and scores; `interval` is `rounded` or `widest`."""
    low, high = [], []
    for end, ends in ((0, low), (1, high)):
        ends += [math.log(getattr(rate, interval)[end] / 100) for rate in rates]
        ends += [getattr(score, interval)[end] for score in scores]
    point = [math.log(float(rate.value) / 100) for rate in rates]
    point += [float(score.value) for score in scores]
    return Box(np.array(low), np.array(high), np.array(point))


def gradients(values: np.ndarray) -> dict[str, np.ndarray]:
    """Derivatives of slope, intercept and r by the (2n,) values."""
    x, y = np.split(values, 2)
    dx, dy = x - x.mean(), y - y.mean()
    xx, xy, yy = dx @ dx, dx @ dy, dy @ dy
    slope, root = xy / xx, math.sqrt(xx * yy)
    of_slope = np.concatenate([(dy - 2 * slope * dx) / xx, dx / xx])
    of_means = np.concatenate([np.full(len(x), -slope), np.ones(len(x))]) / len(x)
    of_r = -np.concatenate([dy - xy / xx * dx, dx - xy / yy * dy]) / root
    return {
        "slope": of_slope,
        "intercept": of_means - x.mean() * of_slope,
        "pearson_r": of_r,
    }


def extremes(box: Box, name: str) -> tuple[float, float]:
    """Least and greatest value of one part of the line within the box."""
    if name == "p_value":
        low, high = extremes(box, "pearson_r")
        ends = sorted((p_of_r(low, box.n), p_of_r(high, box.n)))
        return ends[0], (1.0 if low < 0 < high else ends[1])

    def signed(sign: int) -> _Aim:
        return lambda values: (
            sign * getattr(fit(values), name),
            sign * gradients(values)[name],
        )

    return _least(box, signed(1)), -_least(box, signed(-1))


def _starts(box: Box) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    corners = [np.where(rng.random(len(box.low)) < 0.5, box.low, box.high) for _ in range(_STARTS)]
    return [box.point, box.low, box.high, *corners]


def _least(box: Box, aim: _Aim) -> float:
    """The least value over the box, from several starts, in units of the box."""
    width = box.high - box.low

    def scaled(place: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = aim(box.low + place * width)
        return value, gradient * width

    bounds = [(0.0, 1.0)] * len(width)
    found = []
    for start in _starts(box):
        place = np.divide(start - box.low, width, out=np.zeros(len(width)), where=width > 0)
        options = {"ftol": 1e-15, "gtol": 1e-10}
        result = optimize.minimize(
            scaled, place, jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        found.append(float(result.fun))
    return min(found)


def intercepts_given_slope(box: Box, slopes: tuple[float, float]) -> tuple[float, float]:
    """All intercepts that a slope between two negative or positive ends can have: exact.

    The line passes through the mean point; ends of a product of intervals lie at their ends.
    """
    xs = [ends[: box.n].mean() for ends in (box.low, box.high)]
    ys = [ends[box.n :].mean() for ends in (box.low, box.high)]
    products = [slope * x for slope in slopes for x in xs]
    return float(ys[0] - max(products)), float(ys[1] - min(products))


def reached_together(box: Box, wanted: Mapping[str, tuple[float, float]]) -> bool:
    """Whether one point of the box gives every part of the line within its wanted interval."""

    def excess(values: np.ndarray) -> tuple[float, np.ndarray]:
        line, slopes = fit(values), gradients(values)
        total, gradient = 0.0, np.zeros(len(values))
        for name, (low, high) in wanted.items():
            value, width = getattr(line, name), high - low
            over = max(0.0, value - high) - max(0.0, low - value)
            total += (over / width) ** 2
            gradient += 2 * over / width**2 * slopes[name]
        return total, gradient

    return _least(box, excess) < 1e-9
