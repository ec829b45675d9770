"""Values of the demo's components: labels at a threshold, verdicts, rates."""

import dataclasses

from tldr_reward.apps.shown import rate_rows, shown
from tldr_reward.detective.scores import CaptionScore

SCORE = CaptionScore(
    "a red dot. it is big.",
    ((0, 1), (2, 5), (6, 9), (9, 10), (11, 13), (14, 16), (17, 20), (20, 21)),
    (0.9, 0.2, 0.6, 0.9, 0.9, 0.9, 0.95, 0.9),
)


def test_words_at_or_below_the_threshold_have_labels_and_the_text_stays_whole():
    words, verdict, sentences = shown(SCORE, 0.6, calibrated=False)
    assert "".join(text for text, _ in words) == SCORE.text
    assert [(text, label) for text, label in words if label] == [("red", "0.20"), ("dot", "0.60")]
    assert verdict == "### ✗ 2 words are in doubt"
    assert sentences == [["a red dot.", "0.20", "in doubt"], ["it is big.", "0.90", "good"]]


def test_nothing_below_the_threshold_and_nothing_at_all():
    words, verdict, _ = shown(SCORE, 0.1, calibrated=True)
    assert verdict == "### ✓ No word is in doubt"
    assert not [label for _, label in words if label]
    assert shown(None, 0.5, calibrated=False) == ([], "", [])


def test_a_calibrated_verdict_names_its_confidence():
    _, verdict, _ = shown(SCORE, 0.3, calibrated=True)
    assert (
        verdict
        == "### ✗ One word is in doubt; the most doubtful is wrong with a probability of 80%"
    )


def test_a_naive_model_judges_the_caption():
    naive = dataclasses.replace(
        SCORE, offsets=((0, 21),), p_good_of_tokens=(0.1,), level="response"
    )
    words, verdict, _ = shown(naive, 0.5, calibrated=False)
    assert words == [(SCORE.text, "0.10"), ("", None)]
    assert verdict == "### ✗ The caption is in doubt"


def test_rates_have_intervals_when_there_is_more_than_one_caption():
    assert rate_rows([], 0.5) == []
    assert rate_rows([SCORE], 0.5) == [
        ["token", "12.5%", "–", "8 tokens"],
        ["sentence", "50.0%", "–", "2 sentences"],
        ["response", "100.0%", "–", "1 response"],
    ]
    level, flagged, interval, of = rate_rows([SCORE, SCORE], 0.5)[2]
    assert (level, flagged, of) == ("response", "100.0%", "2 responses")
    assert interval.endswith("% to 100.0%")
