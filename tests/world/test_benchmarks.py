"""Benchmark items: balanced, true, one a scene, in words that a mini tokenizer knows."""

import dataclasses
import re
from collections import Counter

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.world.benchmarks import (
    BENCHMARKS,
    SCENE_BENCHMARKS,
    scene_items,
    untaught_items,
)
from tldr_reward.world.isobench import mislabelled_functions
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.questions import statement
from tldr_reward.world.scenes import draw_scene
from tldr_reward.world.vocabulary import vocabulary

TOKEN = re.compile(r"\([A-D]\)|\w+|[^\w\s]")


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(0)
    drawn = [draw_scene(rng, "standard", f"test-{index:06d}") for index in range(120)]
    return {scene.image_id: scene for scene in drawn}


@pytest.fixture(scope="module")
def items(scenes):
    paths = {image_id: f"../images/{image_id}.png" for image_id in scenes}
    return {
        name: scene_items(name, list(scenes.values()), paths, 40, seed=0)
        for name in SCENE_BENCHMARKS
    }


def test_there_are_the_papers_five():
    assert BENCHMARKS == (
        "counting",
        "spatial_relation",
        "object_localization",
        "function_parity",
        "chess_winner",
    )


def test_right_letters_are_balanced(items):
    for name, of_benchmark in items.items():
        counts = Counter(item.answer for item in of_benchmark)
        assert set(counts) == set(of_benchmark[0].options)
        assert max(counts.values()) - min(counts.values()) <= 1, name


def test_options_and_questions_are_those_of_the_benchmark(items):
    first = {name: of_benchmark[0] for name, of_benchmark in items.items()}
    assert all(item.prompt.startswith("how many ") for item in items["counting"])
    relations = {"above", "below", "left", "right"}
    assert {frozenset(item.choices) for item in items["spatial_relation"]} == {frozenset(relations)}
    assert first["object_localization"].options == ("(A)", "(B)", "(C)", "(D)")
    assert re.match(r"which (row|column) is the \w+ \w+ in\?", first["object_localization"].prompt)


def test_the_right_option_is_true_and_every_other_is_false(items, scenes):
    for of_benchmark in items.values():
        for item in of_benchmark:
            scene = scenes[item.path.removeprefix("../images/").removesuffix(".png")]
            for option in item.options:
                (verdict,) = judge_caption(scene, statement(item.prompt, option))
                assert verdict.true == (option == item.answer)


def test_an_image_is_asked_about_once_and_counts_are_spread(items):
    for of_benchmark in items.values():
        assert len({item.path for item in of_benchmark}) == len(of_benchmark)
    meanings = Counter(i.choices[i.options.index(i.answer)] for i in items["counting"])
    assert max(meanings.values()) <= 14  # of 40; nearly every count by attribute is one


def test_too_few_scenes_are_named(scenes):
    few = list(scenes.values())[:3]
    paths = {scene.image_id: scene.image_id for scene in few}
    with pytest.raises(InputError, match="9 items of 'counting'; 3 scenes give"):
        scene_items("counting", few, paths, 9, seed=0)


def test_plots_and_boards_are_balanced_and_in_known_words():
    words = set(vocabulary())
    for name, prompt in (
        ("function_parity", "is the function even, odd or neither? (A) even (B) neither (C) odd"),
        (
            "chess_winner",
            "who wins the game, black or white, or is it a draw? (A) black (B) draw (C) white",
        ),
    ):
        made = list(untaught_items(name, "images", 6, seed=0))
        assert {item.prompt for item, _ in made} == {prompt}
        assert Counter(item.answer for item, _ in made) == {"(A)": 2, "(B)": 2, "(C)": 2}
        assert made[0][0].path == f"images/{name}-0000.png"
        assert set(TOKEN.findall(prompt)) <= words
        assert len({picture.tobytes() for _, picture in made}) == 6


def test_items_are_the_same_every_time(items, scenes):
    paths = {image_id: f"../images/{image_id}.png" for image_id in scenes}
    again = scene_items("counting", list(scenes.values()), paths, 40, seed=0)
    assert [dataclasses.asdict(item) for item in again] == [
        dataclasses.asdict(item) for item in items["counting"]
    ]


def test_wrong_labels_are_listed():
    functions = [
        ("0", "f(x) = x**2", "even"),
        ("1", "f(x) = x**2", "neither"),
        ("2", "f(x) = 0", "odd"),
    ]
    found = mislabelled_functions(functions)
    assert [(wrong.index, wrong.published, wrong.parity) for wrong in found] == [
        ("1", "neither", "even"),
        ("2", "odd", "both"),
    ]
