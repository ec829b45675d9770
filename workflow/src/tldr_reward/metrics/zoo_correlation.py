"""Scores against hallucination over models (figures 5 and 6), the paper's points and ours."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from tldr_reward.metrics.correlation import Correlation, correlate
from tldr_reward.metrics.judged import LEVELS
from tldr_reward.metrics.paired import holm
from tldr_reward.records import Metric

# Our question sets stand for the paper's benchmarks; the sets are not those benchmarks.
STANDS_FOR = {"exam": "mmmu", "mix": "mega_bench"}
SOURCES = {"estimated": "neg_log_hallucination", "true": "neg_log_true_hallucination"}
AGREEMENT = "agreement"


@dataclasses.dataclass(frozen=True)
class ZooPoint:
    """One model in one panel: x is -ln of a rate, y a score in percent, or -ln of another rate.

    `source`: whose rate x is (reported, estimated, true), or agreement: x true, y estimated.
    Bounds are NaN where none are known; `zero` is 1 where a rate of 0 was replaced, since it has no
    logarithm.
    """

    scale: str
    score: str
    source: str
    level: str
    model: str
    x: float
    x_low: float
    x_high: float
    y: float
    y_low: float
    y_high: float
    zero: int


@dataclasses.dataclass(frozen=True)
class ZooFit:
    """The line through one panel's points; see `correlation.Correlation`.

    `p_holm`: adjusted over our panels of one level; NaN for the paper's points.
    """

    scale: str
    score: str
    source: str
    level: str
    n: int
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    r: float
    r_low: float
    r_high: float
    p_permutation: float
    p_holm: float
    r_without_low: float
    r_without_low_model: str
    r_without_high: float
    r_without_high_model: str


def zoo_points(metrics: Sequence[Metric], scale: str) -> list[ZooPoint]:
    """Points of the models that have both of a panel's numbers."""
    by_run: dict[str, dict[str, Metric]] = {}
    for row in metrics:
        by_run.setdefault(row.run, {})[row.metric] = row
    points = []
    for level in LEVELS:
        for score, benchmark in STANDS_FOR.items():
            for source, name in SOURCES.items():
                panel = (scale, score, source, level)
                # Of published models, the benchmark's own score as it was published.
                for y_name in (f"{score}_accuracy", benchmark):
                    points += _points(panel, by_run, f"{name}_{level}", y_name, 100.0)
        panel = (scale, "rate", AGREEMENT, level)
        estimated, true = (f"{SOURCES[source]}_{level}" for source in ("estimated", "true"))
        points += _points(panel, by_run, true, estimated, 1.0)
    return points


def _points(
    panel: tuple[str, str, str, str],
    by_run: Mapping[str, Mapping[str, Metric]],
    x_name: str,
    y_name: str,
    scaled: float,
) -> list[ZooPoint]:
    found = []
    for run, rows in by_run.items():
        if x_name not in rows or y_name not in rows:
            continue
        x, y = rows[x_name], rows[y_name]
        rates = [name.removeprefix("neg_log_") for name in (x_name, y_name)]
        zero = any(rate in rows and rows[rate].value == 0 for rate in rates)
        ys = (round(scaled * value, 6) for value in (y.value, y.low, y.high))
        found.append(ZooPoint(*panel, run, x.value, x.low, x.high, *ys, int(zero)))
    return found


def reported_points(values: Mapping[tuple[str, str], str], scale: str) -> list[ZooPoint]:
    """The paper's points from table 3's printed cells by (row, column), rates in percent."""
    points = []
    for level in LEVELS:
        for score, column in STANDS_FOR.items():
            for row, name in values:
                rate = values.get((row, f"hallucination_{level}"))
                if name == column and rate:
                    x = round(-math.log(float(rate) / 100), 6)
                    bounds = (math.nan, math.nan)
                    panel = (scale, score, "reported", level, row)
                    points.append(
                        ZooPoint(*panel, x, *bounds, float(values[row, name]), *bounds, 0)
                    )
    return points


def zoo_fits(points: Sequence[ZooPoint]) -> list[ZooFit]:
    """A line for each panel that has points enough for one.

    What replaces a rate of 0 depends on the number of tokens alone. Between two rates, whose
    logarithms may be near each other but for it, it would decide the line: it is left out there.
    """
    panels: dict[tuple[str, str, str, str], list[ZooPoint]] = {}
    for point in points:
        if point.zero and point.source == AGREEMENT:
            continue
        panels.setdefault((point.scale, point.score, point.source, point.level), []).append(point)
    found = {
        panel: correlate([point.x for point in own], [point.y for point in own])
        for panel, own in panels.items()
    }
    drawn = {panel: fit for panel, fit in found.items() if fit is not None}
    adjusted = _adjusted(drawn)
    return [
        _row(panel, fit, [point.model for point in panels[panel]], adjusted.get(panel, math.nan))
        for panel, fit in drawn.items()
    ]


def _adjusted(fits: Mapping[tuple[str, str, str, str], Correlation]) -> dict[tuple, float]:
    """Holm over the panels of one level whose points are ours and whose y is a score."""
    adjusted: dict[tuple, float] = {}
    for level in LEVELS:
        own = [panel for panel in fits if panel[3] == level and panel[2] in SOURCES]
        p_values = holm([fits[panel].p_value for panel in own])
        adjusted |= dict(zip(own, p_values, strict=True))
    return adjusted


def _row(
    panel: tuple[str, str, str, str], fit: Correlation, models: Sequence[str], p_holm: float
) -> ZooFit:
    (low, low_at), (high, high_at) = fit.without_low, fit.without_high
    numbers = (fit.slope, fit.slope_low, fit.slope_high, fit.intercept, fit.r, fit.r_low,
               fit.r_high, fit.p_value, p_holm)  # fmt: skip
    return ZooFit(
        *panel,
        fit.n,
        *(float(f"{number:.6g}") for number in numbers),
        r_without_low=round(low, 6),
        r_without_low_model=models[low_at],
        r_without_high=round(high, 6),
        r_without_high_model=models[high_at],
    )
