"""Splits: no scene twice, ids, sources, and the counts that the command line gives."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.world.splits import draw_splits, parse_counts, source_of

COUNTS = {"pretrain": 700, "train": 300, "test": 200, "ood_phrasing": 100, "ood_scene": 100}


def test_no_scene_is_drawn_twice_and_ids_name_split_and_index():
    splits = draw_splits(COUNTS, seed=3)
    assert {split: len(scenes) for split, scenes in splits.items()} == COUNTS
    keys = [scene.key() for scenes in splits.values() for scene in scenes]
    assert len(set(keys)) == len(keys) == 1400
    assert [scene.image_id for scene in splits["test"][:2]] == ["test-000000", "test-000001"]


def test_the_seed_decides_every_scene():
    assert draw_splits(COUNTS, seed=3) == draw_splits(COUNTS, seed=3)
    assert draw_splits(COUNTS, seed=3) != draw_splits(COUNTS, seed=4)


def test_dropping_repeats_does_not_tell_splits_apart():
    """There are few scenes of one object: dealt in order of drawing, late splits had fewer."""
    splits = draw_splits({"pretrain": 8000, "test": 1500}, seed=0)
    shares = [
        sum(len(scene.objects) == 1 for scene in scenes) / len(scenes) for scenes in splits.values()
    ]
    assert abs(shares[0] - shares[1]) < 0.04


def test_half_of_the_images_are_of_each_source_but_in_test_splits():
    assert [source_of("train", index) for index in range(3)] == [
        "scene-dense",
        "scene-qa",
        "scene-dense",
    ]
    assert {source_of("test", index) for index in range(9)} == {"scene-dense"}
    assert {source_of("ood_scene", index) for index in range(9)} == {"scene-dense"}


def test_counts_are_read_from_name_and_number():
    assert parse_counts(("train=4", "test=0"), "--split") == {"train": 4, "test": 0}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("train=-1", "--split 'train=-1': a count of 0 or more is needed, as in train=4"),
        ("train", "--split 'train': a count of 0 or more is needed, as in train=4"),
        ("train=1.5", "a count of 0 or more is needed"),
        ("winter=3", "no split 'winter'; allowed: pretrain, train, validation, test, ood_phr"),
    ],
)
def test_bad_counts_are_refused(pair, message):
    with pytest.raises(InputError, match=message):
        parse_counts((pair,), "--split")


def test_a_split_given_twice_is_refused():
    with pytest.raises(InputError, match="split 'test' is given twice"):
        parse_counts(("test=1", "test=2"), "--split")
