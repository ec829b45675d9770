"""A line through few points and what it is worth: exact permutations, leave-one-out, intervals."""

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np
import statsmodels.api as sm
from scipy import stats

# Up to here all orders of the points are tried; above, as many at random.
EXACT_POINTS = 10
_RANDOM_ORDERS = 99_999


@dataclasses.dataclass(frozen=True)
class Correlation:
    """Line y = intercept + slope x through n points, with 95% intervals where n gives one.

    `r` is Pearson's, `p_value` its two-sided permutation p-value; `without_low` and `without_high`
    are the least and the greatest r with one point left out, and the indices of those points.
    """

    n: int
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    r: float
    r_low: float
    r_high: float
    p_value: float
    without_low: tuple[float, int]
    without_high: tuple[float, int]


def correlate(x: Sequence[float], y: Sequence[float], seed: int = 0) -> Correlation | None:
    """The correlation of points; None for fewer than 3, or where all x or all y are equal."""
    first, second = np.array(x, dtype=float), np.array(y, dtype=float)
    n = len(first)
    if n < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    fit = sm.OLS(second, sm.add_constant(first)).fit()
    intercept, slope = fit.params
    bounds = fit.conf_int()[1]
    r = _pearson(first, second)
    found = stats.pearsonr(first, second).confidence_interval() if n > 3 else (math.nan, math.nan)
    left_out = [
        (_pearson(np.delete(first, index), np.delete(second, index)), index) for index in range(n)
    ]
    return Correlation(
        n=n,
        slope=float(slope),
        slope_low=float(bounds[0]),
        slope_high=float(bounds[1]),
        intercept=float(intercept),
        r=r,
        r_low=float(found[0]),
        r_high=float(found[1]),
        p_value=permutation_p_value(first, second, seed),
        without_low=min(left_out),
        without_high=max(left_out),
    )


def permutation_p_value(x: np.ndarray, y: np.ndarray, seed: int) -> float:
    """Share of the orders of y whose |r| with x is at least that observed; exact up to 10 points.

    scipy's exact test tries one order after another, ten seconds for 10 points. Here y's values
    are dealt to the first and the second half of x, and the halves' sums are added pairwise.
    """
    if len(x) > EXACT_POINTS:
        method = stats.PermutationMethod(n_resamples=_RANDOM_ORDERS, rng=seed)
        return float(stats.pearsonr(x, y, method=method).pvalue)
    centred, values = x - x.mean(), y - y.mean()
    least = abs(centred @ values) * (1 - 1e-9)
    half = len(x) // 2
    extreme = total = 0
    for dealt in itertools.combinations(range(len(x)), half):
        rest = [index for index in range(len(x)) if index not in dealt]
        first = np.array(list(itertools.permutations(values[list(dealt)]))) @ centred[:half]
        second = np.array(list(itertools.permutations(values[rest]))) @ centred[half:]
        sums = np.abs(np.add.outer(first, second))
        extreme += int((sums >= least).sum())
        total += sums.size
    return extreme / total


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's r; 0 where one side does not vary."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
