"""Benchmark accuracy at each tau, against tau = 0 on the same items (table 5)."""

from collections import Counter
from collections.abc import Sequence

from tldr_reward.errors import InputError
from tldr_reward.metrics.intervals import wilson
from tldr_reward.metrics.paired import exact_mcnemar, holm
from tldr_reward.metrics.rows import BenchmarkOutcome
from tldr_reward.records import Metric

# Metric names are `accuracy/tau=0.25` and so on; the benchmark stands in the split.
# A benchmark is answered in two ways, whose metrics' names begin so: in free text, and by the
# likeliest choice.
WAYS = {"": "right", "constrained_": "constrained_right"}
Group = tuple[str, str, float]  # run, benchmark, tau


def at_tau(metric: str, tau: float) -> str:
    """Name of a metric at a tau."""
    return f"{metric}/tau={tau:g}"


def measure_benchmarks(outcomes: Sequence[BenchmarkOutcome]) -> list[Metric]:
    """Shares with Wilson's intervals, majority baselines, exact McNemar against tau = 0.

    Each benchmark has one item an image, so items are independent. `mcnemar_p` is adjusted by
    Holm's rule, as `holm_p`, over all comparisons that the outcomes hold: every tau, benchmark,
    run and way to answer. `gained` and `lost` count items that one of the two alone got right.
    """
    groups: dict[Group, list[BenchmarkOutcome]] = {}
    for row in outcomes:
        groups.setdefault((row.run, row.benchmark, row.tau), []).append(row)
    rows: list[Metric] = []
    compared: list[tuple[BenchmarkOutcome, str, float, int]] = []
    for (run, benchmark, tau), found in groups.items():
        if tau == 0:
            value = majority(found)
            rows.append(_metric(found[0], "majority", value, value, value, len(found)))
        rows += _shares(found, tau)
        if tau == 0:
            continue
        if (run, benchmark, 0.0) not in groups:
            raise InputError(f"{run} was not evaluated at tau = 0 on {benchmark!r}")
        for way in WAYS:
            gained, lost = _changes(groups[run, benchmark, 0.0], found, WAYS[way])
            for name, count in (("gained", gained), ("lost", lost)):
                metric = at_tau(f"{way}{name}", tau)
                rows.append(_metric(found[0], metric, count, count, count, len(found)))
            compared.append((found[0], way, exact_mcnemar(gained, lost), len(found)))
    adjusted = holm([p for *_, p, _ in compared])
    for (first, way, p, n), by_holm in zip(compared, adjusted, strict=True):
        for name, value in (("mcnemar_p", p), ("holm_p", by_holm)):
            rows.append(_metric(first, at_tau(f"{way}{name}", first.tau), value, value, value, n))
    return rows


def majority(found: Sequence[BenchmarkOutcome]) -> float:
    """Share that the better of two blind answers gets: one option always, or one meaning always.

    Who always says (A) is right as often as (A) is; who says "one" wherever it is offered is right
    as often as the answer is "one".
    """
    most = max(
        max(Counter(row.answer for row in found).values()),
        max(Counter(row.meaning for row in found).values()),
    )
    return most / len(found)


def _shares(found: Sequence[BenchmarkOutcome], tau: float) -> list[Metric]:
    hits = {f"{way}accuracy": sum(getattr(row, WAYS[way]) for row in found) for way in WAYS}
    hits["not_understood"] = sum(not row.parsed for row in found)
    n = len(found)
    return [
        _metric(found[0], at_tau(name, tau), count / n, *wilson(count, n), n)
        for name, count in hits.items()
    ]


def _changes(
    base: Sequence[BenchmarkOutcome], other: Sequence[BenchmarkOutcome], is_right: str
) -> tuple[int, int]:
    """Items that the other alone, and that the base alone got right; the same items are needed."""
    right = {row.item_id: getattr(row, is_right) for row in base}
    if set(right) != {row.item_id for row in other} or len(base) != len(other):
        at = other[0]
        raise InputError(f"{at.run} at tau {at.tau:g} has other {at.benchmark} items than at 0")
    changes = [getattr(row, is_right) - right[row.item_id] for row in other]
    return changes.count(1), changes.count(-1)


def _metric(
    row: BenchmarkOutcome, name: str, value: float, low: float, high: float, n: int
) -> Metric:
    numbers = (float(f"{number:.6g}") for number in (value, low, high))
    who = (row.run, row.backbone, row.reward_model, row.scale, row.seed, row.benchmark)
    return Metric(*who, name, *numbers, n)
