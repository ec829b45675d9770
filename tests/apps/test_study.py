"""Studies: every caption with every guidance, every arm at every place; bad folders in one line."""

import itertools

import pytest

from tldr_reward.apps.study import (
    ITEMS_FILE,
    STUDY_FILE,
    Study,
    StudyItem,
    arm_orders,
    digest,
    read_study,
    steps,
)
from tldr_reward.errors import InputError
from tldr_reward.records import write_records

ARMS = ("none", "binary", "token")
STUDY = Study("Captions", ARMS, 60, 0, "m/tldr/seed0", "m/naive/seed0")


def study_items(measured=6, practice=3):
    return [
        StudyItem(f"i{k}", f"{k}.png", "a red dot.", k % 2 == 0, ((2, 5),), k < practice)
        for k in range(measured + practice)
    ]


def write_study(folder, study=STUDY, items=None):
    """A study's folder; its pictures are no pictures."""
    items = study_items() if items is None else items
    write_records(folder / STUDY_FILE, [study])
    write_records(folder / ITEMS_FILE, items)
    for item in items:
        (folder / item.image).write_bytes(b"")
    return folder


def test_orders_are_a_latin_square_and_its_mirror_image():
    orders = arm_orders(3)
    assert sorted(orders) == sorted(itertools.permutations(range(3)))
    for half in (orders[:3], orders[3:]):
        assert all(len(set(place)) == 3 for place in zip(*half, strict=True))
    follows = [pair for order in orders for pair in itertools.pairwise(order)]
    assert {pair: follows.count(pair) for pair in follows} == {
        pair: 2 for pair in itertools.permutations(range(3), 2)
    }
    assert arm_orders(2) == [(0, 1), (1, 0), (1, 0), (0, 1)]


@pytest.mark.parametrize("first", [0, 3, 6, 15])
def test_three_annotators_give_every_caption_every_guidance_once(first):
    items = study_items()
    seen = [
        (step.item, step.guidance)
        for place in range(first, first + 3)
        for step in steps(STUDY, items, place)
        if not step.practice
    ]
    assert sorted(seen) == sorted((f"i{k}", arm) for k in range(3, 9) for arm in ARMS)


def test_captions_stand_at_every_place_as_often():
    blocks = [
        (step.block, step.item, step.guidance)
        for place in range(18)
        for step in steps(STUDY, study_items(), place)
        if not step.practice
    ]
    # 18 annotators: each of 3 blocks, 6 captions and 3 arms meets the others twice.
    assert {blocks.count(key) for key in blocks} == {2}
    assert len(set(blocks)) == 3 * 6 * 3


def test_practice_opens_each_block_and_an_order_is_an_annotators_own():
    ways = [steps(STUDY, study_items(30), place) for place in (0, 1, 6)]
    for way in ways:
        assert [step.practice for step in way] == ([True] + [False] * 10) * 3
        assert len({step.item for step in way}) == 33
    assert ways[0] == steps(STUDY, study_items(30), 0)
    assert [step.item for step in ways[0]] != [step.item for step in ways[2]]
    assert [step.guidance for step in ways[0]] == [step.guidance for step in ways[2]]


def test_a_study_is_read_as_it_was_written(tmp_path):
    study, items = read_study(write_study(tmp_path))
    assert (study, items) == (STUDY, study_items())
    assert digest(study, items) != digest(study, items[1:])


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (study_items(5), "5 measured items; as many for each of 3 guidances are needed"),
        (study_items(0), "0 measured items; as many for each of 3 guidances are needed"),
        (study_items(6, 2), "2 practice items; as many for each"),
        (study_items() + study_items(), "an item stands there a second time"),
    ],
)
def test_items_that_cannot_be_dealt_out_are_refused(tmp_path, items, message):
    with pytest.raises(InputError, match=message):
        read_study(write_study(tmp_path, items=items))


def test_an_image_outside_or_missing_is_refused(tmp_path):
    with pytest.raises(InputError, match="has the image '../x.png'; a name is needed"):
        StudyItem("i", "../x.png", "a", True, (), False)
    (write_study(tmp_path) / "4.png").unlink()
    with pytest.raises(InputError, match="item 'i4': no such image"):
        read_study(tmp_path)
    with pytest.raises(InputError, match="no such folder.*make-study makes one"):
        read_study(tmp_path / "none")


@pytest.mark.parametrize("guidances", [("none", "token"), ("binary", "token", "token"), ("hint",)])
def test_the_arms_that_table_7_compares_are_needed(guidances):
    with pytest.raises(InputError, match="guidance"):
        Study("t", guidances, 60, 0, "", "")
