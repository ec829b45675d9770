"""Items of the five mini benchmarks: multiple choice about held-out scenes, plots, boards.

The three about scenes have BLINK's form and ask what pre-training asks; the two about plots and
boards ask IsoBench's questions, of which no split teaches anything.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.records import BenchmarkItem
from tldr_reward.world.asking import AnswerBalance, ask_question
from tldr_reward.world.chess_games import draw_board, play_game
from tldr_reward.world.functions import draw_function, plot_function
from tldr_reward.world.questions import (
    CHOICE_LETTERS,
    Question,
    choice_count,
    multiple_choices,
    offer_choices,
)
from tldr_reward.world.scenes import Scene
from tldr_reward.world.untaught import PARITIES, PARITY_QUESTION, WINNER_QUESTION, WINNERS

# Benchmark -> the kinds of question about a scene that it asks in turn.
SCENE_BENCHMARKS = {
    "counting": ("count_total", "count_colour", "count_shape"),
    # BLINK asks yes or no, which backbones of this size answer at chance; this they can learn.
    "spatial_relation": ("relation_open",),
    "object_localization": ("row", "column"),
}
_SIGHT = 40  # scenes among which the next item is chosen


def _parity_picture(rng: np.random.Generator, parity: str) -> np.ndarray:
    return plot_function(draw_function(rng, parity))


def _winner_picture(rng: np.random.Generator, winner: str) -> np.ndarray:
    return draw_board(play_game(rng, winner))


@dataclasses.dataclass(frozen=True)
class Untaught:
    """A benchmark that draws its own images: question, choices, a picture of an answer."""

    question: str
    choices: tuple[str, ...]
    picture: Callable[[np.random.Generator, str], np.ndarray]


UNTAUGHT_BENCHMARKS = {
    "function_parity": Untaught(PARITY_QUESTION, PARITIES, _parity_picture),
    "chess_winner": Untaught(WINNER_QUESTION, WINNERS, _winner_picture),
}
BENCHMARKS = (*SCENE_BENCHMARKS, *UNTAUGHT_BENCHMARKS)


def scene_items(
    benchmark: str, scenes: Sequence[Scene], paths: dict[str, str], count: int, seed: int
) -> list[BenchmarkItem]:
    """`count` multiple-choice items, one a scene, answers and right letters balanced.

    `paths` are the images' by id. Raises InputError when the scenes allow too few.
    """
    kinds = SCENE_BENCHMARKS[benchmark]
    rng = np.random.default_rng([seed, *benchmark.encode()])
    waiting = [scenes[index] for index in rng.permutation(len(scenes))]
    balance = AnswerBalance()
    letters: dict[int, Counter[str]] = {}
    items: list[BenchmarkItem] = []
    while len(items) < count:
        kind = kinds[len(items) % len(kinds)]
        found = _least_given(waiting, kind, balance, rng)
        if found is None:
            raise InputError(
                f"{count} items of {benchmark!r}; {len(scenes)} scenes give {len(items)}"
            )
        scene, question = found
        waiting.remove(scene)
        balance.answers[kind][question.answer] += 1
        used = letters.setdefault(choice_count(question), Counter())
        prompt, answer = offer_choices(question, _due(used, choice_count(question), rng), rng)
        used[answer] += 1
        _, offered = multiple_choices(prompt)
        name = f"{benchmark}-{len(items):04d}"
        item = (name, benchmark, paths[scene.image_id], prompt, tuple(offered))
        items.append(BenchmarkItem(*item, tuple(offered.values()), answer))
    return items


def _least_given(
    waiting: Sequence[Scene], kind: str, balance: AnswerBalance, rng: np.random.Generator
) -> tuple[Scene, Question] | None:
    """The next scene, of those in sight, with a question whose answer was given least so far.

    Without a choice among scenes, "one" would be the answer to nearly every count by attribute.
    """
    found: list[tuple[int, Scene, Question]] = []
    given = balance.answers[kind]
    for scene in waiting:
        question = ask_question(scene, kind, balance, rng)
        if question is not None:
            given[question.answer] -= 1  # asked for a look alone
            found.append((given[question.answer], scene, question))
        if len(found) == _SIGHT:
            break
    return min(found, key=lambda entry: entry[0])[1:] if found else None


def _due(used: Counter[str], count: int, rng: np.random.Generator) -> str:
    """A letter that was right least often."""
    letters = CHOICE_LETTERS[:count]
    least = min(used[letter] for letter in letters)
    due = [letter for letter in letters if used[letter] == least]
    return due[int(rng.integers(len(due)))]


def untaught_items(
    benchmark: str, folder: str, count: int, seed: int
) -> Iterator[tuple[BenchmarkItem, np.ndarray]]:
    """Items with their pictures, uint8 [64, 64, 3]; answers balanced, choices in fixed order.

    `folder` is where the pictures will lie, relative to the items' file. Whoever always says the
    same letter gets the majority's share exactly.
    """
    of = UNTAUGHT_BENCHMARKS[benchmark]
    rng = np.random.default_rng([seed, *benchmark.encode()])
    letters = CHOICE_LETTERS[: len(of.choices)]
    offered = " ".join(f"{a} {b}" for a, b in zip(letters, of.choices, strict=True))
    answers = [index % len(of.choices) for index in range(count)]
    for number, answer in enumerate(rng.permutation(answers)):
        name = f"{benchmark}-{number:04d}"
        item = (name, benchmark, f"{folder}/{name}.png", f"{of.question} {offered}")
        picture = of.picture(rng, of.choices[answer])
        yield BenchmarkItem(*item, letters, of.choices, letters[answer]), picture
