"""Precision, recall and average precision over pooled tokens (mAP of section 3)."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Ranking:
    """N items from the most to the least positive; equal scores form one step.

    `order` (N,) sorts the items, `positive` (N,) bool is in that order, `ends` (K,) are the
    positions of the last item of each step, `scores` (K,) the steps' scores.
    """

    order: np.ndarray
    positive: np.ndarray
    ends: np.ndarray
    scores: np.ndarray


def rank(positive: np.ndarray, score: np.ndarray) -> Ranking:
    """Rank items by falling score; sorted once, a ranking serves every resample."""
    order = np.argsort(-score, kind="stable")
    sorted_scores = score[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_scores)), len(order) - 1)
    return Ranking(order, positive[order], ends, sorted_scores[ends])


def precision_recall(
    ranking: Ranking, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at each step, (K,) each; `weights` (N,), ranked, count the items.

    Recall is NaN without a positive item; precision is 0 where nothing is counted yet.
    """
    weights = np.ones(len(ranking.order)) if weights is None else weights
    counted = np.cumsum(weights)[ranking.ends]
    hits = np.cumsum(weights * ranking.positive)[ranking.ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(counted > 0, hits / counted, 0.0)
        recall = hits / hits[-1]
    return precision, recall


def average_precision(ranking: Ranking, weights: np.ndarray | None = None) -> float:
    """Sum over steps of (rise in recall) x precision; NaN without a positive item."""
    precision, recall = precision_recall(ranking, weights)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def thin(recall: np.ndarray, points: int, keep: int) -> np.ndarray:
    """Indices of at most `points` steps, spread evenly over recall; the ends and `keep` stay."""
    if len(recall) <= points:
        return np.arange(len(recall))
    targets = np.linspace(recall[0], recall[-1], points - 3)
    # The last step of a recall is its least precise one: a thinned curve never flatters.
    spread = np.minimum(np.searchsorted(recall, targets, side="right"), len(recall)) - 1
    return np.unique([0, keep, len(recall) - 1, *spread])
