"""Prompts: what each holds, and that their own examples keep the rules that replies are held to."""

import json

import pytest

from tldr_reward.errors import InputError
from tldr_reward.perturb import prompts
from tldr_reward.perturb.examples import EXAMPLES
from tldr_reward.perturb.messages import Chat, Settings, reply_key
from tldr_reward.perturb.prompts import (
    aggregation_chat,
    negative_chat,
    negative_check_chat,
    wrong_answer_chat,
    wrong_answer_check_chat,
)
from tldr_reward.perturb.replies import aggregation_cause, answer_cause, negative_cause
from tldr_reward.perturb.taxonomies import TAXONOMIES

SETTINGS = Settings("m", 0.0, 100, 0)


def test_there_is_a_rule_and_two_or_three_pairs_for_each_of_the_eight():
    assert set(prompts.RULES) == set(EXAMPLES) == set(TAXONOMIES)
    assert all(2 <= len(pairs) <= 3 for pairs in EXAMPLES.values())


@pytest.mark.parametrize("taxonomy", TAXONOMIES)
def test_a_negatives_prompt_has_rules_pairs_and_the_caption_last(taxonomy):
    chat = negative_chat("A red dog.\nIt sleeps.", taxonomy)
    roles = [role for role, _ in chat.messages]
    pairs = EXAMPLES[taxonomy]
    assert roles == ["system", *["user", "assistant"] * len(pairs), "user"]
    assert chat.messages[-1] == ("user", "A red dog.\nIt sleeps.")
    assert prompts.RULES[taxonomy] in chat.messages[0][1]
    assert [(a[1], b[1]) for a, b in zip(chat.messages[1:-1:2], chat.messages[2:-1:2], strict=True)
            ] == list(pairs)  # fmt: skip
    assert (chat.version, chat.asked_of, chat.expected) == ("negative/1", "generator", 21)


@pytest.mark.parametrize("taxonomy", TAXONOMIES)
def test_the_pairs_are_minimal_edits_themselves_or_copies(taxonomy):
    causes = [negative_cause(before, after, (), 0.25) for before, after in EXAMPLES[taxonomy]]
    assert causes[:2] == [None, None]
    assert causes[2:] in ([], ["unchanged"])


def test_the_examples_of_answers_keep_their_form():
    for _, right, wrong in prompts._ANSWER_EXAMPLES:
        assert answer_cause(right, wrong, ()) is None
        assert right.endswith(".") == wrong.endswith(".")
    assert aggregation_cause(prompts._AGGREGATION_EXAMPLE[1]) is None


@pytest.mark.parametrize("taxonomy", TAXONOMIES)
def test_a_check_holds_both_texts_and_the_taxonomys_rule(taxonomy):
    chat = negative_check_chat('It says "hi".', 'It says "ho".', taxonomy)
    asked = json.loads(chat.messages[-1][1])
    assert asked == {"original": 'It says "hi".', "edited": 'It says "ho".'}
    assert prompts.RULES[taxonomy] in chat.messages[0][1]
    assert '{"verdict": "accept" or "reject"' in chat.messages[0][1]
    assert (chat.version, chat.asked_of) == ("negative-check/1", "checker")


def test_answers_and_their_check():
    chat = wrong_answer_chat("What colour?", "red")
    assert json.loads(chat.messages[-1][1]) == {"question": "What colour?", "answer": "red"}
    assert (chat.version, chat.asked_of) == ("wrong-answer/1", "generator")
    check = wrong_answer_check_chat("A red dog.", "What colour?", "red", "green")
    assert json.loads(check.messages[-1][1]) == {
        "description": "A red dog.",
        "question": "What colour?",
        "right": "red",
        "other": "green",
    }
    assert (check.version, check.asked_of) == ("wrong-answer-check/1", "checker")


def test_pairs_to_aggregate_stand_one_a_line():
    chat = aggregation_chat([("What is\nit?", "A dog. "), ("Where?", "left")])
    assert chat.messages[-1][1] == "Q: What is it? A: A dog.\nQ: Where? A: left"
    assert chat.version == "aggregation/1"


def test_no_prompt_is_ever_of_an_image():
    chat = negative_chat("x", "counting")
    assert all(isinstance(content, str) for _, content in chat.messages)


@pytest.mark.parametrize("make", [negative_chat, lambda text, t: negative_check_chat(text, "y", t)])
def test_an_unknown_taxonomy_is_named(make):
    with pytest.raises(InputError, match="taxonomy 'colour'; allowed: spatial_relationship, "):
        make("x", "colour")


def test_a_key_depends_on_all_that_a_reply_does():
    chats = [
        negative_chat("a", "counting"),
        negative_chat("b", "counting"),
        negative_chat("a", "text_ocr"),
    ]
    settings = [SETTINGS, Settings("n", 0.0, 100, 0), Settings("m", 0.1, 100, 0),
                Settings("m", 0.0, 101, 0), Settings("m", 0.0, 100, 1)]  # fmt: skip
    keys = {reply_key(chat, one) for chat in chats for one in settings}
    assert len(keys) == 15
    assert reply_key(chats[0], SETTINGS) == reply_key(negative_chat("a", "counting"), SETTINGS)


def test_keys_stay_the_same_from_version_to_version():
    """Another key for the same would have all kept replies paid for again."""
    chat = Chat("negative/1", (("system", "é"), ("user", "b")), "generator", 1)
    assert reply_key(chat, SETTINGS) == "add467dcbc7ace74bd75bb71ee7e2c61"
