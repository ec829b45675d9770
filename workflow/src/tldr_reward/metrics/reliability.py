"""How far P(good) is off, the line that puts it right, and how far it is off then."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration, log_odds
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights, percentiles
from tldr_reward.metrics.items import ScoredResponses
from tldr_reward.metrics.measures import Run
from tldr_reward.metrics.rows import ReliabilityBin

_BINS = 15  # of the expected calibration error, equally wide (Guo et al., 2017)
# Edges of the reliability figure's bins, in P(bad): most tokens lie near 0.
_EDGES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
_STEPS, _CONVERGED, _RIDGE = 100, 1e-10, 1e-9


def fitted(responses: ScoredResponses) -> Calibration:
    """The line that makes the labels of captions' tokens likeliest, by Newton's method.

    Labels are Platt's (1999): a hair off 0 and 1, so that the line is finite where all tokens are
    told right. InputError where every token has the same label, or the better ones are scored
    lower: there is nothing to fit then.
    """
    chosen, good, p_good = _units(responses)
    goods, bads = int(good.sum()), int((~good).sum())
    if not goods or not bads:
        raise InputError(f"{goods} good and {bads} bad tokens; to calibrate, both are needed")
    target = np.where(good, (goods + 1) / (goods + 2), 1 / (bads + 2))
    features = np.stack([log_odds(p_good), np.ones(len(chosen))], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        shares = 1 / (1 + np.exp(-np.clip(features @ line, -40, 40)))
        gradient = features.T @ (shares - target)
        weights = shares * (1 - shares)
        curvature = features.T @ (features * weights[:, None]) + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        # Far from the optimum a full step may overshoot.
        line -= step * min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < _CONVERGED:
            break
    slope, intercept = (float(f"{value:.8g}") for value in line)
    if slope <= 0:
        raise InputError("better tokens are scored lower than worse ones: nothing to calibrate")
    base_rate = float(f"{bads / (goods + bads):.6g}")
    return Calibration(float(f"{1 / slope:.8g}"), float(f"{intercept / slope:.8g}"), base_rate)


def calibration_error(
    responses: ScoredResponses, calibration: Calibration, weights: np.ndarray
) -> Estimate:
    """Expected calibration error of captions' tokens over 15 equal bins; bootstrap over images."""
    chosen, good, raw = _units(responses)
    p_good = calibration.probabilities(raw)
    bins = np.minimum((p_good * _BINS).astype(int), _BINS - 1)
    cells = _images(responses)[chosen] * _BINS + bins
    shape = (weights.shape[1], _BINS)
    gaps = np.bincount(cells, weights=p_good - good, minlength=shape[0] * _BINS).reshape(shape)
    counts = np.bincount(cells, minlength=shape[0] * _BINS).reshape(shape)
    draws = np.abs(weights @ gaps).sum(1) / (weights @ counts).sum(1)
    value = float(np.abs(gaps.sum(0)).sum() / len(chosen))
    return Estimate(value, *percentiles(draws), len(chosen), draws)


def brier_score(
    responses: ScoredResponses, calibration: Calibration, weights: np.ndarray
) -> Estimate:
    """Mean squared distance of P(good) from the label; bootstrap over images."""
    chosen, good, raw = _units(responses)
    squared = (calibration.probabilities(raw) - good) ** 2
    return estimate_mean(squared, _images(responses)[chosen], weights)


def measure_calibration(
    responses: ScoredResponses, calibration: Calibration, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Calibration error and Brier score before and after, on data that nothing was fitted on."""
    weights = image_weights(len(responses.image_ids), resamples, seed)
    found = {}
    for suffix, line in (("", Calibration()), ("_calibrated", calibration)):
        found[f"ece{suffix}"] = calibration_error(responses, line, weights)
        found[f"brier{suffix}"] = brier_score(responses, line, weights)
    return found


def reliability(
    run: Run, responses: ScoredResponses, calibration: Calibration, resamples: int, seed: int
) -> list[ReliabilityBin]:
    """Share of bad tokens among those with about the same P(bad), raw and calibrated."""
    chosen, good, raw = _units(responses)
    image_of = _images(responses)[chosen]
    weights = image_weights(len(responses.image_ids), resamples, seed)
    lines: Mapping[int, Calibration] = {0: Calibration(), 1: calibration}
    rows = []
    for calibrated, line in lines.items():
        p_bad = 1 - line.probabilities(raw)
        # 1 - 0.8 is a hair below 0.2.
        place = np.clip(
            np.searchsorted(_EDGES, p_bad.round(9), side="right") - 1, 0, len(_EDGES) - 2
        )
        for index in np.unique(place):
            own = place == index
            share = estimate_mean((~good[own]).astype(float), image_of[own], weights)
            found = (float(p_bad[own].mean()), share.value, share.low, share.high)
            rounded = (round(value, 6) for value in found)
            rows.append(ReliabilityBin(**dataclasses.asdict(run), calibrated=calibrated,
                        **dict(zip(("predicted", "observed", "low", "high"), rounded, strict=True)),
                        n=int(own.sum())))  # fmt: skip
    return rows


def _units(responses: ScoredResponses) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of captions' tokens (N,), their labels and P(good); of a naive run one a response."""
    chosen = np.flatnonzero(responses.tasks[responses.response_of] == "caption")
    return chosen, responses.token_good[chosen], responses.p_good[chosen]


def _images(responses: ScoredResponses) -> np.ndarray:
    return responses.image_of[responses.response_of]
