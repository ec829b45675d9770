"""Thresholds: what each finds and what it costs, and what that means at a base rate."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import check_base_rate
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights
from tldr_reward.metrics.items import ScoredResponses
from tldr_reward.metrics.rows import OperatingPoint

# At most this many thresholds a level, spread evenly over recall and over false alarms.
_POINTS = 24


@dataclasses.dataclass(frozen=True)
class Share:
    """A share with the interval that the bounds of what it is made from give."""

    value: float
    low: float
    high: float


def operating_points(
    responses: ScoredResponses, resamples: int, seed: int, always: float = 0.5
) -> list[OperatingPoint]:
    """Thresholds of each level from the lowest to the highest; `always` is among them.

    A unit (token, sentence, response) is flagged when its worst token is not above the threshold.
    Intervals are a bootstrap over images. A level without bad, or without good, units is left out.
    """
    weights = image_weights(len(responses.image_ids), resamples, seed)
    image_of = responses.image_of[responses.response_of]
    captions = responses.tasks[responses.response_of] == "caption"
    indices = {
        "token": np.arange(len(responses.p_good)),
        "sentence": responses.sentence_of,
        "response": responses.response_of,
    }
    if responses.response_level:
        indices = {"response": responses.response_of}
    found = []
    for level, index in indices.items():
        _, first, unit = np.unique(index[captions], return_index=True, return_inverse=True)
        worst = np.ones(len(first))
        np.minimum.at(worst, unit, responses.p_good[captions])
        bad = np.bincount(unit, weights=~responses.token_good[captions]) > 0
        images = image_of[captions][first]
        if bad.any() and not bad.all():
            found += _level(level, worst, bad, images, weights, always)
    return found


def _level(
    level: str,
    worst: np.ndarray,
    bad: np.ndarray,
    image_of: np.ndarray,
    weights: np.ndarray,
    always: float,
) -> list[OperatingPoint]:
    shares = np.linspace(0, 1, _POINTS // 2)
    chosen = np.concatenate([np.quantile(worst[bad], shares), np.quantile(worst[~bad], shares)])
    steps = sorted({always, *(float(f"{step:.3g}") for step in chosen)})
    points = []
    for threshold in steps:
        flagged = (worst <= threshold).astype(float)
        recall = estimate_mean(flagged[bad], image_of[bad], weights)
        alarm = estimate_mean(flagged[~bad], image_of[~bad], weights)
        points.append(
            OperatingPoint(
                level, threshold, *_bounds(recall), *_bounds(alarm), int(bad.sum()),
                int((~bad).sum()),
            )
        )  # fmt: skip
    return points


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    return tuple(round(value, 6) for value in (estimate.value, estimate.low, estimate.high))


def precision_at(point: OperatingPoint, base_rate: float) -> Share | None:
    """Share of flagged units that are bad, where `base_rate` of all units are; None for no flag.

    By Bayes' rule: recall and false alarms are taken to be those of the labelled captions, the
    base rate to be another. The interval is of the least and the greatest that their bounds give.
    """
    check_base_rate(base_rate)

    def share(recall: float, alarm: float) -> float:
        found, false = base_rate * recall, (1 - base_rate) * alarm
        return found / (found + false) if found + false else float("nan")

    if not point.recall and not point.false_alarm:
        return None
    return Share(
        share(point.recall, point.false_alarm),
        share(point.recall_low, point.false_alarm_high),
        share(point.recall_high, point.false_alarm_low),
    )


def soundness_at(point: OperatingPoint, base_rate: float) -> Share | None:
    """Share of units that are not flagged which are good, at a base rate; None where all are."""
    check_base_rate(base_rate)

    def share(recall: float, alarm: float) -> float:
        good, missed = (1 - base_rate) * (1 - alarm), base_rate * (1 - recall)
        return good / (good + missed) if good + missed else float("nan")

    if point.recall == 1 and point.false_alarm == 1:
        return None
    return Share(
        share(point.recall, point.false_alarm),
        share(point.recall_low, point.false_alarm_high),
        share(point.recall_high, point.false_alarm_low),
    )


def flagged_at(point: OperatingPoint, base_rate: float) -> float:
    """Share of all units that the threshold flags at a base rate."""
    return base_rate * point.recall + (1 - base_rate) * point.false_alarm


@dataclasses.dataclass(frozen=True)
class Abstention:
    """Flag at or below `flag`, pass above `passing`, say nothing in between.

    `flag` None: no threshold is precise enough to flag by; `passing` None: none is sound enough to
    pass by. `undecided` is the share of units between the two.
    """

    flag: OperatingPoint | None
    passing: OperatingPoint | None
    undecided: float


def abstention(
    points: Sequence[OperatingPoint], base_rate: float, precision: float, soundness: float
) -> Abstention:
    """The thresholds that leave least undecided while verdicts are right often enough.

    Of flagged units a share of `precision` must be bad, of passed ones a share of `soundness`
    good, and the whole of their 95% intervals.
    """
    ordered = sorted(points, key=lambda point: point.threshold)
    if not ordered:
        raise InputError("no operating point at this level")

    def sure(share: Share | None, wanted: float) -> bool:
        return share is not None and share.low >= wanted

    flags = [point for point in ordered if sure(precision_at(point, base_rate), precision)]
    passes = [point for point in ordered if sure(soundness_at(point, base_rate), soundness)]
    flag = flags[-1] if flags else None
    low = flag.threshold if flag else -1.0
    # Passing begins no lower than flagging ends.
    passes = [point for point in passes if point.threshold >= low]
    passing = passes[0] if passes else None
    flagged = flagged_at(flag, base_rate) if flag else 0.0
    passed = 1 - flagged_at(passing, base_rate) if passing else 0.0
    return Abstention(flag, passing, max(0.0, 1 - flagged - passed))
