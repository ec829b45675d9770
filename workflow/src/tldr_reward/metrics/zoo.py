"""Everything that is measured of one model of the zoo, and the example that figure 3 shows."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tldr_reward.metrics.hallucination import measure_level, shares
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights, wilson
from tldr_reward.metrics.judged import LEVELS, JudgedResponses, unjudged
from tldr_reward.metrics.measures import Run
from tldr_reward.records import AnswerVerdict, CaptionRecord, Judgement, ScoreRecord
from tldr_reward.spans import overlaps, sentence_indices


@dataclasses.dataclass(frozen=True)
class ExampleToken:
    """One scored token of a caption, for a figure; `judged` and `bad` are the oracle's (1, 0)."""

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str
    caption_id: str
    start: int
    end: int
    token: str
    sentence: int
    p_good: float
    flagged: int
    judged: int
    bad: int


def measure_zoo(
    units: Mapping[str, JudgedResponses],
    calibration: Mapping[str, JudgedResponses],
    resamples: int,
    seed: int,
) -> dict[str, Estimate]:
    """Rates of every level, and how long and how parseable the captions are; none without any."""
    if not len(units["token"].flagged):
        return {}
    found: dict[str, Estimate] = {}
    for level in LEVELS:
        found |= measure_level(level, units[level], calibration[level], resamples, seed)
    tokens, sentences = units["token"], units["sentence"]
    weights = image_weights(len(tokens.image_ids), resamples, seed)
    lengths = np.bincount(tokens.response_of, minlength=len(tokens.image_of)).astype(float)
    found["caption_tokens"] = _mean_length(lengths, tokens.image_of, weights)
    found["unparsed_sentences"] = estimate_mean(
        (~sentences.judged).astype(float), sentences.image_of[sentences.response_of], weights
    )
    return found


def _mean_length(lengths: np.ndarray, image_of: np.ndarray, weights: np.ndarray) -> Estimate:
    """Lengths have no upper bound, as `estimate_mean` expects of what it averages."""
    most = lengths.max()
    share = estimate_mean(lengths / most, image_of, weights)
    scaled = (share.value * most, share.low * most, share.high * most)
    if lengths.min() == most:  # every caption as long as every other
        scaled = (most, most, most)
    return Estimate(*map(float, scaled), share.n, share.draws * most)


def measure_answers(
    verdicts: Sequence[AnswerVerdict], resamples: int, seed: int
) -> dict[str, Estimate]:
    """Accuracy and share of unparsed answers of each question set; unparsed ones are wrong."""
    found = {}
    for name in dict.fromkeys(verdict.question_set for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.question_set == name]
        images = {image: row for row, image in enumerate(sorted({v.image_id for v in own}))}
        image_of = np.array([images[verdict.image_id] for verdict in own])
        weights = image_weights(len(images), resamples, seed)
        for metric, values in (
            ("accuracy", [verdict.correct for verdict in own]),
            ("unparsed", [not verdict.parsed for verdict in own]),
        ):
            found[f"{name}_{metric}"] = estimate_mean(
                np.array(values, dtype=float), image_of, weights
            )
    return found


def counted_share(count: int, n: int) -> Estimate:
    """A share of independent items with Wilson's interval."""
    return Estimate(count / n, *wilson(count, n), n, np.full(1, count / n))


def example_caption(
    run: Run,
    captions: Sequence[CaptionRecord],
    scores: Sequence[ScoreRecord],
    judgements: Sequence[Judgement] | None,
    tokens: JudgedResponses,
    threshold: float,
) -> list[ExampleToken]:
    """Tokens of the caption whose estimated rate is the median of those with a flagged token.

    Of an even number the lower, of equal rates the first id: the choice is nobody's. Without a
    flagged token anywhere it is the median of all captions; without a caption there is none.
    """
    rates = shares(tokens, tokens.flagged, np.ones_like(tokens.flagged))
    pool = [row for row in range(len(captions)) if rates[row] > 0] or list(range(len(captions)))
    if not pool:
        return []
    ranked = sorted(pool, key=lambda row: (rates[row], captions[row].caption_id))
    caption = captions[ranked[(len(ranked) - 1) // 2]]
    score = next(score for score in scores if score.caption_id == caption.caption_id)
    known = judgements if judgements is not None else [unjudged(caption)]
    judgement = next(found for found in known if found.caption_id == caption.caption_id)
    within = sentence_indices(score.offsets, caption.text)
    return [
        ExampleToken(
            **dataclasses.asdict(run),
            caption_id=caption.caption_id,
            start=start,
            end=end,
            token=caption.text[start:end],
            sentence=sentence,
            p_good=p_good,
            flagged=int(p_good <= threshold),
            judged=int(overlaps((start, end), judgement.judged_spans)),
            bad=int(overlaps((start, end), judgement.bad_spans)),
        )
        for (start, end), p_good, sentence in zip(score.offsets, score.p_good, within, strict=True)
    ]
