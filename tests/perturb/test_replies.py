"""Replies: texts freed of what models put around them, and the cause for which others go."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tldr_reward.perturb.messages import Reply
from tldr_reward.perturb.prompts import ANSWER_CHECK_CAUSES, CHECK_CAUSES
from tldr_reward.perturb.replies import (
    CAUSES,
    aggregation_cause,
    answer_cause,
    changed_words,
    check_cause,
    in_form_of,
    negative_cause,
    unusable,
    usable_text,
)

# Whatever else the machine does meanwhile.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ORIGINAL = 'A red dog sits left of two chairs. A sign reads "OPEN".'
WORDS = st.lists(st.sampled_from("red dog is left two the a".split()), min_size=1, max_size=12)


def said(text: str, truncated: bool = False) -> Reply:
    return Reply(text, truncated, 1, 1)


@pytest.mark.parametrize(
    "reply",
    [
        "A blue dog.",
        "  A blue dog.\n",
        '"A blue dog."',
        "'A blue dog.'",
        "“A blue dog.”",
        "```\nA blue dog.\n```",
        "```text\nA blue dog.\n```",
        '```\n"A blue dog."\n```',
        "Here is the caption:\nA blue dog.",
        "Edited caption:\n\nA blue dog.",
        "<think>\nRed to blue?\n</think>\n\nA blue dog.",
    ],
)
def test_what_models_put_around_a_text_goes(reply):
    assert usable_text(reply, "A red dog.") == "A blue dog."


@pytest.mark.parametrize(
    ("reply", "original"),
    [
        ('"OPEN" is on a sign that says "GO"', '"OPEN" is on a sign that says "IN"'),
        ('"A dog"', '"A cat"'),
        ("'Tis the dog's", "'Tis the cat's"),
        ("It reads:\nOPEN", "It reads:\nSHUT"),
        ('It is "A"', 'It is "B"'),
        ('"A" and "B"', "the letters"),
        ("a:", "b:"),
    ],
)
def test_what_belongs_to_a_text_stays(reply, original):
    assert usable_text(reply, original) == reply


@PATIENT
@given(words=WORDS, wrapper=st.sampled_from(['"{}"', "```\n{}\n```", "So:\n{}", "{}\n", "“{}”"]))
def test_no_wrapper_changes_a_text(words, wrapper):
    text = " ".join(words)
    assert usable_text(wrapper.format(text), text) == text
    assert usable_text(text, text) == text


def test_cut_and_empty_replies_cannot_be_used():
    assert unusable(said("A blue", truncated=True)) == "truncated"
    assert [unusable(said(text)) for text in ("", " \n", "```\n```", "<think>x</think>")] == [
        "empty"
    ] * 4
    assert unusable(said("A blue dog.")) is None


@pytest.mark.parametrize(
    ("edited", "cause"),
    [
        ('A blue dog sits left of two chairs. A sign reads "OPEN".', None),
        ('A red dog sits left of two chairs. A sign reads "SHUT".', None),
        (ORIGINAL, "unchanged"),
        (ORIGINAL + "\n", "unchanged"),
        (ORIGINAL.replace(" ", "  "), "unlabelled"),
        ("A red dog lies down.", "still_true"),
        (ORIGINAL.replace(". A", ".\nA").replace("red", "blue"), "reformatted"),
        ('Two cats lie right of a table. A sign reads "OPEN".', "rewritten"),
        ("A red dog.", "rewritten"),
    ],
)
def test_why_an_edit_is_no_minimal_negative(edited, cause):
    assert negative_cause(ORIGINAL, edited, [ORIGINAL, "A red dog lies down."], 0.25) == cause


def test_of_a_long_caption_a_share_may_change_and_of_a_short_one_three_words():
    short, long = "a b c d", " ".join(f"w{n}" for n in range(20))
    assert negative_cause(short, "x y z d", (), 0.25) is None
    assert negative_cause(short, "x y z u", (), 0.25) == "rewritten"
    for changed, cause in ((5, None), (6, "rewritten")):
        edited = " ".join(f"x{n}" if n < changed else f"w{n}" for n in range(20))
        assert negative_cause(long, edited, (), 0.25) == cause


@PATIENT
@given(WORDS, WORDS, st.floats(0.01, 1))
def test_a_negative_that_passes_is_labelled_and_small(before, after, largest):
    original, edited = " ".join(before), " ".join(after)
    if negative_cause(original, edited, (), largest) is None:
        assert 1 <= changed_words(original, edited) <= max(3, largest * len(before))
    assert changed_words(original, edited) == changed_words(edited, original)
    assert changed_words(original, original) == 0


def test_changed_words_counts_replaced_inserted_and_dropped():
    assert changed_words("a red dog sits", "a blue dog sits") == 1
    assert changed_words("a dog sits", "a dog is sitting") == 2
    assert changed_words("a red dog sits", "a dog sits") == 1
    assert changed_words("a sign.", 'a sign, "A1".') == 1


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("green", None),
        ("dark green", None),
        ("Red.", "unchanged"),
        ("crimson", "still_true"),
        ("Crimson!", "still_true"),
        ("the colour of it is green", "reformatted"),
        ("green\nor blue", "reformatted"),
    ],
)
def test_why_an_answer_is_no_wrong_one(answer, cause):
    assert answer_cause("red", answer, ["red", "Crimson"]) == cause


@pytest.mark.parametrize(
    ("original", "answer", "expected"),
    [
        ("Red.", "green", "Green."),
        ("red", "Green.", "green"),
        ("Red", "Green", "Green"),
        ("on a chair", "Under a table.", "under a table"),
        ("a screen", "TV", "TV"),
        ("2", "Three.", "Three"),
        ("Yes!", "No!", "No!"),
        ("e.g.", "i.e.", "i.e."),
    ],
)
def test_a_wrong_answer_takes_the_right_ones_form(original, answer, expected):
    assert in_form_of(original, answer) == expected


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('{"verdict": "accept", "cause": ""}', None),
        ('```json\n{"cause": "", "verdict": "accept"}\n```', None),
        ('{"verdict": "reject", "cause": "paraphrase"}', "paraphrase"),
        ('{"verdict": "reject", "cause": "outside_taxonomy"}', "outside_taxonomy"),
        ('{"verdict": "reject", "cause": "still_true"}', "check_malformed"),
        ('{"verdict": "reject", "cause": ""}', "check_malformed"),
        ('{"verdict": "reject", "cause": ["paraphrase"]}', "check_malformed"),
        ('{"verdict": "accept", "cause": "paraphrase"}', "check_malformed"),
        ('{"verdict": "accept"}', "check_malformed"),
        ('{"verdict": "accept", "cause": "", "why": "x"}', "check_malformed"),
        ('{"verdict": "acc', "check_malformed"),
        ("accept", "check_malformed"),
        ('["accept"]', "check_malformed"),
        ("null", "check_malformed"),
        ("", "check_empty"),
    ],
)
def test_a_verdict_is_taken_as_it_was_asked_for_or_not_at_all(text, cause):
    assert check_cause(said(text), CHECK_CAUSES) == cause


def test_a_verdict_on_an_answer_has_a_cause_of_its_own_and_a_cut_one_none():
    verdict = '{"verdict": "reject", "cause": "still_true"}'
    assert check_cause(said(verdict), ANSWER_CHECK_CAUSES) == "still_true"
    assert check_cause(said(verdict, truncated=True), ANSWER_CHECK_CAUSES) == "check_truncated"


@PATIENT
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.sampled_from(["accept", "reject", "paraphrase", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["verdict", "cause", "x"]), inner, max_size=3),
    max_leaves=6,
))  # fmt: skip
def test_no_reply_of_a_checker_breaks_the_reading(value):
    cause = check_cause(said(json.dumps(value)), CHECK_CAUSES)
    assert (cause is None) == (value == {"verdict": "accept", "cause": ""})
    assert cause is None or cause in CAUSES


def test_an_aggregated_caption_does_not_open_with_the_image():
    assert aggregation_cause("The image shows a dog.") == "opens_with_the_image"
    assert aggregation_cause("the IMAGE is dark.") == "opens_with_the_image"
    assert aggregation_cause("The imagery is dark.") is None
    assert aggregation_cause("A dog in the image.") is None
