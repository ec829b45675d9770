"""Hallucination rates (eq. 7): as a detector estimates them, as an oracle knows them, corrected."""

import dataclasses
import math

import numpy as np

from tldr_reward.metrics.intervals import (
    Estimate,
    estimate_mean,
    image_weights,
    percentiles,
    wilson,
)
from tldr_reward.metrics.judged import JudgedResponses

# More resamples than this without a corrected rate: the data do not bound it.
_UNDEFINED = 0.025


@dataclasses.dataclass(frozen=True)
class Detection:
    """A detector's sensitivity and specificity on labelled captions; `draws` (B,) of each.

    `bad` and `good` count the units behind them; a value without units is NaN.
    """

    sensitivity: float
    specificity: float
    sensitivity_draws: np.ndarray
    specificity_draws: np.ndarray
    bad: int
    good: int


def shares(units: JudgedResponses, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Share of each response's chosen units with a value, (R,); NaN for one without such units."""
    rows = len(units.image_of)
    sums = np.bincount(units.response_of[chosen], weights=values[chosen], minlength=rows)
    counts = np.bincount(units.response_of[chosen], minlength=rows)
    with np.errstate(invalid="ignore"):
        return sums / counts


def estimated_rate(units: JudgedResponses, weights: np.ndarray) -> Estimate:
    """The detector's rate: flagged units of each response, averaged over responses (eq. 7)."""
    return _mean(units, shares(units, units.flagged, np.ones_like(units.flagged)), weights)


def true_rate(units: JudgedResponses, weights: np.ndarray) -> Estimate | None:
    """The oracle's rate over the units that it could judge; None where it could judge none."""
    return _mean(units, shares(units, units.bad, units.judged), weights)


def rate_difference(units: JudgedResponses, weights: np.ndarray) -> Estimate | None:
    """Estimated minus true rate on the judged units of the same responses."""
    gaps = shares(units, units.caught, units.judged) - shares(units, units.bad, units.judged)
    rows = ~np.isnan(gaps)
    if not rows.any():
        return None
    images = weights.shape[1]
    sums = np.bincount(units.image_of[rows], weights=gaps[rows], minlength=images)
    counts = np.bincount(units.image_of[rows], minlength=images)
    with np.errstate(invalid="ignore"):
        draws = (weights @ sums) / (weights @ counts)
    low, high = percentiles(draws)
    if not gaps[rows].any():  # no resample could differ: bounded by what may have been missed
        _, high = wilson(0, int(np.count_nonzero(counts)))
        low = -high
    return Estimate(float(gaps[rows].mean()), low, high, int(rows.sum()), draws)


def detection(units: JudgedResponses, weights: np.ndarray) -> Detection:
    """Sensitivity and specificity; each response weighs 1, as in the rates that they correct."""
    per_response = np.bincount(units.response_of[units.judged], minlength=len(units.image_of))
    weight = np.where(units.judged, 1 / np.maximum(1, per_response[units.response_of]), 0.0)
    image_of = units.image_of[units.response_of]

    def share(chosen: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray, int]:
        images = weights.shape[1]
        part = np.where(chosen & units.judged, weight, 0.0)
        hits = np.bincount(image_of, weights=part * right, minlength=images)
        all_ = np.bincount(image_of, weights=part, minlength=images)
        with np.errstate(invalid="ignore"):
            draws = (weights @ hits) / (weights @ all_)
            value = hits.sum() / all_.sum() if all_.any() else math.nan
        return float(value), draws, int((chosen & units.judged).sum())

    sensitivity, sensitivity_draws, bad = share(units.bad, units.caught)
    specificity, specificity_draws, good = share(~units.bad, ~units.caught)
    return Detection(sensitivity, specificity, sensitivity_draws, specificity_draws, bad, good)


def corrected_rate(raw: Estimate, found: Detection) -> Estimate | None:
    """Rogan and Gladen's (1978) rate, clipped to [0, 1]; both samples' errors are in its interval.

    None where sensitivity + specificity <= 1: such a detector says nothing of the rate. Where
    that holds in more than 2.5% of the resamples, the interval is all of [0, 1].
    """
    power = found.sensitivity + found.specificity - 1
    if not power > 0:
        return None
    value = float(np.clip((raw.value + found.specificity - 1) / power, 0, 1))
    powers = found.sensitivity_draws + found.specificity_draws - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = np.clip((raw.draws + found.specificity_draws - 1) / powers, 0, 1)
    draws = np.where(powers > 0, draws, math.nan)
    if np.isnan(draws).mean() > _UNDEFINED:
        return Estimate(value, 0.0, 1.0, raw.n, draws)
    return Estimate(value, *percentiles(draws), raw.n, draws)


def negative_log(rate: Estimate, units: int) -> Estimate:
    """-ln of a rate with its interval (eq. 8); a rate or bound of 0 becomes (0 + 1/2) / (n + 1).

    `units` (n) are those that the rate is of: tokens, sentences or responses.
    """
    least = 0.5 / (units + 1)
    value, low, high = (-math.log(max(part, least)) for part in (rate.value, rate.high, rate.low))
    draws = -np.log(np.maximum(rate.draws, least))
    return Estimate(value, min(low, value), max(high, value), units, draws)


def measure_level(
    level: str, units: JudgedResponses, calibration: JudgedResponses, resamples: int, seed: int
) -> dict[str, Estimate]:
    """All rates of one level, by metric name; what the data do not give is left out."""
    weights = image_weights(len(units.image_ids), resamples, seed)
    raw, true = estimated_rate(units, weights), true_rate(units, weights)
    found: dict[str, Estimate | None] = {
        f"hallucination_{level}": raw,
        f"true_hallucination_{level}": true,
        f"hallucination_difference_{level}": rate_difference(units, weights),
        f"neg_log_hallucination_{level}": negative_log(raw, len(units.flagged)),
    }
    if true is not None:
        judged = int(units.judged.sum())
        found[f"neg_log_true_hallucination_{level}"] = negative_log(true, judged)
    if calibration.judged.any():
        # Other images, so another stream of resamples.
        others = image_weights(len(calibration.image_ids), resamples, seed + 1)
        ability = detection(calibration, others)
        found[f"corrected_hallucination_{level}"] = corrected_rate(raw, ability)
        found |= {
            f"sensitivity_{level}": _ability(
                ability.sensitivity, ability.sensitivity_draws, ability.bad
            ),
            f"specificity_{level}": _ability(
                ability.specificity, ability.specificity_draws, ability.good
            ),
        }
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def _ability(value: float, draws: np.ndarray, n: int) -> Estimate | None:
    if not n:
        return None
    low, high = wilson(value * n, n) if value in (0.0, 1.0) else percentiles(draws)
    return Estimate(value, low, high, n, draws)


def _mean(units: JudgedResponses, values: np.ndarray, weights: np.ndarray) -> Estimate | None:
    rows = ~np.isnan(values)
    if not rows.any():
        return None
    return estimate_mean(values[rows], units.image_of[rows], weights)
