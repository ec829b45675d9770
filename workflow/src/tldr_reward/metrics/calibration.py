"""Calibration: P(good) as a probability that can be read as one, and how far off it is.

Training weighs tokens that are hard to tell more than others, and half of the captions hold an
error: what the head gives is no share of good tokens. A line through its log-odds, fitted on
validation data, puts that right and keeps the order of tokens.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights, percentiles
from tldr_reward.metrics.items import ScoredResponses
from tldr_reward.metrics.measures import Run
from tldr_reward.metrics.rows import ReliabilityBin

# Log-odds of single-precision probabilities end here.
_SMALLEST = 1e-7
_BINS = 15  # of the expected calibration error, equally wide (Guo et al., 2017)
# Edges of the reliability figure's bins, in P(bad): most tokens lie near 0.
_EDGES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
_STEPS, _CONVERGED, _RIDGE = 100, 1e-10, 1e-9


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Log-odds that a token is good, calibrated: (log-odds + `shift`) / `temperature`.

    `temperature` > 0; a shift of 0 is temperature scaling (Guo et al., 2017), with a shift it is
    Platt's (1999) line. `base_rate` is the share of bad tokens where it was fitted, if it was.

    >>> Calibration(temperature=1.0, shift=0.0).probability(0.25)
    0.25
    >>> round(Calibration(1.0, 0.0, base_rate=0.02).at_base_rate(0.002).probability(0.25), 3)
    0.772
    """

    temperature: float = 1.0
    shift: float = 0.0
    base_rate: float | None = None

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature + self.shift)):
            raise InputError(
                f"calibration of temperature {self.temperature} and shift {self.shift}; a "
                "temperature above 0 and a finite shift are needed"
            )

    def at_base_rate(self, base_rate: float) -> "Calibration":
        """The calibration where another share of tokens is bad (Saerens et al., 2002).

        Bad tokens are taken to look as they did where it was fitted, and good ones too: log-odds
        change by those of the base rates. InputError for what was never fitted.
        """
        check_base_rate(base_rate)
        if self.base_rate is None:
            raise InputError("this reward model is not calibrated; a base rate changes nothing")
        change = _odds(self.base_rate) - _odds(base_rate)
        return Calibration(self.temperature, self.shift + self.temperature * change, base_rate)

    def probability(self, p_good: float) -> float:
        """The calibrated probability of a P(good)."""
        return float(self.probabilities(np.array([p_good]))[0])

    def probabilities(self, p_good: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of P(good) (N,)."""
        odds = (log_odds(p_good) + self.shift) / self.temperature
        return np.where(odds < 0, np.exp(-np.abs(odds)), 1.0) / (1 + np.exp(-np.abs(odds)))


def check_base_rate(base_rate: float) -> None:
    """InputError unless a base rate lies between 0 and 1."""
    if not 0 < base_rate < 1:
        raise InputError(f"base rate {base_rate}; allowed: above 0 and below 1")


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def log_odds(p_good: np.ndarray) -> np.ndarray:
    """Log-odds of probabilities (N,), finite also for 0 and 1."""
    clipped = np.clip(p_good, _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)


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
