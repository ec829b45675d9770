"""The eight taxonomies, worked by hand: every edit that each can make, and what none touches."""

import numpy as np
import pytest

from tldr_reward.perturb.lexicon import Lexicon
from tldr_reward.perturb.rules import RULES, apply_edit, plain_sentences

# Two words a category, so that each edit has one outcome.
LEXICON = Lexicon(
    colours=("red", "blue"),
    sizes=("big", "small"),
    shapes=("circle", "square"),
    rows=("top", "bottom"),
    columns=("first", "second"),
    relations=("left", "right", "above", "below"),
    numbers=("one", "two"),
    tiny_kinds=("dot", "dash"),
    letters=("K", "T"),
)
PLACED = "a big red circle is in the top row, first column."
RELATION = "the red circle is left of the blue square."
TINY = "a tiny red dot is in the background."
SIGN = "a sign reads K K."
COUNT = "the number of red objects is two."
DENIED = "no small blue square is in the bottom row, second column."


def edits(taxonomy: str, text: str) -> list[str]:
    rng = np.random.default_rng(0)
    return [apply_edit(text, edit) for edit in RULES[taxonomy](text, LEXICON, rng)]


def test_spatial_relationship():
    assert edits("spatial_relationship", RELATION) == [
        "the red circle is right of the blue square."
    ]
    assert edits("spatial_relationship", "the red circle is above the blue square.") == [
        "the red circle is below the blue square."
    ]
    assert edits("spatial_relationship", PLACED) == [
        "a big red circle is in the bottom row, first column.",
        "a big red circle is in the top row, second column.",
    ]


def test_visual_attribute():
    assert edits("visual_attribute", PLACED) == [
        "a big blue circle is in the top row, first column.",
        "a small red circle is in the top row, first column.",
    ]
    assert edits("visual_attribute", f"{TINY} {COUNT}") == []


def test_attribute_binding():
    assert edits("attribute_binding", RELATION) == ["the blue circle is left of the red square."]
    assert edits("attribute_binding", f"{PLACED} the blue square is small.") == [
        "a big blue circle is in the top row, first column. the red square is small.",
        "a small red circle is in the top row, first column. the blue square is big.",
    ]
    assert edits("attribute_binding", "the red circle is left of the red square.") == []
    assert edits("attribute_binding", f"{PLACED} a tiny blue dot is in the background.") == []


def test_object_identification():
    assert edits("object_identification", RELATION) == [
        "the red square is left of the blue square.",
        "the red circle is left of the blue circle.",
    ]
    assert edits("object_identification", "the number of circles is two.") == []
    assert edits("object_identification", "the circle count is two.") == []


def test_counting():
    assert edits("counting", COUNT) == ["the number of red objects is one."]
    assert edits("counting", PLACED) == []


def test_counting_goes_no_further_than_two():
    lexicon = Lexicon(**{**vars(LEXICON), "numbers": ("one", "two", "three", "four", "five")})
    rng = np.random.default_rng(0)
    found = {
        apply_edit(text, edit)
        for text in ["the object count is one."] * 60
        for edit in RULES["counting"](text, lexicon, rng)
    }
    assert found == {"the object count is two.", "the object count is three."}


def test_small_object():
    assert edits("small_object", f"{PLACED} {TINY}") == [
        f"{PLACED} a tiny blue dot is in the background.",
        f"{PLACED} a tiny red dash is in the background.",
    ]
    assert edits("small_object", PLACED) == []


def test_text_ocr():
    found = set()
    rng = np.random.default_rng(0)
    for _ in range(40):
        found |= {apply_edit(SIGN, edit) for edit in RULES["text_ocr"](SIGN, LEXICON, rng)}
    assert found == {"a sign reads T K.", "a sign reads K T.", "a sign reads T T."}
    assert edits("text_ocr", PLACED) == []


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        (
            PLACED,
            [
                "no big red circle is in the top row, first column.",
                "a big red circle is not in the top row, first column.",
            ],
        ),
        (
            "in the top row, first column there is a red circle.",
            ["in the top row, first column there is no red circle."],
        ),
        (RELATION, ["the red circle is not left of the blue square."]),
        (
            "relative to the blue square, the red circle is left.",
            ["relative to the blue square, the red circle is not left."],
        ),
        (COUNT, ["the number of red objects is not two."]),
        (SIGN, ["no sign reads K K."]),
        ("the sign reads K T.", ["the sign does not read K T."]),
        ("the letters K T are on a sign.", ["the letters K T are not on a sign."]),
        ("the red object is a circle.", ["the red object is not a circle."]),
        ("there is a red circle.", ["there is no red circle."]),
    ],
)
def test_counterfactual(text, outcomes):
    assert edits("counterfactual", text) == outcomes


@pytest.mark.parametrize("taxonomy", RULES)
def test_no_rule_edits_a_negated_sentence(taxonomy):
    assert edits(taxonomy, DENIED) == []
    text = f"{DENIED} the sign does not read K T. {PLACED} {TINY} {SIGN} {COUNT} {RELATION}"
    kept = f"{DENIED} the sign does not read K T. "
    assert edits(taxonomy, text)
    assert all(edited.startswith(kept) for edited in edits(taxonomy, text))


def test_plain_sentences_have_words_with_spans_of_the_text():
    (sentence,) = plain_sentences(f"{DENIED} {SIGN}", LEXICON)
    start = len(DENIED) + 1
    assert sentence.span == (start, start + len(SIGN))
    assert sentence.spans_of(("reads",)) == [("reads", (start + 7, start + 12))]


def test_edits_of_several_spans_are_applied_at_their_places():
    assert apply_edit("a bb c", (((0, 1), "xxx"), ((5, 6), "z"))) == "xxx bb z"
