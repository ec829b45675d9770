"""What the readers of benchmarks share: an item with its picture, and how it is checked."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from tldr_reward.errors import InputError
from tldr_reward.records import BenchmarkItem
from tldr_reward.sources.examples import Tally, is_plain_name
from tldr_reward.sources.images import image_ending
from tldr_reward.sources.tables import image_bytes

LETTERS = ("(A)", "(B)", "(C)", "(D)", "(E)")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question of a benchmark, as its table has it; `image` is a cell of an image column."""

    name: str
    benchmark: str
    prompt: str
    choices: tuple[str, ...]
    answer: str
    image: object


@dataclasses.dataclass(frozen=True)
class Picture:
    """A benchmark's item, whose path is its picture's file name, and the picture's bytes."""

    item: BenchmarkItem
    data: bytes


def pictures(asked: Iterable[Asked], tally: Tally) -> Iterator[Picture]:
    """Items with their pictures; what is no item, or has no picture, is counted."""
    names: set[str] = set()
    for one in asked:
        if not is_plain_name(one.name):
            tally.drop("id that is no plain name", one.name)
        elif one.name in names:
            tally.drop("duplicate id", one.name)
        elif picture := _picture(one, tally):
            names.add(one.name)
            yield picture


def _picture(asked: Asked, tally: Tally) -> Picture | None:
    data = image_bytes(asked.image)
    ending = image_ending(data) if data else None
    if ending is None:
        tally.drop("unreadable image" if data else "missing image", asked.name)
        return None
    named = (asked.name, asked.benchmark, f"{asked.name}{ending}", asked.prompt)
    options = LETTERS[: len(asked.choices)]
    try:
        return Picture(BenchmarkItem(*named, options, asked.choices, asked.answer), data)
    except InputError:
        tally.drop(f"answer {ascii(asked.answer)}, which is not among the options", asked.name)
        return None


def texts(cells: Sequence) -> bool:
    """Whether all cells are texts that are not empty."""
    return all(isinstance(cell, str) and cell.strip() for cell in cells)
