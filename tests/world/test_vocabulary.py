"""The vocabulary: it holds what is written, and the held-out forms bring no new words."""

import re

import numpy as np

from tldr_reward.world.captions import CAPTION_PROMPT, dense_caption
from tldr_reward.world.grammar import FORMS
from tldr_reward.world.lexicon import word_categories
from tldr_reward.world.questions import KINDS
from tldr_reward.world.scenes import draw_scene
from tldr_reward.world.vocabulary import vocabulary

TOKEN = re.compile(r"\([A-D]\)|\w+|[^\w\s]")


def test_it_is_sorted_without_repeats_and_holds_words_of_every_category():
    words = vocabulary()
    assert list(words) == sorted(set(words))
    for category in word_categories().values():
        assert set(category) <= set(words)
    assert {"(A)", "(B)", "(C)", "(D)", "yes", "no", ".", ",", "?", "describe"} <= set(words)
    assert set(TOKEN.findall(CAPTION_PROMPT)) <= set(words)
    assert len(words) < 120


def test_it_holds_what_captions_and_questions_say():
    words = set(vocabulary())
    rng = np.random.default_rng(0)
    for index in range(200):
        scene = draw_scene(rng, "crowded" if index % 2 else "standard")
        text = dense_caption(scene, rng, "held_out" if index % 3 else "standard")
        assert set(TOKEN.findall(text)) <= words


def test_held_out_forms_bring_no_new_words():
    """Their test is of constructions, not of words that no model has seen."""

    def words(templates: list[str]) -> set[str]:
        return set(re.findall(r"\b(?<!\{)\w+(?!\})\b", " ".join(templates)))

    standard = [form.template for form in FORMS if form.phrasing == "standard"]
    standard += [kind.template for kind in KINDS.values()]
    held_out = [form.template for form in FORMS if form.phrasing == "held_out"]
    assert words(held_out) <= words(standard)


def test_numbers_keep_to_what_a_distribution_can_make_true():
    assert word_categories("standard")["number"] == ("one", "two", "three", "four", "five")
    assert word_categories("crowded")["number"][-1] == "eight"
    assert word_categories()["number"][-1] == "eight"
