"""A hand-worked example: two images, each with an original and a negative."""

import pytest

from tldr_reward.records import CaptionRecord, ScoreRecord
from tldr_reward.spans import word_spans


def caption(caption_id, image_id, text, bad=(), taxonomy=None, parent=None, task="caption"):
    """A labelled caption; with a parent it is a negative."""
    origin = "perturbed" if parent else "original"
    return CaptionRecord(
        caption_id, image_id, "describe the image.", text, task, origin, taxonomy, parent, bad
    )


def score(caption_id, text, p_good, run="m"):
    """A score on the words of a text."""
    return ScoreRecord(caption_id, run, tuple(word_spans(text)), tuple(p_good))


@pytest.fixture
def captions():
    return [
        caption("a0", "A", "a red ball. a cat."),
        caption("a1", "A", "a blue ball. a cat.", ((2, 6),), "visual_attribute", "a0"),
        caption("b0", "B", "two dogs."),
        caption("b1", "B", "four dogs.", ((0, 4),), "counting", "b0"),
    ]


@pytest.fixture
def scores():
    """Of 20 tokens: `blue` is found, `four` is missed, `cat` of a0 is a false alarm."""
    return [
        score("a0", "a red ball. a cat.", [0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.9]),
        score("a1", "a blue ball. a cat.", [0.9, 0.2, 0.9, 0.9, 0.9, 0.9, 0.9]),
        score("b0", "two dogs.", [0.8, 0.8, 0.8]),
        score("b1", "four dogs.", [0.6, 0.8, 0.8]),
    ]


@pytest.fixture
def response_scores():
    """A response-level run: it flags a0 (wrongly) and a1, and passes b0 and b1 (wrongly)."""
    return [
        ScoreRecord(caption_id, "n", ((0, 1),), (p,))
        for caption_id, p in (("a0", 0.3), ("a1", 0.1), ("b0", 0.7), ("b1", 0.9))
    ]
