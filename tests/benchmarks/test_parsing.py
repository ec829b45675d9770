"""Answers in free text as each official scorer reads them; its language model is not asked."""

import pytest

from tldr_reward.benchmarks.parsing import parse_blink, parse_isobench

FOUR = ("(A)", "(B)", "(C)", "(D)")
TWO = ("(A)", "(B)")
PARITIES = ("even", "neither", "odd")
WINNERS = ("black", "draw", "white")
THREE = ("(A)", "(B)", "(C)")


@pytest.mark.parametrize(
    ("text", "options", "parsed"),
    [
        ("(B)", FOUR, "(B)"),
        ("B", FOUR, "(B)"),
        ("(C) three", FOUR, "(C)"),
        ("The answer is (D)", FOUR, "(D)"),
        ("(A) is wrong and so is (A)", FOUR, "(A)"),  # one option, named twice
        ("(A) or (B)", FOUR, ""),  # two options
        ("(A) looks right.\n\nIt is (B)", FOUR, "(B)"),  # one in the last paragraph
        ("(A) it is.\n\nBoth (B) and (C) are not.", FOUR, ""),
        ("(A)\n\nsure", FOUR, "(A)"),
        ("(C)", TWO, ""),  # not offered
        ("C", TWO, ""),
        ("(C) rather than (A)", TWO, "(A)"),  # (C) is no option, so one is left
        ("(B).", FOUR, ""),  # no word of its own: BLINK asks GPT-3.5
        ("b", FOUR, ""),
        ("The cat", FOUR, ""),  # no T, no A
        ("A cat", FOUR, ""),
        ("B) three", FOUR, ""),
        ("three", FOUR, ""),
        (" B", FOUR, ""),  # an answer is stripped before it comes here
        ("", FOUR, ""),
    ],
)
def test_blink(text, options, parsed):
    assert parse_blink(text, options, ("one", "two", "three", "four")) == parsed


@pytest.mark.parametrize(
    ("text", "options", "choices", "parsed"),
    [
        ("odd", PARITIES, PARITIES, "odd"),
        ("The function is EVEN.", PARITIES, PARITIES, "even"),
        ("This is neither even nor odd.", PARITIES, PARITIES, "neither"),
        ("It is even, not odd.", PARITIES, PARITIES, ""),  # which one needs a reader
        ("seventeen oddities", PARITIES, PARITIES, ""),  # names lie within other words
        ("White", WINNERS, WINNERS, "white"),
        ("White wins, Black resigns", WINNERS, WINNERS, ""),
        ("It's a draw!", WINNERS, WINNERS, "draw"),
        ("(B)", THREE, PARITIES, "(B)"),
        ("(B) neither", THREE, PARITIES, "(B)"),
        ("neither", THREE, PARITIES, "(B)"),
        ("C", PARITIES, PARITIES, "odd"),  # a letter counts the choices
        ("(D)", THREE, PARITIES, ""),
        ("(A) or (C)", THREE, PARITIES, ""),
        ("Black", THREE, WINNERS, "(A)"),
        ("yes", THREE, PARITIES, ""),
        ("", THREE, PARITIES, ""),
    ],
)
def test_isobench(text, options, choices, parsed):
    assert parse_isobench(text, options, choices) == parsed
