"""Lists: all that an image shows, by place and by name, without a word that says little.

A decoder learns to look things up from words that the scene decides. A list has three of them a
thing, where a sentence has one or two among ten others.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tldr_reward.world.facts import unique_objects
from tldr_reward.world.scenes import Scene

LIST_PROMPT = "list things."
# Entries whose first word alone says what is spoken of; others name a row and column, or a colour
# and shape.
_TINY, _SIGN = "tiny", "sign"


def write_lists(scene: Scene, rng: np.random.Generator) -> list[str]:
    """What is where, with what is tiny and what is written; and where each thing with a name is.

    "upper first big blue ring tiny green dot" and "blue ring upper first big". Entries come in any
    order; a list without any is left out.
    """
    by_place = [
        f"{thing.row} {thing.column} {thing.size} {thing.colour} {thing.shape}"
        for thing in scene.objects
    ]
    if scene.tiny is not None:
        by_place.append(f"{_TINY} {scene.tiny.colour} {scene.tiny.kind}")
    if scene.sign is not None:
        by_place.append(" ".join((_SIGN, *scene.sign.letters)))
    by_name = [
        f"{thing.colour} {thing.shape} {thing.row} {thing.column} {thing.size}"
        for thing in unique_objects(scene)
    ]
    return [" ".join(_shuffled(entries, rng)) for entries in (by_place, by_name) if entries]


def decided_words(text: str) -> list[bool]:
    """Which words of a list the scene decides, once the words before them are said.

    The first word of an entry is free; so is the second where other entries begin alike: of two red
    things either could be meant.
    """
    entries = _entries(text.split())
    begun = Counter(entry[0] for entry in entries)
    decided: list[bool] = []
    for first, *others in entries:
        decided += [False, begun[first] == 1, *[True] * (len(others) - 1)]
    return decided


def _entries(words: Sequence[str]) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    start = 0
    while start < len(words):
        length = 3 if words[start] in (_TINY, _SIGN) else 5
        found.append(words[start : start + length])
        start += length
    return found


def _shuffled(entries: Sequence[str], rng: np.random.Generator) -> list[str]:
    return [entries[index] for index in rng.permutation(len(entries))]
