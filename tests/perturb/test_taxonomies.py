"""Perturbing a text: one minimal edit, drawn evenly over sentences; wrong answers; balance."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tldr_reward.errors import InputError
from tldr_reward.perturb.lexicon import Lexicon
from tldr_reward.perturb.taxonomies import (
    TAXONOMIES,
    due_taxonomies,
    perturb_text,
    wrong_answer,
)
from tldr_reward.spans import sentence_spans

LEXICON = Lexicon(
    colours=("red", "green", "blue"),
    sizes=("big", "small"),
    shapes=("circle", "square", "ring"),
    rows=("top", "upper", "bottom"),
    columns=("first", "second"),
    relations=("left", "right", "above", "below"),
    numbers=("one", "two", "three"),
    tiny_kinds=("dot", "dash"),
    letters=("K", "T", "X"),
)
SENTENCES = (
    "a big red circle is in the top row, first column.",
    "the blue square is left of the green ring.",
    "a tiny red dot is in the background.",
    "a sign reads K T.",
    "the number of objects is two.",
    "there is no red ring.",
)


def test_the_papers_eight():
    assert TAXONOMIES == (
        "spatial_relationship",
        "visual_attribute",
        "attribute_binding",
        "object_identification",
        "counting",
        "small_object",
        "text_ocr",
        "counterfactual",
    )


@given(
    chosen=st.lists(st.sampled_from(SENTENCES), min_size=1, unique=True),
    taxonomy=st.sampled_from(TAXONOMIES),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=200, deadline=None)
def test_an_edit_is_minimal_and_keeps_all_other_sentences(chosen, taxonomy, seed):
    text = " ".join(chosen)
    edited = perturb_text(text, taxonomy, LEXICON, np.random.default_rng(seed))
    if edited is None:
        assert chosen == ["there is no red ring."] or taxonomy != "counterfactual"
        return
    after = [edited[start:end] for start, end in sentence_spans(edited)]
    assert len(after) == len(chosen)
    changed = [(old, new) for old, new in zip(chosen, after, strict=True) if old != new]
    assert 1 <= len(changed) <= (2 if taxonomy == "attribute_binding" else 1)
    for old, new in changed:
        assert old != "there is no red ring."
        words = [word for word in new.split() if word not in old.split()]
        assert len(words) <= 3
    again = perturb_text(text, taxonomy, LEXICON, np.random.default_rng(seed))
    assert again == edited


def test_sentences_are_edited_alike_often_however_many_edits_they_allow():
    text = "there is a red ring. a big blue circle is in the top row. the small ring is red."
    edited = Counter()
    rng = np.random.default_rng(0)
    for _ in range(900):
        after = perturb_text(text, "visual_attribute", LEXICON, rng)
        pairs = zip(sentence_spans(text), sentence_spans(after), strict=True)
        edited[[text[slice(*a)] == after[slice(*b)] for a, b in pairs].index(False)] += 1
    assert min(edited[index] for index in range(3)) > 250


def test_unknown_taxonomy_is_refused():
    with pytest.raises(InputError, match="taxonomy 'typo'; allowed: spatial_relationship, "):
        perturb_text("there is a red ring.", "typo", LEXICON, np.random.default_rng(0))


def test_wrong_answers_are_drawn_as_often_as_they_are_right_elsewhere():
    alternatives = ["one"] * 60 + ["two"] * 30 + ["three"] * 10
    rng = np.random.default_rng(0)
    found = Counter(wrong_answer("one", alternatives, rng) for _ in range(2000))
    assert set(found) == {"two", "three"}
    assert 0.7 < found["two"] / 2000 < 0.8


def test_no_other_answer_is_none():
    assert wrong_answer("yes", ["yes", "yes"], np.random.default_rng(0)) is None


def test_the_least_used_taxonomies_are_due_first():
    used = Counter({taxonomy: 5 for taxonomy in TAXONOMIES}) | Counter(counting=9)
    used["text_ocr"] = 1
    order = due_taxonomies(used, np.random.default_rng(0))
    assert (order[0], order[-1]) == ("text_ocr", "counting")
    assert sorted(order) == sorted(TAXONOMIES)
