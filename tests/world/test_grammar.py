"""Forms: what they write, and that what they write is read back, by one form only."""

import numpy as np
import pytest

from tldr_reward.world.facts import MEANINGS
from tldr_reward.world.grammar import FORMS, forms_of, parse_sentence, template_pattern
from tldr_reward.world.lexicon import SLOT_VALUES, slot_values

VALUES = {
    "number": "three",
    "colour": "red",
    "colour_2": "blue",
    "size": "big",
    "shape": "cross",
    "shape_2": "square",
    "row": "top",
    "column": "second",
    "relation": "left",
    "kind": "dot",
    "letter": "K",
    "letter_2": "T",
}
STANDARD = {
    "count_total": ["the number of objects is three.", "the object count is three."],
    "count_colour": ["the number of red objects is three.", "the red object count is three."],
    "count_shape": ["the number of crosses is three.", "the cross count is three."],
    "count_size": ["the number of big objects is three.", "the big object count is three."],
    "placed": [
        "a red cross is in the top row, second column.",
        "in the top row, second column there is a red cross.",
    ],
    "placed_sized": [
        "a big red cross is in the top row, second column.",
        "in the top row, second column there is a big red cross.",
    ],
    "relation": [
        "the red cross is left of the blue square.",
        "relative to the blue square, the red cross is left.",
    ],
    "tiny": ["a tiny red dot is in the background.", "in the background there is a tiny red dot."],
    "tiny_colour": ["the tiny dot is red."],
    "sign": ["a sign reads K T.", "the letters K T are on a sign."],
    "sign_reads": ["the sign reads K T."],
    "exists": ["there is a red cross.", "a red cross is in the image."],
    "shape_colour": ["the cross is red."],
    "colour_shape": ["the red object is a cross."],
    "object_size": ["the red cross is big."],
    "object_row": ["the red cross is in the top row."],
    "object_column": ["the red cross is in the second column."],
    "cell_shape": ["the object in the top row, second column is a cross."],
    "cell_colour": ["the object in the top row, second column is red."],
}
DENIALS = {
    "count_total": ["the number of objects is not three.", "the object count is not three."],
    "placed": [
        "a red cross is not in the top row, second column.",
        "no red cross is in the top row, second column.",
        "in the top row, second column there is no red cross.",
    ],
    "relation": [
        "the red cross is not left of the blue square.",
        "relative to the blue square, the red cross is not left.",
    ],
    "sign": ["no sign reads K T.", "the letters K T are not on a sign."],
    "sign_reads": ["the sign does not read K T."],
    "exists": [
        "there is no red cross.",
        "no red cross is in the image.",
        "a red cross is not in the image.",
    ],
    "shape_colour": ["the cross is not red."],
}
HELD_OUT = {
    "count_total": [
        "in the image the number of objects is three.",
        "three is the number of objects.",
    ],
    "placed": [
        "there is a red cross in the top row, second column.",
        "in the second column, top row there is a red cross.",
    ],
    "relation": ["left of the blue square is the red cross."],
    "tiny": ["there is a tiny red dot in the background."],
    "sign": ["on a sign are the letters K T."],
    "exists": ["in the image there is a red cross."],
}


def written(meaning: str, negated: bool, phrasing: str) -> list[str]:
    return [form.write(VALUES) for form in forms_of(meaning, negated, phrasing)]


@pytest.mark.parametrize("meaning", MEANINGS)
def test_standard_statements(meaning):
    assert written(meaning, False, "standard") == STANDARD[meaning]


@pytest.mark.parametrize("meaning", DENIALS)
def test_standard_denials(meaning):
    assert written(meaning, True, "standard") == DENIALS[meaning]


@pytest.mark.parametrize("meaning", HELD_OUT)
def test_held_out_statements(meaning):
    assert written(meaning, False, "held_out") == HELD_OUT[meaning]


def test_every_meaning_can_be_denied():
    assert all(forms_of(meaning, True) for meaning in MEANINGS)


def test_forms_fill_exactly_the_slots_of_their_meaning():
    for form in FORMS:
        slots = [
            {"shapes": "shape", "relation_of": "relation"}.get(p, p) for p in form.placeholders()
        ]
        assert sorted(slots) == sorted(MEANINGS[form.meaning].slots), form


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.template)
def test_what_a_form_writes_is_read_back_by_it_alone(form):
    rng = np.random.default_rng(0)
    for _ in range(40):
        values = {
            slot: slot_values(slot)[int(rng.integers(len(slot_values(slot))))]
            for slot in MEANINGS[form.meaning].slots
        }
        sentence = form.write(values)
        parse = parse_sentence(sentence)
        assert (parse.form, parse.values) == (form, values)
        reading = [f for f in FORMS if template_pattern(f.template).fullmatch(sentence)]
        assert reading == [form]
        for slot, (start, end) in parse.spans.items():
            word = sentence[start:end]
            plural = {"crosses": "cross"}.get(word, word.removesuffix("s"))
            assert values[slot] in (word, plural)


def test_negation_words_are_marked():
    def negation(sentence: str) -> str:
        start, end = parse_sentence(sentence).negation
        return sentence[start:end]

    assert negation("there is no red cross.") == "no"
    assert negation("the cross is not red.") == "not"
    assert negation("the sign does not read K T.") == "does not read"
    assert parse_sentence("the cross is red.").negation is None


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "the cross is red",
        "The cross is red.",
        "the cross is pink.",
        "the red cross is left the blue square.",
        "the red cross is above of the blue square.",
        "the number of red objects is nine.",
        "a sign reads k T.",
        "a red cross is in the top row.",
        "the cross is red. the cross is red.",
        "a  red cross is in the image.",
    ],
)
def test_what_no_form_writes_is_not_read(sentence):
    assert parse_sentence(sentence) is None


def test_slots_have_no_word_in_common():
    words = [word for values in SLOT_VALUES.values() for word in values]
    assert len(set(words)) == len(words)
