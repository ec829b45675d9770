"""95% intervals: a bootstrap over images, and Wilson's where items are independent."""

import dataclasses
import math

import numpy as np

from tldr_reward.metrics.precision import Ranking, average_precision

_Z = 1.959963984540054  # 97.5% point of the normal distribution


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval from `n` items; `draws` (B,) are its bootstrap values."""

    value: float
    low: float
    high: float
    n: int
    draws: np.ndarray


def image_weights(images: int, resamples: int, seed: int) -> np.ndarray:
    """How often each image stands in each resample, (B, images): rows sum to `images`."""
    rng = np.random.default_rng(seed)
    chances = np.full(images, 1 / images)
    return rng.multinomial(images, chances, size=resamples).astype(float)


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share of `n` independent items."""
    share, square = successes / n, _Z**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n**2))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def percentiles(draws: np.ndarray) -> tuple[float, float]:
    """The middle 95% of bootstrap values; undefined ones (NaN) are left out."""
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return float(low), float(high)


def estimate_mean(
    values: np.ndarray,
    image_of: np.ndarray,
    weights: np.ndarray,
    strata: np.ndarray | None = None,
) -> Estimate:
    """Mean of N values in [0, 1] whose images are `image_of` (N,); bootstrap over images.

    Yes-or-no values with one item an image are independent and get Wilson's interval. So does
    a mean of exactly 0 or 1, with the images as its items: no resample could ever differ there.
    `strata` (N,): where every resample has the same mean because each stratum's mean is 0 or 1
    (no negative found, every original passed), the strata's Wilson intervals are combined.
    """
    images = weights.shape[1]
    sums = np.bincount(image_of, weights=values, minlength=images)
    counts = np.bincount(image_of, minlength=images)
    with np.errstate(invalid="ignore"):
        draws = (weights @ sums) / (weights @ counts)
    value = float(sums.sum() / counts.sum())
    binary = bool(np.all((values == 0) | (values == 1)))
    if (binary and counts.max() <= 1) or value in (0.0, 1.0):
        items = int(np.count_nonzero(counts))
        low, high = wilson(value * items, items)
    elif strata is not None and np.nanmin(draws) == np.nanmax(draws):
        low, high = _combined(values, image_of, strata)
    else:
        low, high = percentiles(draws)
    return Estimate(value, low, high, len(values), draws)


def _combined(values: np.ndarray, image_of: np.ndarray, strata: np.ndarray) -> tuple[float, float]:
    """Interval of the mean from those of its strata, their distances squared and added."""
    value, below, above = float(values.mean()), 0.0, 0.0
    for stratum in np.unique(strata):
        chosen = strata == stratum
        share, part = float(values[chosen].mean()), float(chosen.mean())
        images = len(np.unique(image_of[chosen]))
        low, high = wilson(share * images, images)
        below += (part * (share - low)) ** 2
        above += (part * (high - share)) ** 2
    return max(0.0, value - math.sqrt(below)), min(1.0, value + math.sqrt(above))


def estimate_average_precision(
    ranking: Ranking, image_of: np.ndarray, weights: np.ndarray
) -> Estimate:
    """Average precision of N pooled tokens with their images (N,); bootstrap over images."""
    ranked_images = image_of[ranking.order]
    draws = np.array([average_precision(ranking, row[ranked_images]) for row in weights])
    return Estimate(average_precision(ranking), *percentiles(draws), len(image_of), draws)
