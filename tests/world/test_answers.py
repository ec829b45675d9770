"""Free text as an answer: what is read, and what is not."""

import pytest

from tldr_reward.world.answers import read_answer

CHOICE = "what colour is the ring? (A) red (B) blue (C) green (D) cyan"
TWO = "is there a red ring? (A) yes (B) no"


@pytest.mark.parametrize(
    ("prompt", "text", "answer"),
    [
        (CHOICE, "(B)", "(B)"),
        (CHOICE, " B. ", "(B)"),
        (CHOICE, "B", "(B)"),
        (CHOICE, "(B) blue", "(B)"),
        (CHOICE, "The answer is (C).", "(C)"),
        (CHOICE, "Blue.", "(B)"),
        (CHOICE, "(A) or (B)", None),
        (CHOICE, "A ring is here.", None),  # an article is no letter
        (CHOICE, "yellow", None),
        (CHOICE, "", None),
        (CHOICE, "b", None),
        (TWO, "(C)", None),  # not offered
        (TWO, "no", "(B)"),
        ("what colour is the ring?", "Red.", "red"),
        ("what colour is the ring?", " red\n", "red"),
        ("what colour is the ring?", "it is red", None),
        ("what colour is the ring?", "two", None),
        ("what colour is the ring?", "", None),
        ("is there a red ring?", "Yes!", "yes"),
        ("what does the sign read?", "K T", "K T"),
        ("what does the sign read?", "k t.", "K T"),
        ("what does the sign read?", "K", None),
        ("how many objects are there?", "three", "three"),
        ("what is love?", "red", None),
    ],
)
def test_reading(prompt, text, answer):
    assert read_answer(prompt, text) == answer
