"""Spans: words, sentences, the neighbourhood rule of section 4, and labels of tokens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tldr_reward.spans import (
    differing_spans,
    good_tokens,
    overlaps,
    sentence_indices,
    sentence_spans,
    word_spans,
)

WORDS = st.lists(st.sampled_from(["a", "red", "blue", "cat", "is", "here", ",", "."]), min_size=1)


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


def differing(original: str, perturbed: str) -> list[str]:
    return [perturbed[start:end] for start, end in differing_spans(original, perturbed)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat, here.", ["a", "cat", ",", "here", "."]),
        ("don't mix blue-green", ["don't", "mix", "blue-green"]),
        ('"STOP!"', ['"', "STOP", "!", '"']),
        ("", []),
    ],
)
def test_words_and_single_marks(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat. a dog.", ["a cat.", "a dog."]),
        ("a cat. a dog", ["a cat.", "a dog"]),
        ("it is 3.5 m wide! really?  yes.", ["it is 3.5 m wide!", "really?", "yes."]),
        ("wait... what", ["wait...", "what"]),
        ("", []),
        (" . ", ["."]),
    ],
)
def test_sentences_keep_the_mark_that_ends_them(text, expected):
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@pytest.mark.parametrize(
    ("original", "perturbed", "bad"),
    [
        ("a red cat is here.", "a blue cat is here.", ["blue"]),
        ("a red cat is here.", "a red cat is not here.", ["not"]),
        ("a red cat is here.", "a cat is here.", ["cat"]),  # a deletion marks the next word
        ("a red cat", "a red", ["red"]),  # or the last one
        ("a red cat and a blue dog", "a blue cat and a red dog", ["blue", "red"]),
        ("the sign reads K T.", "the sign does not read K T.", ["does", "not", "read"]),
        ("K T", "K X", ["X"]),
        ("a cat", "a cat", []),
        ("yes", "no", ["no"]),
        ("a cat", "", []),
    ],
)
def test_words_that_differ_from_the_original(original, perturbed, bad):
    assert differing(original, perturbed) == bad


@given(WORDS)
@settings(max_examples=60, deadline=None)
def test_equal_texts_do_not_differ(tokens):
    text = " ".join(tokens)
    assert differing_spans(text, text) == ()


@given(WORDS, st.data())
@settings(max_examples=150, deadline=None)
def test_a_replaced_new_word_is_the_only_bad_one(tokens, data):
    place = data.draw(st.integers(0, len(tokens) - 1))
    changed = [*tokens[:place], "zebra", *tokens[place + 1 :]]
    assert differing(" ".join(tokens), " ".join(changed)) == ["zebra"]


@given(WORDS, st.data())
@settings(max_examples=150, deadline=None)
def test_an_inserted_new_word_is_the_only_bad_one(tokens, data):
    place = data.draw(st.integers(0, len(tokens)))
    changed = [*tokens[:place], "zebra", *tokens[place:]]
    assert differing(" ".join(tokens), " ".join(changed)) == ["zebra"]


@given(WORDS, WORDS)
@settings(max_examples=150, deadline=None)
def test_different_words_leave_a_bad_one_and_spans_are_words_in_order(before, after):
    original, perturbed = " ".join(before), " ".join(after)
    spans = differing_spans(original, perturbed)
    assert bool(spans) == (before != after)
    assert list(spans) == sorted(set(spans))
    assert set(spans) <= set(word_spans(perturbed))


@given(WORDS, WORDS)
@settings(max_examples=100, deadline=None)
def test_every_word_that_the_original_has_not_is_bad(before, after):
    perturbed = " ".join(after)
    bad = set(differing_spans(" ".join(before), perturbed))
    for start, end in word_spans(perturbed):
        if perturbed[start:end] not in before:
            assert (start, end) in bad


def test_spans_overlap_only_where_they_share_a_character():
    assert overlaps((0, 3), [(2, 5)])
    assert not overlaps((0, 3), [(3, 5)])
    assert not overlaps((0, 3), [])


def test_a_token_is_bad_when_any_of_its_characters_is():
    # "unreddish" in three tokens, of which the middle one holds the bad characters
    assert good_tokens([(0, 2), (2, 5), (5, 9)], [(3, 4)]) == [True, False, True]
    assert good_tokens([(0, 2), (2, 5)], ()) == [True, True]


@given(WORDS, st.data())
@settings(max_examples=100, deadline=None)
def test_word_labels_are_the_bad_spans_themselves(tokens, data):
    text = " ".join(tokens)
    spans = word_spans(text)
    bad = data.draw(st.lists(st.sampled_from(spans), unique=True))
    assert good_tokens(spans, bad) == [span not in bad for span in spans]


def test_sentence_of_each_token():
    text = "a cat. a dog."
    assert sentence_indices([(0, 1), (1, 5), (5, 6), (6, 8), (8, 12), (12, 13)], text) == [
        0,
        0,
        0,
        1,
        1,
        1,
    ]
    assert sentence_indices([(0, 1), (13, 13)], text) == [0, 1]
