"""Baselines: every token good, a coin, and a threshold for a model that was never trained to."""

from collections.abc import Sequence

import numpy as np

from tldr_reward.metrics.items import ScoredResponses
from tldr_reward.records import CaptionRecord, ScoreRecord
from tldr_reward.spans import word_spans


def all_positive_scores(
    captions: Sequence[CaptionRecord], scores: Sequence[ScoreRecord] | None = None
) -> list[ScoreRecord]:
    """P(good) = 1 everywhere, on the tokens of another run's scores or else on words."""
    if scores is None:
        offsets = {caption.caption_id: word_spans(caption.text) for caption in captions}
    else:
        offsets = {score.caption_id: score.offsets for score in scores}
    return [
        ScoreRecord(caption_id, "all_positive", tuple(tokens), (1.0,) * len(tokens))
        for caption_id, tokens in offsets.items()
    ]


def random_scores(captions: Sequence[CaptionRecord], seed: int) -> list[ScoreRecord]:
    """A fair coin for each response, in order of caption_id: P(good) is 0 or 1."""
    rng = np.random.default_rng(seed)
    ordered = sorted(captions, key=lambda caption: caption.caption_id)
    coins = rng.integers(0, 2, size=len(ordered))
    return [
        ScoreRecord(caption.caption_id, "random", (word_spans(caption.text)[-1],), (float(coin),))
        for caption, coin in zip(ordered, coins, strict=True)
    ]


def best_threshold(responses: ScoredResponses) -> float:
    """The threshold on token probabilities with the best response accuracy on captions.

    A response is good when its lowest probability is above the threshold, so accuracy only
    changes at those. Of equally good thresholds, the middle of the lowest range (on a
    logarithmic scale: token likelihoods span orders of magnitude).
    """
    lowest = np.ones(len(responses.caption_ids))
    np.minimum.at(lowest, responses.response_of, responses.p_good)
    captions = responses.tasks == "caption"
    lowest, gold = lowest[captions], responses.gold_good[captions]
    steps = np.unique(lowest)
    # Candidate k flags every response up to steps[k - 1]; none is flagged at candidate 0, which
    # no threshold reaches when a probability is 0.
    first = 1 if steps[0] == 0 else 0
    levels = np.append(-1.0, steps)[first:]
    right = np.sum((lowest[None, :] > levels[:, None]) == gold[None, :], axis=1)
    begin = int(np.argmax(right))
    end = begin + 1
    while end < len(right) and right[end] == right[begin]:
        end += 1
    start = levels[begin] if levels[begin] >= 0 else steps[0] / 2
    stop = levels[end] if end < len(levels) else 1.0
    middle = float(np.sqrt(start * stop))
    return middle if middle < stop else float(start)
