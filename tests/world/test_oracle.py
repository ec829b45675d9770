"""The oracle on a scene worked by hand: what is true, and which words are blamed."""

import pytest

from tests.scenes import BARE, SCENE
from tldr_reward.world.oracle import judge_caption, named_pairs, wrong_words

TRUE = [
    "the number of objects is four.",
    "the object count is four.",
    "the number of red objects is two.",
    "the green object count is one.",
    "the number of circles is two.",
    "the square count is two.",
    "the number of big objects is two.",
    "a big red circle is in the top row, first column.",
    "in the bottom row, third column there is a green circle.",
    "the red circle is left of the blue square.",
    "the red circle is above the blue square.",
    "relative to the red square, the blue square is left.",
    "a tiny yellow dot is in the background.",
    "the tiny dot is yellow.",
    "a sign reads K T.",
    "the letters K T are on a sign.",
    "the sign reads K T.",
    "there is a red square.",
    "the circle is green.",  # existential: one of the circles is
    "the blue object is a square.",
    "the blue square is small.",
    "the blue square is in the upper row.",
    "the blue square is in the second column.",
    "the object in the upper row, fourth column is a square.",
    "the object in the upper row, fourth column is red.",
    "left of the red square is the blue square.",
    "four is the number of objects.",
    # denials
    "there is no green square.",
    "no blue circle is in the image.",
    "a blue circle is not in the image.",
    "the number of red objects is not three.",
    "the number of purple objects is not one.",
    "the blue square is not left of the red circle.",
    "the blue square is not above the red square.",  # they are in one row
    "a big red circle is not in the upper row, fourth column.",
    "no cyan ring is in the image.",
    "in the top row, second column there is no red circle.",
    "no tiny red dot is in the background.",
    "no sign reads T K.",
    "the sign does not read K K.",
    "the square is not green.",
    "the blue object is not a circle.",
    "the red square is not small.",
    "the tiny dot is not blue.",
]
# sentence, blamed words
FALSE = [
    ("the number of objects is three.", ["three"]),
    ("the number of red objects is one.", ["one"]),  # or blue or green ones: the count is blamed
    ("the number of circles is four.", ["four"]),
    ("the big object count is three.", ["three"]),
    ("a big red circle is in the upper row, first column.", ["upper"]),
    ("a big red circle is in the top row, fourth column.", ["fourth"]),
    ("a small red circle is in the top row, first column.", ["small"]),
    ("in the top row, first column there is a big blue circle.", ["blue"]),
    ("in the top row, first column there is a red ring.", ["ring"]),
    ("the red circle is right of the blue square.", ["right"]),
    ("relative to the blue square, the red circle is below.", ["below"]),
    ("the green circle is above the blue square.", ["above"]),  # not the colour: both exist
    ("the purple circle is above the blue square.", ["purple"]),
    ("a tiny red dot is in the background.", ["red"]),
    ("a tiny yellow plus is in the background.", ["plus"]),
    ("a tiny red plus is in the background.", ["red", "plus"]),
    ("the tiny dot is red.", ["red"]),
    ("a sign reads K X.", ["X"]),
    ("the letters T K are on a sign.", ["T", "K"]),
    ("there is a green square.", ["square"]),  # or a green circle, a red or blue square
    ("there is a purple ring.", ["purple", "ring"]),
    ("the circle is blue.", ["blue"]),
    ("the blue object is a circle.", ["circle"]),
    ("the blue square is big.", ["big"]),
    ("the blue square is in the top row.", ["top"]),
    ("the object in the upper row, fourth column is a circle.", ["circle"]),
    ("the object in the upper row, fourth column is blue.", ["blue"]),
    ("the object in the top row, second column is blue.", ["top"]),
    # false denials: the negation is blamed
    ("there is no red circle.", ["no"]),
    ("a red circle is not in the image.", ["not"]),
    ("the number of red objects is not two.", ["not"]),
    ("no sign reads K T.", ["no"]),
    ("the sign does not read K T.", ["does", "not", "read"]),
    ("the red circle is not left of the blue square.", ["not"]),
    ("in the top row, first column there is no big red circle.", ["no"]),
    # "is not" of a thing that is not there: the thing is blamed
    ("a big green circle is not in the top row, first column.", ["big"]),
    ("the ring is not blue.", ["ring"]),
    ("the tiny plus is not red.", ["plus"]),
]


def blamed(sentence: str, scene=SCENE) -> list[str]:
    return [sentence[start:end] for start, end in wrong_words(judge_caption(scene, sentence))]


@pytest.mark.parametrize("sentence", TRUE)
def test_true_sentences(sentence):
    (verdict,) = judge_caption(SCENE, sentence)
    assert (verdict.parsed, verdict.true, verdict.bad_spans) == (True, True, ())


@pytest.mark.parametrize(("sentence", "words"), FALSE)
def test_false_sentences(sentence, words):
    (verdict,) = judge_caption(SCENE, sentence)
    assert (verdict.parsed, verdict.true) == (True, False)
    assert blamed(sentence) == words
    assert verdict.bad_spans in verdict.explanations


def test_equally_small_explanations_are_all_listed_and_the_stated_order_decides():
    sentence = "the number of red objects is one."
    (verdict,) = judge_caption(SCENE, sentence)
    words = [[sentence[a:b] for a, b in spans] for spans in verdict.explanations]
    assert words == [["red"], ["one"]]
    assert verdict.alternatives == 1  # the colour is given, so the count is blamed


def test_a_tie_that_the_stated_order_leaves_is_counted():
    # A red square is at (upper, fourth) and a blue one at (upper, second): colour or column.
    sentence = "in the upper row, second column there is a red square."
    (verdict,) = judge_caption(SCENE, sentence)
    assert (blamed(sentence), verdict.alternatives) == (["red"], 1)  # the cell is given
    sentence = "there is a green square."
    (verdict,) = judge_caption(SCENE, sentence)
    assert (blamed(sentence), verdict.alternatives) == (["square"], 2)  # nothing is given


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("a sign reads K T.", ["sign", "reads", "K", "T"]),
        ("a tiny red dot is in the background.", ["tiny", "red", "dot", "background"]),
        ("the tiny dot is not red.", ["tiny", "dot", "not", "red"]),
        ("the cyan ring is left of the red circle.", ["cyan", "ring", "left", "red", "circle"]),
    ],
)
def test_nothing_of_the_kind_in_the_scene_blames_all_content_words(sentence, words):
    assert blamed(sentence, BARE) == words


def test_spans_are_of_the_whole_text():
    text = "the number of objects is four. there is no red circle. a sign reads K X."
    verdicts = judge_caption(SCENE, text)
    assert [verdict.true for verdict in verdicts] == [True, False, False]
    assert [text[a:b] for a, b in wrong_words(verdicts)] == ["no", "X"]
    assert [text[slice(*verdict.span)] for verdict in verdicts][2] == "a sign reads K X."


@pytest.mark.parametrize(
    "sentence",
    ["a dog is in the image.", "there is a red circle", "red.", "the circle is pink.", "?!"],
)
def test_unparseable_sentences_are_reported_and_never_judged(sentence):
    verdicts = judge_caption(SCENE, f"{sentence} there is a purple ring.")
    verdict = verdicts[0]
    assert (verdict.parsed, verdict.true, verdict.bad_spans) == (False, None, ())
    assert (verdict.alternatives, verdict.explanations) == (0, ())


def test_named_pairs_are_found_in_whatever_words():
    text = "the red object is a ring. the blue cross is left of the cyan ring. the dog is red."
    assert named_pairs(text) == {("red", "ring"), ("blue", "cross"), ("cyan", "ring")}
