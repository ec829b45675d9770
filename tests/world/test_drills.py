"""Drills: plain statements that the oracle finds true, on what can be seen for certain."""

import collections

import numpy as np
import pytest

from tldr_reward.world.drills import DRILLS, write_drill, write_places
from tldr_reward.world.oracle import judge_caption, wrong_words
from tldr_reward.world.scenes import Scene, SceneObject, Sign, TinyThing, draw_scene

RING = SceneObject(cell=2, size="big", colour="cyan", shape="ring")
SQUARE = SceneObject(cell=13, size="small", colour="red", shape="square")
TWIN = SceneObject(cell=14, size="small", colour="red", shape="square")


def scene_of(*objects, tiny=None, sign=None):
    """A scene of these things and nothing else."""
    return Scene(image_id="x", objects=objects, tiny=tiny, sign=sign, draw_seed=0)


def texts(scene, prompt, seeds=300):
    """All that a drill says of a scene."""
    return {write_drill(scene, prompt, np.random.default_rng(seed)) for seed in range(seeds)}


def test_a_thing_is_named_once_its_place_is():
    scene = scene_of(RING, tiny=TinyThing(3, "green", "dot"), sign=Sign(9, ("K", "F")))
    assert texts(scene, "name a thing.") == {
        "in the top row, third column there is a big cyan ring.",
        "in the top row, third column there is a cyan ring.",
        "a tiny green dot is in the background.",
        "in the background there is a tiny green dot.",
        "a sign reads K F.",
        "the letters K F are on a sign.",
    }


def test_a_thing_is_placed_by_its_row_or_its_column_alone():
    assert texts(scene_of(RING), "place a thing.") == {
        "the cyan ring is in the top row.",
        "the cyan ring is in the third column.",
    }


def test_nothing_is_said_that_could_be_said_twice():
    other = SceneObject(cell=9, size="big", colour="red", shape="ring")
    said = texts(scene_of(RING, other), "inspect a thing.")
    assert "the cyan object is a ring." in said
    assert not {text for text in said if text.startswith("the ring is")}


def test_two_things_that_can_be_named_are_placed_in_either_order():
    scene = scene_of(RING, SQUARE)
    assert {write_places(scene, np.random.default_rng(seed)) for seed in range(30)} == {
        (
            "place the cyan ring relative to the red square.",
            "top third bottom second",
        ),
        (
            "place the red square relative to the cyan ring.",
            "bottom second top third",
        ),
    }


def test_twins_are_not_placed():
    assert write_places(scene_of(RING, SQUARE, TWIN), np.random.default_rng(0)) is None


def test_counts_above_one_are_said_more_often_than_ones():
    scene = scene_of(RING, SQUARE, TWIN)
    said = collections.Counter(
        write_drill(scene, "count things.", np.random.default_rng(seed)) for seed in range(4000)
    )
    two = said["the number of red objects is two."]
    one = said["the number of cyan objects is one."]
    # Said of two colours: 0.6 + 0.4 / 2 of the time of two, 0.4 / 2 of one.
    assert 3.2 < two / one < 4.8


@pytest.mark.parametrize("seed", range(30))
def test_every_drill_is_true(seed):
    rng = np.random.default_rng(seed)
    scene = draw_scene(rng, "standard")
    for prompt in DRILLS:
        text = write_drill(scene, prompt, rng)
        assert text is None or wrong_words(judge_caption(scene, text)) == ()
