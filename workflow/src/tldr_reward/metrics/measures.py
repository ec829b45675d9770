"""Everything that is measured of one run on one split, in a fixed order."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tldr_reward.metrics import accuracy
from tldr_reward.metrics.intervals import (
    Estimate,
    estimate_average_precision,
    estimate_mean,
    image_weights,
)
from tldr_reward.metrics.items import ScoredResponses
from tldr_reward.metrics.precision import average_precision, precision_recall, rank, thin
from tldr_reward.metrics.rows import CurvePoint, ResponseOutcome
from tldr_reward.records import Metric


@dataclasses.dataclass(frozen=True)
class Run:
    """What identifies a measured run in every row of its files."""

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str


def measure(
    responses: ScoredResponses, threshold: float, resamples: int, seed: int
) -> dict[str, Estimate]:
    """All metrics of one run, as shares from 0 to 1, with bootstrap intervals over images.

    Overall numbers are of task `caption` alone, as in the paper. A metric without an item (no
    bad token, no flagged token) is left out. A response-level run has response metrics alone.
    """
    weights = image_weights(len(responses.image_ids), resamples, seed)
    estimates = _response_metrics(responses, threshold, weights)
    if not responses.response_level:
        estimates |= _token_metrics(responses, threshold, weights)
    return estimates


def metric_rows(run: Run, estimates: dict[str, Estimate]) -> list[Metric]:
    """Rows of the metrics CSV, rounded to 6 decimals so that they are stable to the byte."""
    return [
        Metric(
            **dataclasses.asdict(run),
            metric=name,
            value=round(estimate.value, 6),
            low=round(estimate.low, 6),
            high=round(estimate.high, 6),
            n=estimate.n,
        )
        for name, estimate in estimates.items()
    ]


def threshold_row(run: Run, threshold: float, n: int) -> Metric:
    """The threshold in use as a row, chosen on `n` responses (0: given, not chosen)."""
    value = significant(threshold)
    return Metric(
        **dataclasses.asdict(run), metric="threshold", value=value, low=value, high=value, n=n
    )


def significant(value: float) -> float:
    """Six significant digits: likelihoods of 1e-8 would vanish in six decimals."""
    return float(f"{value:.6g}")


def outcomes(run: Run, responses: ScoredResponses, threshold: float) -> list[ResponseOutcome]:
    """Gold and predicted label of each response of task `caption`."""
    predicted = accuracy.predicted_responses(
        responses, accuracy.predicted_tokens(responses, threshold)
    )
    return [
        ResponseOutcome(
            **dataclasses.asdict(run),
            caption_id=responses.caption_ids[row],
            image_id=responses.image_ids[responses.image_of[row]],
            taxonomy=str(responses.taxonomies[row]),
            gold_good=int(responses.gold_good[row]),
            predicted_good=int(predicted[row]),
        )
        for row in np.flatnonzero(responses.tasks == "caption")
    ]


def curve(run: Run, responses: ScoredResponses, threshold: float, points: int) -> list[CurvePoint]:
    """Precision-recall of bad tokens in captions, at most `points`; none without bad tokens."""
    chosen = responses.tasks[responses.response_of] == "caption"
    bad, p_good = ~responses.token_good[chosen], responses.p_good[chosen]
    if responses.response_level or not bad.any():
        return []
    ranking = rank(bad, -p_good)
    precision, recall = precision_recall(ranking)
    base_rate, average = round(float(bad.mean()), 6), round(average_precision(ranking), 6)
    # The last step that the threshold still flags; none is flagged when the first is above it.
    operating = int(np.count_nonzero(-ranking.scores <= threshold)) - 1
    return [
        CurvePoint(
            **dataclasses.asdict(run),
            threshold=significant(-ranking.scores[step]),
            recall=round(float(recall[step]), 6),
            precision=round(float(precision[step]), 6),
            operating=int(step == operating),
            base_rate=base_rate,
            average_precision=average,
        )
        for step in thin(recall, points, max(operating, 0))
    ]


def _response_metrics(
    responses: ScoredResponses, threshold: float, weights: np.ndarray
) -> dict[str, Estimate]:
    predicted = accuracy.predicted_responses(
        responses, accuracy.predicted_tokens(responses, threshold)
    )
    right = predicted == responses.gold_good
    captions = np.flatnonzero(responses.tasks == "caption")
    gold = responses.gold_good[captions]

    def mean(values: np.ndarray, rows: np.ndarray) -> Estimate:
        return estimate_mean(
            values[rows].astype(float),
            responses.image_of[rows],
            weights,
            strata=responses.gold_good[rows],
        )

    estimates = {"response_accuracy": mean(right, captions)}
    for name, rows in (("originals", captions[gold]), ("negatives", captions[~gold])):
        if len(rows):
            estimates[f"flagged_{name}"] = mean(~predicted, rows)
    for group, negatives in _groups(responses):
        # Each negative comes with its original, so that half of a group is good.
        parents = responses.parent_of[negatives]
        pairs = np.concatenate([negatives, parents[parents >= 0]])
        estimates[f"response_accuracy/{group}"] = mean(right, pairs)
        estimates[f"flagged_negatives/{group}"] = mean(~predicted, negatives)
    return estimates


def _token_metrics(
    responses: ScoredResponses, threshold: float, weights: np.ndarray
) -> dict[str, Estimate]:
    predicted = accuracy.predicted_tokens(responses, threshold)
    captions = np.flatnonzero(responses.tasks == "caption")
    tokens = np.flatnonzero(responses.tasks[responses.response_of] == "caption")
    image_of_token = responses.image_of[responses.response_of]
    good, p_good = responses.token_good, responses.p_good

    def mean(values: np.ndarray, rows: np.ndarray, image_of: np.ndarray) -> Estimate:
        return estimate_mean(values[rows].astype(float), image_of[rows], weights)

    def ap(positive: np.ndarray, score: np.ndarray) -> Estimate:
        ranking = rank(positive[tokens], score[tokens])
        return estimate_average_precision(ranking, image_of_token[tokens], weights)

    image_of = responses.image_of
    estimates = {
        "token_accuracy": mean(accuracy.token_shares(responses, predicted), captions, image_of),
        "sentence_accuracy": mean(
            accuracy.sentence_shares(responses, predicted), captions, image_of
        ),
        "bad_token_share": mean(~good, tokens, image_of_token),
    }
    bad_tokens, flagged = tokens[~good[tokens]], tokens[~predicted[tokens]]
    if len(bad_tokens):
        # -p ranks as 1 - p does, without its rounding of tiny probabilities to one value.
        estimates["map_neg"] = ap(~good, -p_good)
        estimates["token_recall"] = mean(~predicted, bad_tokens, image_of_token)
    if len(bad_tokens) < len(tokens):
        estimates["map_pos"] = ap(good, p_good)
    if len(flagged):
        estimates["token_precision"] = mean(~good, flagged, image_of_token)
    for group, negatives in _groups(responses):
        rows = np.flatnonzero(np.isin(responses.response_of, negatives) & ~good)
        if len(rows):
            estimates[f"token_recall/{group}"] = mean(~predicted, rows, image_of_token)
    return estimates


def _groups(responses: ScoredResponses) -> Iterator[tuple[str, np.ndarray]]:
    """Taxonomies in alphabetical order, then `vqa`, with the rows of their negatives."""
    captions = (responses.tasks == "caption") & ~responses.gold_good
    for taxonomy in sorted(set(responses.taxonomies[captions].tolist()) - {""}):
        yield taxonomy, np.flatnonzero(captions & (responses.taxonomies == taxonomy))
    answers = np.flatnonzero((responses.tasks == "vqa") & ~responses.gold_good)
    if len(answers):
        yield "vqa", answers
