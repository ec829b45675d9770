"""Captions: their size, what they leave out, their phrasing, and that no word gives them away."""

import re
from collections import Counter

import numpy as np

from tests.scenes import SCENE
from tldr_reward.spans import sentence_spans
from tldr_reward.world.asking import AnswerBalance, ask_questions
from tldr_reward.world.captions import CAPTION_PROMPT, aggregate_caption, dense_caption
from tldr_reward.world.grammar import forms_of, parse_sentence
from tldr_reward.world.oracle import named_pairs
from tldr_reward.world.questions import KINDS
from tldr_reward.world.scenes import UNSEEN_PAIRS, draw_scene

PLACE = re.compile(r"(?:^|\. )(?:a [a-z ]+ is )?in the (\w+ row, \w+ column)(?=\.| there is a)")


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def dense(count: int, phrasing: str = "standard", distribution: str = "standard") -> list[str]:
    rng = np.random.default_rng(2)
    return [dense_caption(draw_scene(rng, distribution), rng, phrasing) for _ in range(count)]


def aggregated(count: int) -> list[str]:
    rng = np.random.default_rng(3)
    balance = AnswerBalance()
    return [
        aggregate_caption(ask_questions(draw_scene(rng, "standard"), len(KINDS), balance, rng), rng)
        for _ in range(count)
    ]


def test_prompt():
    assert CAPTION_PROMPT == "describe the image."


def test_same_generator_same_caption():
    captions = [dense_caption(SCENE, np.random.default_rng(4)) for _ in range(2)]
    assert captions[0] == captions[1]
    assert dense_caption(SCENE, np.random.default_rng(5)) != captions[0]


def test_dense_captions_have_two_to_six_different_sentences_one_of_them_plain():
    lengths = Counter()
    for text in dense(1500):
        sentences = sentences_of(text)
        lengths[len(sentences)] += 1
        assert len(set(sentences)) == len(sentences)
        assert any(not parse_sentence(sentence).form.negated for sentence in sentences)
    assert set(lengths) == {2, 3, 4, 5, 6}


def test_aggregated_captions_have_three_to_six_different_sentences():
    lengths = Counter()
    for text in aggregated(600):
        sentences = sentences_of(text)
        lengths[len(sentences)] += 1
        assert len(set(sentences)) == len(sentences)
    assert set(lengths) == {3, 4, 5, 6}


def test_no_cell_is_spoken_of_plainly_twice():
    for text in dense(1500):
        cells = re.findall(
            r"(?:^|\. )(?:a [a-z ]+ is )?in the (\w+ row, \w+ column)(?=\.| there is a)", text
        )
        assert len(set(cells)) == len(cells), text


def test_both_orders_of_place_and_thing_are_as_frequent():
    text = " ".join(dense(3000))
    last = len(re.findall(r"\ba [a-z ]+ is in the \w+ row, \w+ column\.", text))
    first = len(re.findall(r"\bin the \w+ row, \w+ column there is a ", text))
    assert 0.47 < first / (first + last) < 0.53


def test_held_out_captions_use_no_standard_form_where_a_held_out_one_exists():
    for text in dense(500, "held_out"):
        for sentence in sentences_of(text):
            form = parse_sentence(sentence).form
            assert form in forms_of(form.meaning, form.negated, "held_out")
            assert form.phrasing == "held_out"


def test_standard_captions_use_standard_forms():
    for text in dense(500) + aggregated(200):
        phrasings = {parse_sentence(sentence).form.phrasing for sentence in sentences_of(text)}
        assert phrasings == {"standard"}


def test_standard_captions_never_name_an_unseen_pair_and_crowded_ones_do():
    for text in dense(1000) + aggregated(300):
        assert named_pairs(text).isdisjoint(UNSEEN_PAIRS)
        assert not re.search("six|seven|eight", text)
    crowded = dense(300, distribution="crowded")
    assert sum(not named_pairs(text).isdisjoint(UNSEEN_PAIRS) for text in crowded) > 100


def test_every_negated_form_is_said_truthfully():
    """Otherwise a model could tell a counterfactual by its form, without the image."""
    said = {
        parse_sentence(sentence).form
        for text in dense(4000) + aggregated(1500)
        for sentence in sentences_of(text)
    }
    meanings = {form.meaning for form in said}
    assert {form for meaning in meanings for form in forms_of(meaning, True)} <= said
