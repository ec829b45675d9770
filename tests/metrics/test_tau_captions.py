"""Rates over tau: by detector, true, and the change since tau = 0, on captions made by hand."""

import pytest

from tldr_reward.metrics.judged import judged_responses
from tldr_reward.metrics.measures import Run
from tldr_reward.metrics.tau_captions import measure_taus
from tldr_reward.records import CaptionRecord, Judgement, ScoreRecord

RUN = Run("paligemma/tldr/seed0", "paligemma", "tldr", "smoke", "0", "test")
TEXT = "one two. three four."  # tokens: one two . three four .
OFFSETS = ((0, 3), (4, 7), (7, 8), (9, 14), (15, 19), (19, 20))


def units(bad_of, flagged_of):
    """Units of captions of images i0, i1, ...: bad tokens by the oracle, flagged by a detector."""
    captions, scores, judgements = [], [], []
    for index, (bad, flagged) in enumerate(zip(bad_of, flagged_of, strict=True)):
        name = f"c{index}"
        captions.append(
            CaptionRecord(name, f"i{index}", "describe the image.", TEXT, "caption", "generated")
        )
        good = tuple(0.1 if token in flagged else 0.9 for token in range(6))
        scores.append(ScoreRecord(name, "paligemma/tldr/seed0", OFFSETS, good))
        spans = tuple(OFFSETS[token] for token in bad)
        judgements.append(Judgement(name, 2, ((0, 8), (9, 20)), spans))
    return judged_responses(captions, scores, judgements, 0.5)


def values(found):
    return {row.metric: row.value for row in measure_taus(RUN, found, 50, 0)}


def test_rates_of_each_detector_and_of_the_oracle_at_each_tau():
    found = values(
        {
            (0.0, "paligemma"): units([(0,), ()], [(0, 1, 2), ()]),
            (0.5, "paligemma"): units([(0, 3), (4,)], [(), (4,)]),
            (0.0, "llama"): units([(0,), ()], [(), ()]),
            (0.5, "llama"): units([(0, 3), (4,)], [(0,), (4,)]),
        }
    )
    assert found["hallucination_token/by=paligemma/tau=0"] == pytest.approx(0.25)
    assert found["hallucination_token/by=llama/tau=0"] == 0.0
    assert found["hallucination_token/by=llama/tau=0.5"] == pytest.approx(1 / 6, abs=1e-6)
    assert found["true_hallucination_token/tau=0"] == pytest.approx(1 / 12, abs=1e-6)
    assert found["true_hallucination_token/tau=0.5"] == pytest.approx(3 / 12)
    assert found["true_hallucination_change_token/tau=0.5"] == pytest.approx(1 / 6, abs=1e-6)
    assert found["true_hallucination_sentence/tau=0.5"] == pytest.approx(0.75)
    assert found["true_hallucination_response/tau=0.5"] == 1.0
    assert found["true_hallucination_change_response/tau=0.5"] == pytest.approx(0.5)
    assert found["unparsed_sentences/tau=0"] == 0.0
    assert "true_hallucination_change_token/tau=0" not in found


def test_true_rates_stand_once_though_every_detector_brings_them():
    both = {
        (tau, detector): units([(0,)], [()])
        for detector in ("paligemma", "llama")
        for tau in (0, 1)
    }
    names = [row.metric for row in measure_taus(RUN, both, 20, 0)]
    assert len(names) == len(set(names))
    assert names.count("true_hallucination_token/tau=1") == 1


def test_a_tau_at_which_nothing_is_said_has_no_rate():
    found = values({(0.0, "llama"): units([(0,)], [()]), (1.0, "llama"): units([], [])})
    assert "true_hallucination_token/tau=0" in found
    assert not [name for name in found if name.endswith("tau=1")]
