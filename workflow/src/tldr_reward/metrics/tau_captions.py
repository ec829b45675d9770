"""Hallucination rates of captions over tau, by several detectors and by the oracle (table 6)."""

from collections.abc import Mapping

import numpy as np

from tldr_reward.metrics.benchmarks import at_tau
from tldr_reward.metrics.hallucination import estimated_rate, shares, true_rate
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights, percentiles
from tldr_reward.metrics.judged import LEVELS, JudgedResponses
from tldr_reward.metrics.measures import Run, metric_rows
from tldr_reward.records import Metric

# Units of one file of captions, by level.
Units = Mapping[str, JudgedResponses]


def by_detector(metric: str, detector: str) -> str:
    """Name of a rate as one detector's backbone estimates it: `hallucination_token/by=llama`."""
    return f"{metric}/by={detector}"


def measure_taus(
    run: Run, units: Mapping[tuple[float, str], Units], resamples: int, seed: int
) -> list[Metric]:
    """Rates at each tau; `units` by (tau, detector's backbone).

    The true rates and what they changed by since tau = 0 are the oracle's, the same whoever
    detects. A change is over images that have a rate at both taus.
    """
    rows: list[Metric] = []
    told: set[float] = set()
    for (tau, detector), found in units.items():
        estimates: dict[str, Estimate | None] = {}
        if not len(found["token"].flagged):  # nothing was said
            continue
        for level in LEVELS:
            weights = image_weights(len(found[level].image_ids), resamples, seed)
            name = by_detector(f"hallucination_{level}", detector)
            estimates[name] = estimated_rate(found[level], weights)
            if tau in told:
                continue
            estimates[f"true_hallucination_{level}"] = true_rate(found[level], weights)
            if tau and len(units[0.0, detector]["token"].flagged):
                base = units[0.0, detector][level]
                change = _change(base, found[level], resamples, seed)
                estimates[f"true_hallucination_change_{level}"] = change
        if tau not in told:
            estimates["unparsed_sentences"] = _unparsed(found["sentence"], resamples, seed)
        told.add(tau)
        given = {at_tau(key, tau): value for key, value in estimates.items() if value is not None}
        rows += metric_rows(run, given)
    return rows


def _unparsed(sentences: JudgedResponses, resamples: int, seed: int) -> Estimate:
    weights = image_weights(len(sentences.image_ids), resamples, seed)
    image_of = sentences.image_of[sentences.response_of]
    return estimate_mean((~sentences.judged).astype(float), image_of, weights)


def _change(
    base: JudgedResponses, other: JudgedResponses, resamples: int, seed: int
) -> Estimate | None:
    """Mean over images of the true rate minus that of the base; bootstrap over images."""
    before, after = (_by_image(units) for units in (base, other))
    both = sorted(set(before) & set(after))
    if not both:
        return None
    gaps = np.array([after[image] - before[image] for image in both])
    draws = image_weights(len(both), resamples, seed) @ gaps / len(both)
    return Estimate(float(gaps.mean()), *percentiles(draws), len(both), draws)


def _by_image(units: JudgedResponses) -> dict[str, float]:
    rates = shares(units, units.bad, units.judged)
    return {
        units.image_ids[image]: float(rate)
        for image, rate in zip(units.image_of, rates, strict=True)
        if not np.isnan(rate)
    }
