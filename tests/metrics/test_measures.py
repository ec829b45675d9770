"""All metrics of a run on the hand-worked example, and the rows that they become."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tldr_reward.metrics.items import join
from tldr_reward.metrics.measures import (
    Run,
    curve,
    measure,
    metric_rows,
    outcomes,
    threshold_row,
)
from tldr_reward.records import CaptionRecord, ScoreRecord

RUN = Run("p/tldr/seed0", "p", "tldr", "mini", "0", "test")


def test_every_metric_of_the_example(captions, scores):
    estimates = measure(join(captions, scores), threshold=0.5, resamples=20, seed=0)
    found = {name: (round(estimate.value, 6), estimate.n) for name, estimate in estimates.items()}
    assert found == {
        "response_accuracy": (0.5, 4),
        "flagged_originals": (0.5, 2),
        "flagged_negatives": (0.5, 2),
        "response_accuracy/counting": (0.5, 2),
        "flagged_negatives/counting": (0.0, 1),
        "response_accuracy/visual_attribute": (0.5, 2),
        "flagged_negatives/visual_attribute": (1.0, 1),
        "token_accuracy": (0.880952, 4),  # (6/7 + 1 + 1 + 2/3) / 4
        "sentence_accuracy": (0.625, 4),  # (1/2 + 1 + 1 + 0) / 4
        "bad_token_share": (0.1, 20),
        "map_neg": (0.833333, 20),  # .2 bad, .4 good, .6 bad: (1 + 2/3) / 2
        "token_recall": (0.5, 2),
        "map_pos": (0.997076, 20),  # 17 good, .6 bad, .4 good: 17/18 + 1/18 * 18/19
        "token_precision": (0.5, 2),
        "token_recall/counting": (0.0, 1),
        "token_recall/visual_attribute": (1.0, 1),
    }


def test_average_precisions_equal_scikit_learns_on_pooled_tokens(captions, scores):
    joined = join(captions, scores)
    estimates = measure(joined, threshold=0.5, resamples=2, seed=0)
    expected = average_precision_score(joined.token_good, joined.p_good)
    assert estimates["map_pos"].value == pytest.approx(expected)
    expected = average_precision_score(~joined.token_good, 1 - joined.p_good)
    assert estimates["map_neg"].value == pytest.approx(expected)


def test_a_response_level_run_has_response_metrics_alone(captions, response_scores):
    joined = join(captions, response_scores)
    estimates = measure(joined, threshold=0.5, resamples=20, seed=0)
    assert {name.split("/")[0] for name in estimates} == {
        "response_accuracy",
        "flagged_originals",
        "flagged_negatives",
    }
    assert estimates["response_accuracy"].value == 0.5
    assert curve(RUN, joined, 0.5, 400) == []


def test_questions_have_their_own_rows_and_touch_no_other(captions, scores):
    right = CaptionRecord("q0", "A", "how many?", "two", "vqa", "original", bad_spans=())
    wrong = dataclasses.replace(
        right, caption_id="q1", text="six", origin="perturbed", parent_id="q0", bad_spans=((0, 3),)
    )
    answers = [
        ScoreRecord("q0", "m", ((0, 3),), (0.9,)),
        ScoreRecord("q1", "m", ((0, 3),), (0.1,)),
    ]
    plain = measure(join(captions, scores), 0.5, 20, 0)
    both = measure(join([*captions, right, wrong], [*scores, *answers]), 0.5, 20, 0)
    assert set(both) - set(plain) == {
        "response_accuracy/vqa",
        "flagged_negatives/vqa",
        "token_recall/vqa",
    }
    assert both["response_accuracy/vqa"].value == 1.0
    assert metric_rows(RUN, {name: both[name] for name in plain}) == metric_rows(RUN, plain)


def test_a_split_without_errors_leaves_out_what_is_undefined(captions, scores):
    originals, kept = [captions[0], captions[2]], [scores[0], scores[2]]
    estimates = measure(join(originals, kept), 0.5, 20, 0)
    assert set(estimates) == {
        "response_accuracy",
        "flagged_originals",
        "token_accuracy",
        "sentence_accuracy",
        "bad_token_share",
        "map_pos",
        "token_precision",
    }
    assert estimates["map_pos"].value == 1.0


def test_the_threshold_moves_predictions_but_no_average_precision(captions, scores):
    joined = join(captions, scores)
    high, low = measure(joined, 0.7, 20, 0), measure(joined, 0.3, 20, 0)
    assert (high["token_recall"].value, low["token_recall"].value) == (1.0, 0.5)
    assert (high["flagged_originals"].value, low["flagged_originals"].value) == (0.5, 0.0)
    assert high["map_neg"].value == low["map_neg"].value


def test_rows_are_rounded_and_the_same_every_time(captions, scores):
    joined = join(captions, scores)
    rows = metric_rows(RUN, measure(joined, 0.5, 50, seed=0))
    assert rows == metric_rows(RUN, measure(joined, 0.5, 50, seed=0))
    assert all(
        row.value == round(row.value, 6) and row.low <= row.value <= row.high for row in rows
    )
    row = threshold_row(RUN, 3.14159265e-08, n=10)
    assert (row.metric, row.value, row.n) == ("threshold", 3.14159e-08, 10)


def test_outcomes_are_of_captions_only(captions, scores):
    rows = outcomes(RUN, join(captions, scores), 0.5)
    found = [(row.caption_id, row.taxonomy, row.gold_good, row.predicted_good) for row in rows]
    assert found == [
        ("a0", "", 1, 0),
        ("a1", "visual_attribute", 0, 0),
        ("b0", "", 1, 1),
        ("b1", "counting", 0, 1),
    ]
    assert [row.image_id for row in rows] == ["A", "A", "B", "B"]


def test_the_curve_of_the_example(captions, scores):
    points = curve(RUN, join(captions, scores), threshold=0.5, points=400)
    found = [(p.threshold, p.recall, p.precision, p.operating) for p in points]
    assert found == [
        (0.2, 0.5, 1.0, 0),
        (0.4, 0.5, 0.5, 1),  # what 0.5 flags: `blue` and the false alarm
        (0.6, 1.0, 0.666667, 0),
        (0.8, 1.0, 0.25, 0),
        (0.9, 1.0, 0.1, 0),
    ]
    assert {(p.base_rate, p.average_precision) for p in points} == {(0.1, 0.833333)}
    # Nothing is flagged at all below the lowest probability.
    assert not any(p.operating for p in curve(RUN, join(captions, scores), 0.1, 400))


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """A run that is right on 70% of responses, images differing: 95% intervals over 200 worlds."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        chance = np.repeat(rng.beta(7, 3, size=60), 4)
        captions = [
            CaptionRecord(f"c{i:03d}", f"i{i // 4}", "?", "a b", "caption", "original",
                          bad_spans=())
            for i in range(240)
        ]  # fmt: skip
        right = rng.random(240) < chance
        scores = [
            ScoreRecord(f"c{i:03d}", "m", ((2, 3),), (0.9 if good else 0.1,))
            for i, good in enumerate(right)
        ]
        estimate = measure(join(captions, scores), 0.5, 300, seed)["response_accuracy"]
        covered += estimate.low <= 0.7 <= estimate.high
    assert 180 <= covered <= 198
