"""Lists of objects: every object once, with its own place."""

import numpy as np
import pytest

from tldr_reward.world.listing import list_objects
from tldr_reward.world.scenes import COLUMNS, ROWS, Scene, SceneObject, draw_scene

RING = SceneObject(cell=2, size="big", colour="cyan", shape="ring")
SQUARE = SceneObject(cell=13, size="small", colour="red", shape="square")


def scene_of(*objects):
    """A scene of some objects and nothing else."""
    return Scene(image_id="x", objects=objects, tiny=None, sign=None, draw_seed=0)


def test_an_object_is_listed_with_its_place_before_or_behind():
    texts = {list_objects(scene_of(RING), np.random.default_rng(seed)) for seed in range(40)}
    assert texts == {"big cyan ring top third.", "top third big cyan ring."}


def test_the_order_is_random_and_complete():
    texts = {list_objects(scene_of(RING, SQUARE), np.random.default_rng(s)) for s in range(200)}
    ring = ("big cyan ring top third.", "top third big cyan ring.")
    square = ("small red square bottom second.", "bottom second small red square.")
    expected = {f"{a} {b}" for a in ring for b in square} | {
        f"{b} {a}" for a in ring for b in square
    }
    assert texts == expected


@pytest.mark.parametrize("seed", range(20))
def test_every_entry_is_an_object_of_the_scene(seed):
    rng = np.random.default_rng(seed)
    scene = draw_scene(rng, "standard")
    entries = [frozenset(entry.split()) for entry in list_objects(scene, rng)[:-1].split(". ")]
    truth = [
        frozenset((o.size, o.colour, o.shape, ROWS[o.cell // 4], COLUMNS[o.cell % 4]))
        for o in scene.objects
    ]
    assert sorted(map(sorted, entries)) == sorted(map(sorted, truth))
