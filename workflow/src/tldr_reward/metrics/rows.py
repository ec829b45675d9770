"""The rows that metrics leave in CSV files beside `records.Metric`."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class CurvePoint:
    """One point of a run's precision-recall curve, bad tokens being the positive class.

    Tokens with P(good) <= threshold are flagged; `operating` is 1 at the threshold in use.
    `base_rate` (share of bad tokens) and `average_precision` are the whole curve's.
    """

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str
    threshold: float
    recall: float
    precision: float
    operating: int
    base_rate: float
    average_precision: float


@dataclasses.dataclass(frozen=True)
class ResponseOutcome:
    """One caption's gold and predicted label (1 good, 0 bad), for paired comparisons of runs."""

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str
    caption_id: str
    image_id: str
    taxonomy: str
    gold_good: int
    predicted_good: int


@dataclasses.dataclass(frozen=True)
class BenchmarkOutcome:
    """How one model at one tau answered one benchmark item.

    `answer` is the right option and `meaning` what it stands for. `text` is what was said,
    `parsed` the option that this chooses ("" if none), `constrained` the likeliest one; `right`
    and `constrained_right` are 1 where those are the right one.
    """

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    tau: float
    benchmark: str
    item_id: str
    answer: str
    meaning: str
    text: str
    parsed: str
    right: int
    constrained: str
    constrained_right: int


@dataclasses.dataclass(frozen=True)
class ReliabilityBin:
    """Tokens with about the same P(bad): the mean of it, and the share that is bad.

    `calibrated` is 1 where P(bad) is the calibrated one; `low` to `high` is the share's interval.
    """

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str
    calibrated: int
    predicted: float
    observed: float
    low: float
    high: float
    n: int


@dataclasses.dataclass(frozen=True)
class OperatingPoint:
    """What a threshold finds on labelled captions, at one level (token, sentence, response).

    `recall` is the share of `bad` units that are flagged, `false_alarm` that of `good` ones; each
    with a 95% interval.
    """

    level: str
    threshold: float
    recall: float
    recall_low: float
    recall_high: float
    false_alarm: float
    false_alarm_low: float
    false_alarm_high: float
    bad: int
    good: int
