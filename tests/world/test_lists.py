"""Lists of what an image shows: every thing once, by place and by name, and what is decided."""

import numpy as np
import pytest

from tldr_reward.world.lists import decided_words, write_lists
from tldr_reward.world.scenes import Scene, SceneObject, Sign, TinyThing, draw_scene

RING = SceneObject(cell=2, size="big", colour="cyan", shape="ring")
SQUARE = SceneObject(cell=13, size="small", colour="red", shape="square")
TWIN = SceneObject(cell=14, size="big", colour="red", shape="square")


def lists_of(*objects, tiny=None, sign=None, seeds=60):
    """All pairs of lists of a scene of these things and nothing else."""
    scene = Scene("x", objects, tiny, sign, draw_seed=0)
    return {tuple(write_lists(scene, np.random.default_rng(seed))) for seed in range(seeds)}


def test_all_things_are_listed_in_any_order_by_place_and_by_name():
    by_place = {"top third big cyan ring", "bottom second small red square"}
    by_name = {"cyan ring top third big", "red square bottom second small"}
    found = lists_of(RING, SQUARE)
    assert {pair[0] for pair in found} == {" ".join(by_place), " ".join(reversed([*by_place]))}
    assert {pair[1] for pair in found} == {" ".join(by_name), " ".join(reversed([*by_name]))}


def test_twins_have_places_and_no_name():
    (first, second), *_ = sorted(lists_of(RING, SQUARE, TWIN))
    assert len(first.split()) == 15
    assert second == "cyan ring top third big"


def test_what_is_tiny_or_written_is_listed_by_itself():
    assert lists_of(tiny=TinyThing(3, "green", "dot")) == {("tiny green dot",)}
    assert lists_of(sign=Sign(9, ("K", "F"))) == {("sign K F",)}
    assert lists_of() == {()}


def test_the_scene_decides_what_follows_a_place_a_name_or_a_kind():
    assert decided_words("top third big cyan ring") == [False, True, True, True, True]
    assert decided_words("tiny green dot cyan ring top third big sign K F") == [
        *(False, True, True),
        *(False, True, True, True, True),
        *(False, True, True),
    ]


def test_of_things_that_begin_alike_either_could_be_meant():
    assert decided_words(
        "red ring top third big red square top first big blue dash top last big"
    ) == [
        *(False, False, True, True, True),
        *(False, False, True, True, True),
        *(False, True, True, True, True),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_every_word_of_a_list_is_either_decided_or_free(seed):
    rng = np.random.default_rng(seed)
    for text in write_lists(draw_scene(rng, "standard", "x"), rng):
        assert len(decided_words(text)) == len(text.split())
