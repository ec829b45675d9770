"""How often flagged is false: rates of sentences, and shares flagged beside the true shares.

The paper checks 100 sentences by hand and prints a "sentence false-negative rate" without its
denominator; three rates could be meant, and all are measured here.
"""

import dataclasses

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics import accuracy
from tldr_reward.metrics.intervals import Estimate, estimate_mean, image_weights
from tldr_reward.metrics.items import ScoredResponses

LEVELS = ("token", "sentence", "response")


@dataclasses.dataclass(frozen=True)
class Sentences:
    """S sentences of captions, (S,) each: index of the response, bad (gold), flagged."""

    response_of: np.ndarray
    bad: np.ndarray
    flagged: np.ndarray


def sentences(responses: ScoredResponses, threshold: float) -> Sentences:
    """Sentences of task `caption`; one is bad, or flagged, when one of its tokens is (eq. 3)."""
    if responses.response_level:
        raise InputError("these scores judge whole responses; scores of tokens are needed")
    _, first, index = np.unique(responses.sentence_of, return_index=True, return_inverse=True)
    flags = ~accuracy.predicted_tokens(responses, threshold)
    bad = np.bincount(index, weights=~responses.token_good) > 0
    flagged = np.bincount(index, weights=flags) > 0
    response_of = responses.response_of[first]
    chosen = responses.tasks[response_of] == "caption"
    return Sentences(response_of[chosen], bad[chosen], flagged[chosen])


def sentence_error_rates(
    responses: ScoredResponses, threshold: float, sample: int, resamples: int, seed: int
) -> dict[str, Estimate]:
    """The three rates, each of other sentences; one without a sentence is left out.

    `false_negative_rate`: of the bad sentences, the share not flagged; `false_discovery_rate`:
    of the flagged ones, the share that is true; `false_omission_rate`: of those not flagged, the
    share that is bad. `sampled_false_discovery_rate` is the second on `sample` flagged sentences
    drawn at random, the number that the paper looked at.
    """
    found = sentences(responses, threshold)
    weights = image_weights(len(responses.image_ids), resamples, seed)
    flagged = np.flatnonzero(found.flagged)
    drawn = np.sort(np.random.default_rng(seed).permutation(flagged)[:sample])
    asked = {
        "false_negative_rate": (~found.flagged, np.flatnonzero(found.bad)),
        "false_discovery_rate": (~found.bad, flagged),
        "sampled_false_discovery_rate": (~found.bad, drawn),
        "false_omission_rate": (found.bad, np.flatnonzero(~found.flagged)),
    }
    image_of = responses.image_of[found.response_of]
    return {
        name: estimate_mean(values[rows].astype(float), image_of[rows], weights)
        for name, (values, rows) in asked.items()
        if len(rows)
    }


def flagged_shares(
    responses: ScoredResponses, threshold: float, resamples: int, seed: int, labelled: bool = True
) -> dict[str, Estimate]:
    """`flagged/<level>` and `bad/<level>`: hallucination rates (eq. 7), estimated and true.

    A caption's share of tokens, of sentences, or whether it has any, averaged over captions. What
    is not `labelled` has no true ones.
    """
    found = sentences(responses, threshold)
    count = len(responses.caption_ids)
    captions = np.flatnonzero(responses.tasks == "caption")
    flags = ~accuracy.predicted_tokens(responses, threshold)
    weights = image_weights(len(responses.image_ids), resamples, seed)
    shares = {}
    asked = [("flagged", flags, found.flagged), ("bad", ~responses.token_good, found.bad)]
    for name, tokens, of_sentences in asked if labelled else asked[:1]:
        with np.errstate(invalid="ignore"):  # responses of other tasks have no sentence here
            by_level = (
                _mean_by(responses.response_of, tokens, count),
                _mean_by(found.response_of, of_sentences, count),
                _mean_by(responses.response_of, tokens, count) > 0,
            )
        for level, values in zip(LEVELS, by_level, strict=True):
            chosen = values[captions].astype(float)
            shares[f"{name}/{level}"] = estimate_mean(chosen, responses.image_of[captions], weights)
    return shares


def _mean_by(index: np.ndarray, values: np.ndarray, length: int) -> np.ndarray:
    sums = np.bincount(index, weights=values, minlength=length)
    return sums / np.bincount(index, minlength=length)
