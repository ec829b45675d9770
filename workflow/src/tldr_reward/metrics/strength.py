"""What printed counts, shares, means and correlations are worth: tests, intervals, power.

Level 5% two-sided, power 80% everywhere.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.power import NormalIndPower, TTestPower
from statsmodels.stats.proportion import confint_proportions_2indep

ALPHA, POWER = 0.05, 0.8
_Z = float(stats.norm.ppf(1 - ALPHA / 2))


@dataclasses.dataclass(frozen=True)
class Effect:
    """A difference (first minus second) with its 95% interval and two-sided p."""

    value: float
    low: float
    high: float
    p_value: float


def compare_counts(first: int, n_first: int, second: int, n_second: int) -> Effect:
    """Difference of two shares of independent items: Newcombe's interval, Fisher's exact test."""
    low, high = confint_proportions_2indep(
        first, n_first, second, n_second, compare="diff", method="newcomb", alpha=ALPHA
    )
    table = [[first, n_first - first], [second, n_second - second]]
    value = first / n_first - second / n_second
    return Effect(value, float(low), float(high), float(stats.fisher_exact(table).pvalue))


def compare_means(first: float, second: float, n: int) -> Effect:
    """Difference of means of n items each in [0, 1], whose spread is not known.

    No such mean m has a variance above m (1 - m): interval and p are the widest and the greatest
    that the normal approximation allows.
    """
    half = _Z * math.sqrt((first * (1 - first) + second * (1 - second)) / n)
    middle = (first + second) / 2
    error = math.sqrt(2 * middle * (1 - middle) / n)
    value = first - second
    p_value = 1.0 if error == 0 else float(2 * stats.norm.sf(abs(value) / error))
    return Effect(value, value - half, value + half, p_value)


def sign_test(wins: int, losses: int) -> Effect:
    """Share of wins among decided items against a half, exact; the interval is Wilson's."""
    test = stats.binomtest(wins, wins + losses, 0.5)
    bounds = test.proportion_ci(method="wilson")
    return Effect(wins / (wins + losses), float(bounds.low), float(bounds.high), float(test.pvalue))


def binomial_test(k: int, n: int, share: float) -> float:
    """Two-sided exact p of k successes of n, were the chance `share`."""
    return float(stats.binomtest(k, n, share).pvalue)


def one_sided_pairs(items: int) -> float:
    """Exact McNemar p if every one of so many changed items changed in the same direction."""
    return 1.0 if items == 0 else binomial_test(items, items, 0.5)


def least_wins(n: int) -> int | None:
    """Fewest wins of n decided items that the sign test finds significant; None if none are."""
    for wins in range(n // 2, n + 1):
        if binomial_test(wins, n, 0.5) < ALPHA:
            return wins
    return None


def smallest_difference(share: float, n: int, groups: int = 2) -> float:
    """Smallest rise (above a half: fall) from a share that groups of n show at this power.

    One group is compared with the share itself, two with each other. In the arcsine scale, where a
    difference's standard error does not depend on the share.
    """
    ratio = float(groups - 1)
    effect = NormalIndPower().solve_power(nobs1=n, alpha=ALPHA, power=POWER, ratio=ratio)
    angle = 2 * math.asin(math.sqrt(share))
    moved = angle + effect if share <= 0.5 else angle - effect
    other = math.sin(min(max(moved, 0.0), math.pi) / 2) ** 2
    return abs(other - share)


def items_needed(first: float, second: float) -> int | None:
    """Fewest items a group for which two shares differ significantly by the pooled z test."""
    if first == second:
        return None
    middle = (first + second) / 2
    return _whole(2 * middle * (1 - middle) * (_Z / (first - second)) ** 2)


def paired_items_needed(first: float, second: float) -> int | None:
    """The same on the same items, at best: all that change change in one direction (6 suffice)."""
    if first == second:
        return None
    changed = next(k for k in range(1, 100) if one_sided_pairs(k) < ALPHA)
    return _whole(changed / abs(first - second))


def _whole(items: float) -> int:
    """The next whole number, but for what floating point adds to one."""
    return math.ceil(round(items, 6))


def compare_strata(tables: Sequence[tuple[int, int, int, int]]) -> tuple[Effect, int]:
    """Two shares over several item sets (successes, n, successes, n each), stratified by set.

    Mantel-Haenszel test; the effect is the difference over all items, whose interval adds up the
    sets' variances. Returns it with the number of items a side.
    """
    counts = np.array(tables, dtype=float)
    total = counts[:, 1].sum()
    weights = counts[:, 1] / total
    shares = counts[:, [0, 2]] / counts[:, [1, 3]]
    variance = (shares * (1 - shares) / counts[:, [1, 3]]).sum(axis=1)
    value = float(weights @ (shares[:, 0] - shares[:, 1]))
    half = _Z * math.sqrt(float(weights**2 @ variance))
    cells = [
        np.array([[first, n_first - first], [second, n_second - second]])
        for first, n_first, second, n_second in tables
    ]
    # Its p is one minus a distribution function: 0 from 1e-16 on.
    statistic = StratifiedTable(cells).test_null_odds(correction=True).statistic
    p_value = float(stats.chi2.sf(statistic, 1))
    return Effect(value, value - half, value + half, p_value), int(total)


def compare_ratios(ratios: Sequence[float]) -> Effect:
    """Geometric mean of ratios against 1: t interval and t test of their logarithms."""
    logs = np.log(np.asarray(ratios, dtype=float))
    test = stats.ttest_1samp(logs, 0.0)
    bounds = test.confidence_interval()
    ends = (float(math.exp(end)) for end in (logs.mean(), bounds.low, bounds.high))
    return Effect(*ends, float(test.pvalue))


def smallest_ratio(ratios: Sequence[float]) -> float:
    """Smallest ratio that so many with this spread of their logarithms show at this power."""
    logs = np.log(np.asarray(ratios, dtype=float))
    effect = TTestPower().solve_power(nobs=len(logs), alpha=ALPHA, power=POWER)
    return math.exp(float(effect) * float(logs.std(ddof=1)))


def smallest_correlation(n: int) -> float:
    """Smallest correlation that n points show at this power, by Fisher's z."""
    return math.tanh((_Z + float(stats.norm.ppf(POWER))) / math.sqrt(n - 3))
