"""Exact tests of counts."""

from scipy import stats


def binomial_p_value(successes: int, n: int, share: float) -> float:
    """One-sided exact p-value of at least this many successes of n, were the chance `share`."""
    return float(stats.binomtest(successes, n, share, alternative="greater").pvalue)
