"""Words that the scene and the words before them leave no choice about."""

from tests.scenes import SCENE
from tldr_reward.world.determined import determined_words


def determined(text: str) -> list[tuple[str, str]]:
    return [(word.slot, text[slice(*word.span)]) for word in determined_words(SCENE, text)]


def test_place_first_determines_the_thing_and_place_last_what_its_name_leaves_open():
    text = "in the top row, first column there is a big red circle."
    assert determined(text) == [
        ("column", "first"),  # one object alone is in the top row
        ("size", "big"),
        ("colour", "red"),
        ("shape", "circle"),
    ]
    text = "a big red circle is in the top row, first column."
    assert determined(text) == [("colour", "red"), ("row", "top"), ("column", "first")]


def test_denials_and_foreign_sentences_determine_nothing():
    assert determined("there is no green square. a dog is here. the object count is four.") == [
        ("number", "four")
    ]
