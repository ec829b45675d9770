"""Hallucination rates of many scored captions (eq. 7), with 95% intervals."""

import dataclasses
from collections.abc import Iterable

from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError
from tldr_reward.metrics.hallucination import estimated_rate
from tldr_reward.metrics.intervals import image_weights
from tldr_reward.metrics.judged import LEVELS, judged_responses
from tldr_reward.records import CaptionRecord, ScoreRecord


@dataclasses.dataclass(frozen=True)
class Rate:
    """Share of flagged units, averaged over captions; `low` to `high` is its 95% interval.

    `captions` is the number behind it, `units` that of their tokens, sentences or responses.
    """

    value: float
    low: float
    high: float
    captions: int
    units: int


def rates_of(
    scores: Iterable[CaptionScore], threshold: float | None = None, resamples: int = 1000
) -> dict[str, Rate]:
    """Rates by level: token, sentence, response; of a naive model's scores the last alone.

    Without a `threshold` each score's own counts. The intervals are a bootstrap over images, whose
    captions are not independent. They hold sampling error alone: the detector's own errors are in
    the rates. InputError for no score at all, and for thresholds that differ.
    """
    found = list(scores)
    if not found:
        raise InputError("no scored caption: a rate needs at least one")
    if len(used := {score.threshold for score in found}) > 1 and threshold is None:
        raise InputError(f"scores with the thresholds {sorted(used)}; name the one that counts")
    threshold = found[0].threshold if threshold is None else threshold
    if len(levels := {score.level for score in found}) > 1:
        raise InputError("scores of a naive model among those of a token-level one")
    captions = [
        CaptionRecord(str(row), score.image or str(row), "", score.text, "caption", "generated")
        for row, score in enumerate(found)
    ]
    records = [
        ScoreRecord(str(row), "", score.offsets, score.p_good_of_tokens)
        for row, score in enumerate(found)
    ]
    units = judged_responses(captions, records, None, threshold)
    weights = image_weights(len({caption.image_id for caption in captions}), resamples, 0)
    rates = {}
    for level in LEVELS if levels == {"token"} else LEVELS[-1:]:
        rate = estimated_rate(units[level], weights)
        count = len(units[level].flagged)
        rates[level] = Rate(rate.value, rate.low, rate.high, len(found), count)
    return rates
