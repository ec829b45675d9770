"""The baselines and the threshold that is chosen on validation captions."""

import numpy as np
import pytest

from tldr_reward.metrics.baselines import all_positive_scores, best_threshold, random_scores
from tldr_reward.metrics.items import join
from tldr_reward.records import CaptionRecord, ScoreRecord


def test_all_positive_takes_its_tokens_from_other_scores_or_from_words(captions):
    other = [ScoreRecord("a0", "m", ((0, 5), (5, 18)), (0.1, 0.2))]
    (record,) = all_positive_scores(captions, other)
    assert record == ScoreRecord("a0", "all_positive", ((0, 5), (5, 18)), (1.0, 1.0))
    by_words = all_positive_scores(captions)
    assert [len(record.p_good) for record in by_words] == [7, 7, 3, 3]


def test_the_coin_is_fair_seeded_and_blind_to_the_order_of_captions():
    captions = [
        CaptionRecord(f"c{index:04d}", "A", "?", "a red ball.", "caption", "original", bad_spans=())
        for index in range(2000)
    ]
    first = random_scores(captions, seed=0)
    assert first == random_scores(list(reversed(captions)), seed=0)
    assert first != random_scores(captions, seed=1)
    heads = sum(record.p_good[0] for record in first)
    assert 900 < heads < 1100
    assert first[0].offsets == ((10, 11),)


def joined_with(lowest, gold):
    """Responses whose lowest probability and label are given."""
    captions = [
        CaptionRecord(f"c{i}", "A", "?", "a b", "caption", "original",
                      bad_spans=() if good else ((0, 1),))
        for i, good in enumerate(gold)
    ]  # fmt: skip
    scores = [ScoreRecord(f"c{i}", "m", ((0, 1), (2, 3)), (0.999, p)) for i, p in enumerate(lowest)]
    return join(captions, scores)


@pytest.mark.parametrize(
    ("lowest", "gold", "expected"),
    [
        # Bad up to 0.01, good from 0.04: the middle of the range, on a logarithmic scale.
        ([0.001, 0.01, 0.04, 0.5], [False, False, True, True], 0.02),
        # All good: below the lowest.
        ([0.2, 0.4], [True, True], 0.2 / 2**0.5),
        # All bad: between the highest and 1.
        ([0.04, 0.25], [False, False], 0.5),
        # Two equally good ranges, [0.1, 0.2) and [0.4, 0.8): the lower.
        ([0.1, 0.2, 0.4, 0.8], [False, True, False, True], 0.02**0.5),
        # A probability of 0 cannot be passed by any threshold.
        ([0.0, 0.3], [True, True], 0.0),
    ],
)
def test_threshold_with_the_best_response_accuracy(lowest, gold, expected):
    assert best_threshold(joined_with(lowest, gold)) == pytest.approx(expected)


def test_no_other_threshold_is_better():
    rng = np.random.default_rng(7)
    for _ in range(20):
        gold = rng.random(40) < 0.5
        lowest = np.where(gold, rng.beta(2, 2, 40), rng.beta(2, 4, 40)).round(2)
        chosen = best_threshold(joined_with(lowest, gold))
        best = max(np.mean((lowest > t) == gold) for t in np.linspace(0, 1, 2001))
        assert np.mean((lowest > chosen) == gold) == best
