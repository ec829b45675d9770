"""One number of several seeds: their mean, its sampling interval, and the spread of seeds."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.intervals import percentiles
from tldr_reward.records import Metric

# Bootstrap values of a run's metric by (run, split, metric), (B,) each; resample k takes the
# same images in every run on the same captions.
Resamples = Mapping[tuple[str, str, str], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Pooled:
    """Mean over seeds with its 95% sampling interval; `seed_sd` is None for one seed."""

    value: float
    low: float
    high: float
    n: int
    seeds: tuple[str, ...]
    seed_sd: float | None


def pool(rows: Sequence[Metric], resamples: Resamples, same_items: bool = True) -> Pooled:
    """Pool one metric's rows, one a seed; raises InputError when a seed is there twice.

    The interval says how the mean over these seeds would vary with other test images. All seeds
    are measured on the same images, so the mean is taken within each resample of images. Without
    the resamples, the seeds' interval bounds are averaged, as if their sampling errors moved as
    one: that is the widest that the interval of a mean can be. What each seed's model said itself
    is not the `same_items`: n is then the fewest of any seed.
    """
    rows = sorted(rows, key=lambda row: (len(row.seed), row.seed))
    seeds = tuple(row.seed for row in rows)
    first = rows[0]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"two metrics files have the run {first.run!r} on split {first.split!r}")
    if same_items and len({row.n for row in rows}) > 1:
        raise InputError(
            f"seeds of {first.backbone}/{first.reward_model} on split {first.split!r} are "
            f"measured on {sorted({row.n for row in rows})} items; equal numbers are needed"
        )
    if len(rows) == 1:
        return Pooled(first.value, first.low, first.high, first.n, seeds, None)
    value = statistics.fmean(row.value for row in rows)
    low, high = _interval(rows, resamples)
    fewest = min(row.n for row in rows)
    return Pooled(value, low, high, fewest, seeds, statistics.stdev(row.value for row in rows))


def _interval(rows: Sequence[Metric], resamples: Resamples) -> tuple[float, float]:
    draws = [resamples.get((row.run, row.split, row.metric)) for row in rows]
    if all(values is not None for values in draws):
        means = np.mean(np.stack(draws), axis=0)
        # Equal in every resample: a share of 0 or 1, whose Wilson bounds say more.
        if np.nanmin(means) < np.nanmax(means):
            return percentiles(means)
    return (
        statistics.fmean(row.low for row in rows),
        statistics.fmean(row.high for row in rows),
    )


def seeds_text(pooled: Mapping[str, Pooled]) -> str:
    """Seeds of a row, space-separated; named by column where its columns have different ones."""
    if len({numbers.seeds for numbers in pooled.values()}) == 1:
        return " ".join(next(iter(pooled.values())).seeds)
    return "; ".join(f"{name}: {' '.join(numbers.seeds)}" for name, numbers in pooled.items())
