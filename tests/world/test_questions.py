"""Questions: each kind worked by hand, statements of answers, balance, multiple choice."""

from collections import Counter

import numpy as np
import pytest

from tests.scenes import BARE, SCENE
from tldr_reward.world.asking import AnswerBalance, ask_questions, known_words
from tldr_reward.world.oracle import judge_caption, named_pairs
from tldr_reward.world.questions import (
    KINDS,
    make_question,
    multiple_choices,
    offer_choices,
    parse_question,
    statement,
)
from tldr_reward.world.scenes import SEEN_PAIRS, draw_scene

RED_CIRCLE = {"colour": "red", "shape": "circle"}
BLUE_SQUARE = {"colour_2": "blue", "shape_2": "square"}
CELL = {"row": "upper", "column": "fourth"}
# kind, slots, answer, question, statement of the answer, a wrong answer
WORKED = [
    (
        "count_total",
        {},
        "four",
        "how many objects are there?",
        "the number of objects is four.",
        "five",
    ),
    (
        "count_colour",
        {"colour": "red"},
        "two",
        "how many red objects are there?",
        "the number of red objects is two.",
        "three",
    ),
    (
        "count_shape",
        {"shape": "circle"},
        "two",
        "how many circles are there?",
        "the number of circles is two.",
        "one",
    ),
    (
        "relation_yes_no",
        {"relation": "left"} | RED_CIRCLE | BLUE_SQUARE,
        "yes",
        "is the red circle left of the blue square?",
        "the red circle is left of the blue square.",
        "no",
    ),
    (
        "relation_open",
        {"colour": "blue", "shape": "square", "colour_2": "red", "shape_2": "square"},
        "left",
        "where is the blue square relative to the red square?",
        "the blue square is left of the red square.",
        "above",
    ),
    (
        "row",
        RED_CIRCLE,
        "top",
        "which row is the red circle in?",
        "the red circle is in the top row.",
        "bottom",
    ),
    (
        "column",
        RED_CIRCLE,
        "first",
        "which column is the red circle in?",
        "the red circle is in the first column.",
        "second",
    ),
    ("colour", {"shape": "ring"}, "cyan", "what colour is the ring?", "the ring is cyan.", "red"),
    (
        "shape",
        {"colour": "green"},
        "circle",
        "what shape is the green object?",
        "the green object is a circle.",
        "ring",
    ),
    ("size", RED_CIRCLE, "big", "what size is the red circle?", "the red circle is big.", "small"),
    (
        "shape_at",
        CELL,
        "square",
        "what shape is in the upper row, fourth column?",
        "the object in the upper row, fourth column is a square.",
        "circle",
    ),
    (
        "colour_at",
        CELL,
        "red",
        "what colour is the object in the upper row, fourth column?",
        "the object in the upper row, fourth column is red.",
        "blue",
    ),
    ("exists", RED_CIRCLE, "yes", "is there a red circle?", "there is a red circle.", "no"),
    (
        "placed",
        {"row": "top", "column": "first", "size": "big"} | RED_CIRCLE,
        "yes",
        "is a big red circle in the top row, first column?",
        "a big red circle is in the top row, first column.",
        "no",
    ),
    ("sign", {}, "K T", "what does the sign read?", "the sign reads K T.", "K X"),
    (
        "tiny_colour",
        {"kind": "dot"},
        "yellow",
        "what colour is the tiny dot?",
        "the tiny dot is yellow.",
        "red",
    ),
]
NO_STATEMENTS = [
    ("is there a red circle?", "there is no red circle."),
    (
        "is the red circle left of the blue square?",
        "the red circle is not left of the blue square.",
    ),
    (
        "is a big red circle in the top row, first column?",
        "no big red circle is in the top row, first column.",
    ),
]


def test_every_kind_is_worked_by_hand():
    assert [worked[0] for worked in WORKED] == list(KINDS)


@pytest.mark.parametrize(("kind", "values", "answer", "text", "said", "wrong"), WORKED)
def test_question_answer_and_statement(kind, values, answer, text, said, wrong):
    question = make_question(kind, values, answer, known_words(SCENE))
    assert question.text == text
    assert parse_question(text) == (kind, values)
    assert question.statement(answer) == statement(text, answer) == said
    scene = BARE if kind == "colour" else SCENE
    assert [verdict.true for verdict in judge_caption(scene, said)] == [True]
    assert wrong in question.wrong_answers
    assert answer not in question.wrong_answers
    for other in question.wrong_answers:
        (verdict,) = judge_caption(scene, question.statement(other))
        assert (verdict.parsed, verdict.true) == (True, False)


@pytest.mark.parametrize(("text", "said"), NO_STATEMENTS)
def test_no_is_stated_by_a_denial(text, said):
    assert statement(text, "no") == said


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("what is this?", "red"),
        ("how many objects are there?", "many"),
        ("how many objects are there?", "two three"),
        ("is there a red circle?", "maybe"),
        ("what does the sign read?", "K"),
        ("what does the sign read?", "K  T"),
        ("how many objects are there? (A) one (B) two", "(C)"),
        ("describe the image.", "there is a red circle."),
    ],
)
def test_what_is_no_question_or_no_answer_makes_no_statement(prompt, answer):
    assert statement(prompt, answer) is None


def test_multiple_choice_offers_the_answer_at_its_letter():
    question = make_question("sign", {}, "K T", known_words(SCENE))
    prompt, letter = offer_choices(question, "(C)", np.random.default_rng(0))
    text, options = multiple_choices(prompt)
    assert (text, letter) == ("what does the sign read?", "(C)")
    assert list(options) == ["(A)", "(B)", "(C)", "(D)"]
    assert options["(C)"] == "K T"
    assert len(set(options.values())) == 4
    assert statement(prompt, "(C)") == "the sign reads K T."


def test_yes_no_questions_have_two_options():
    question = make_question("exists", RED_CIRCLE, "yes", known_words(SCENE))
    prompt, _ = offer_choices(question, "(B)", np.random.default_rng(0))
    assert prompt == "is there a red circle? (A) no (B) yes"


def asked(count: int, questions: int):
    rng = np.random.default_rng(5)
    balance = AnswerBalance()
    for _ in range(count):
        scene = draw_scene(rng, "standard")
        yield scene, ask_questions(scene, questions, balance, rng)


def test_answers_are_true_of_one_kind_each_and_name_seen_pairs_only():
    for scene, questions in asked(300, 16):
        kinds = [question.kind for question in questions]
        assert len(set(kinds)) == len(kinds) >= 6
        for question in questions:
            said = question.statement(question.answer)
            assert all(verdict.true for verdict in judge_caption(scene, said))
            for answer in (question.answer, *question.wrong_answers):
                assert named_pairs(question.statement(answer)) <= set(SEEN_PAIRS)
                assert answer not in ("six", "seven", "eight")


def test_answers_are_balanced():
    answers: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for _, questions in asked(2500, 4):
        assert len(questions) == 4
        for question in questions:
            answers[question.kind][question.answer] += 1
    for kind in ("relation_yes_no", "exists", "placed"):
        assert abs(answers[kind]["yes"] - answers[kind]["no"]) <= 1
    exact = (
        "count_total",
        "relation_open",
        "row",
        "column",
        "colour",
        "shape",
        "size",
        "shape_at",
        "colour_at",
        "tiny_colour",
    )
    for kind in exact:
        assert max(answers[kind].values()) - min(answers[kind].values()) < 10, kind
    for kind in ("count_colour", "count_shape"):
        assert max(answers[kind].values()) < 0.32 * answers[kind].total()
        assert set(answers[kind]) == {"one", "two", "three", "four", "five"}
    # Counts and relations are asked twice as often as the rest.
    assert answers["count_total"].total() > 1.7 * answers["row"].total()
    assert answers["relation_open"].total() > 1.7 * answers["row"].total()
