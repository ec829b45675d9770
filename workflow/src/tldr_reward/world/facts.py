"""Meanings: for each, the tuples of words that make it true in a scene."""

import dataclasses
from collections import Counter
from collections.abc import Callable

from tldr_reward.world.lexicon import NUMBERS
from tldr_reward.world.scenes import Scene, SceneObject

Fact = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Meaning:
    """Slots of a meaning and its facts in a scene.

    `given` slots are what a sentence speaks about: where two explanations of a false sentence
    are equally small, the one that leaves the given slots alone is taken, and the last slots
    of `slots` are blamed before the first.
    """

    slots: tuple[str, ...]
    given: tuple[str, ...]
    facts: Callable[[Scene], frozenset[Fact]]


def _total(scene: Scene) -> frozenset[Fact]:
    return frozenset({(NUMBERS[len(scene.objects) - 1],)}) if scene.objects else frozenset()


def _counts_of(attribute: str) -> Callable[[Scene], frozenset[Fact]]:
    def facts(scene: Scene) -> frozenset[Fact]:
        counts = Counter(getattr(thing, attribute) for thing in scene.objects)
        return frozenset((word, NUMBERS[count - 1]) for word, count in counts.items())

    return facts


def _attributes(*names: str) -> Callable[[Scene], frozenset[Fact]]:
    def facts(scene: Scene) -> frozenset[Fact]:
        return frozenset(tuple(getattr(thing, name) for name in names) for thing in scene.objects)

    return facts


def unique_objects(scene: Scene) -> list[SceneObject]:
    """Objects that their colour and shape name uniquely."""
    counts = Counter((thing.colour, thing.shape) for thing in scene.objects)
    return [thing for thing in scene.objects if counts[thing.colour, thing.shape] == 1]


def relations_between(thing: SceneObject, other: SceneObject) -> list[str]:
    """Words that say where `thing` is relative to `other`, by the cells' columns and rows."""
    across = thing.cell % 4 - other.cell % 4
    down = thing.cell // 4 - other.cell // 4
    words = [("left" if across < 0 else "right")] if across else []
    return words + ([("above" if down < 0 else "below")] if down else [])


def _relations(scene: Scene) -> frozenset[Fact]:
    things = unique_objects(scene)
    return frozenset(
        (word, thing.colour, thing.shape, other.colour, other.shape)
        for thing in things
        for other in things
        if thing is not other
        for word in relations_between(thing, other)
    )


def _tiny(*names: str) -> Callable[[Scene], frozenset[Fact]]:
    def facts(scene: Scene) -> frozenset[Fact]:
        if scene.tiny is None:
            return frozenset()
        return frozenset({tuple(getattr(scene.tiny, name) for name in names)})

    return facts


def _sign(scene: Scene) -> frozenset[Fact]:
    return frozenset() if scene.sign is None else frozenset({scene.sign.letters})


_CELL = ("row", "column")
_NAME = ("colour", "shape")
_PAIR = ("colour", "shape", "colour_2", "shape_2")
_LETTERS = ("letter", "letter_2")

MEANINGS = {
    "count_total": Meaning(("number",), (), _total),
    "count_colour": Meaning(("colour", "number"), ("colour",), _counts_of("colour")),
    "count_shape": Meaning(("shape", "number"), ("shape",), _counts_of("shape")),
    "count_size": Meaning(("size", "number"), ("size",), _counts_of("size")),
    "placed": Meaning((*_CELL, *_NAME), _CELL, _attributes(*_CELL, *_NAME)),
    "placed_sized": Meaning((*_CELL, "size", *_NAME), _CELL, _attributes(*_CELL, "size", *_NAME)),
    "relation": Meaning(("relation", *_PAIR), _PAIR, _relations),
    "tiny": Meaning(("colour", "kind"), (), _tiny("colour", "kind")),
    "tiny_colour": Meaning(("kind", "colour"), ("kind",), _tiny("kind", "colour")),
    "sign": Meaning(_LETTERS, (), _sign),
    "sign_reads": Meaning(_LETTERS, (), _sign),
    "exists": Meaning(_NAME, (), _attributes(*_NAME)),
    "shape_colour": Meaning(("shape", "colour"), ("shape",), _attributes("shape", "colour")),
    "colour_shape": Meaning(_NAME, ("colour",), _attributes(*_NAME)),
    "object_size": Meaning((*_NAME, "size"), _NAME, _attributes(*_NAME, "size")),
    "object_row": Meaning((*_NAME, "row"), _NAME, _attributes(*_NAME, "row")),
    "object_column": Meaning((*_NAME, "column"), _NAME, _attributes(*_NAME, "column")),
    "cell_shape": Meaning((*_CELL, "shape"), _CELL, _attributes(*_CELL, "shape")),
    "cell_colour": Meaning((*_CELL, "colour"), _CELL, _attributes(*_CELL, "colour")),
}


def facts_of(scene: Scene, meaning: str) -> frozenset[Fact]:
    """Tuples of a meaning's slots that are true in a scene."""
    return MEANINGS[meaning].facts(scene)
