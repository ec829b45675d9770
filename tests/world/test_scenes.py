"""Scenes: what the two distributions hold, what a record refuses, and the labels of cells."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from tests.scenes import BARE, SCENE
from tldr_reward.errors import InputError
from tldr_reward.records import read_records, write_records
from tldr_reward.world.scenes import (
    COLOURS,
    SHAPES,
    UNSEEN_PAIRS,
    Scene,
    SceneObject,
    Sign,
    cell_labels,
    draw_scene,
)


def drawn(distribution: str, count: int = 2000) -> list[Scene]:
    rng = np.random.default_rng(1)
    return [draw_scene(rng, distribution) for _ in range(count)]


def pairs(scene: Scene) -> set[tuple[str, str]]:
    return {(thing.colour, thing.shape) for thing in scene.objects}


def test_unseen_pairs_have_every_colour_and_every_shape_once():
    assert sorted(colour for colour, _ in UNSEEN_PAIRS) == sorted(COLOURS)
    assert sorted(shape for _, shape in UNSEEN_PAIRS) == sorted(SHAPES)


def test_standard_scenes_have_one_to_five_objects_of_seen_pairs():
    scenes = drawn("standard")
    counts = Counter(len(scene.objects) for scene in scenes)
    assert set(counts) == {1, 2, 3, 4, 5}
    assert min(counts.values()) > 320
    assert all(pairs(scene).isdisjoint(UNSEEN_PAIRS) for scene in scenes)
    assert 0.56 < np.mean([scene.tiny is not None for scene in scenes]) < 0.64
    assert 0.46 < np.mean([scene.sign is not None for scene in scenes]) < 0.54


def test_crowded_scenes_have_six_to_eight_objects_and_an_unseen_pair():
    scenes = drawn("crowded", 500)
    assert {len(scene.objects) for scene in scenes} == {6, 7, 8}
    assert not any(pairs(scene).isdisjoint(UNSEEN_PAIRS) for scene in scenes)


@pytest.mark.parametrize("attribute", ["colour", "shape"])
def test_counts_by_attribute_of_one_to_four_occur_often(attribute):
    scenes_with = Counter(
        count
        for scene in drawn("standard")
        for count in set(Counter(getattr(thing, attribute) for thing in scene.objects).values())
    )
    assert all(scenes_with[count] > 0.03 * 2000 for count in (1, 2, 3, 4))


def test_key_ignores_how_a_scene_is_drawn_and_its_name():
    other = dataclasses.replace(SCENE, image_id="x", draw_seed=9, objects=SCENE.objects[::-1])
    assert other.key() == SCENE.key()
    assert dataclasses.replace(SCENE, tiny=None).key() != SCENE.key()


def test_scenes_come_back_from_a_file(tmp_path):
    path = tmp_path / "scenes.jsonl"
    write_records(path, [SCENE, BARE])
    assert read_records(path, Scene) == [SCENE, BARE]
    assert path.read_text().startswith('{"format":"scene/1","image_id":"test-000000"')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sign": Sign(0, ("K", "T"))}, "each needs its own cell of 0..15"),
        ({"objects": (SceneObject(16, "big", "red", "ring"),)}, "each needs its own cell of 0..15"),
        ({"objects": (SceneObject(1, "huge", "red", "ring"),)}, "has size 'huge'; allowed: big, "),
        ({"objects": (SceneObject(1, "big", "pink", "ring"),)}, "has colour 'pink'; allowed: red,"),
        ({"sign": Sign(1, ("K", "Q"))}, "has letter 'Q'; allowed: E, F, "),
        ({"sign": Sign(1, ("K", "T", "T"))}, "has a sign with 3 letters; 2 are needed"),
    ],
)
def test_impossible_scenes_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(SCENE, **change)


def test_unknown_distribution_is_refused():
    with pytest.raises(InputError, match="distribution 'empty'; allowed: crowded, standard"):
        draw_scene(np.random.default_rng(0), "empty")


def test_cell_labels_of_the_scene_worked_by_hand():
    found = cell_labels(SCENE)
    assert found.image_id == "test-000000"
    assert found.labels == {
        "shape": [1, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0],
        "colour": [1, 0, 0, 4, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0],
        "size": [1, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0],
        "tiny": [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "letter_1": [0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0],
        "letter_2": [0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0],
        "row": [1, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0],
        "column": [1, 0, 0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 3, 0],
    }
    assert found.classes == {
        "shape": 7,
        "colour": 7,
        "size": 3,
        "tiny": 4,
        "letter_1": 9,
        "letter_2": 9,
        "row": 5,
        "column": 5,
    }
