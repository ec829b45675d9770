"""Scenes: what stands in which cell of a 4x4 grid, and how scenes are drawn at random."""

import dataclasses
import typing
from collections.abc import Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.records import CellLabels

SHAPES = ("circle", "square", "triangle", "cross", "diamond", "ring")
# No colour starts with a vowel: "a" would have to change to "an" with the colour, and the
# article would be a second changed word.
COLOURS = ("red", "green", "blue", "yellow", "purple", "cyan")
SIZES = ("big", "small")
TINY_KINDS = ("dot", "dash", "plus")
LETTERS = ("E", "F", "H", "K", "L", "N", "T", "X")
ROWS = ("top", "upper", "lower", "bottom")
COLUMNS = ("first", "second", "third", "fourth")
CELLS = 16

# Pairs that standard scenes never hold, every colour and every shape once: out of distribution.
UNSEEN_PAIRS = tuple(zip(COLOURS, SHAPES[2:] + SHAPES[:2], strict=True))
SEEN_PAIRS = tuple(
    (colour, shape) for colour in COLOURS for shape in SHAPES if (colour, shape) not in UNSEEN_PAIRS
)

OBJECT_COUNTS = {"standard": (1, 5), "crowded": (6, 8)}
TINY_SHARE = 0.6
SIGN_SHARE = 0.5
THEME_SHARE = 0.85


@dataclasses.dataclass(frozen=True)
class SceneObject:
    """An object; `cell` counts row by row from the top left, 0..15."""

    cell: int
    size: str
    colour: str
    shape: str

    @property
    def row(self) -> str:
        """Name of its row."""
        return ROWS[self.cell // 4]

    @property
    def column(self) -> str:
        """Name of its column."""
        return COLUMNS[self.cell % 4]


@dataclasses.dataclass(frozen=True)
class TinyThing:
    """A background thing of a few pixels; no object, so no count includes it."""

    cell: int
    colour: str
    kind: str


@dataclasses.dataclass(frozen=True)
class Sign:
    """A white plate with two letters."""

    cell: int
    letters: tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Scene:
    """The truth of one image; `draw_seed` fixes what is not symbolic (jitter, noise, greys)."""

    FORMAT: typing.ClassVar[str] = "scene/1"
    image_id: str
    objects: tuple[SceneObject, ...]
    tiny: TinyThing | None
    sign: Sign | None
    draw_seed: int

    def __post_init__(self) -> None:
        objects = tuple(
            SceneObject(**thing) if isinstance(thing, dict) else thing for thing in self.objects
        )
        object.__setattr__(self, "objects", objects)
        if isinstance(self.tiny, dict):
            object.__setattr__(self, "tiny", TinyThing(**self.tiny))
        if isinstance(self.sign, dict):
            letters = tuple(self.sign["letters"])
            object.__setattr__(self, "sign", Sign(self.sign["cell"], letters))
        _check_scene(self)

    def key(self) -> tuple:
        """What makes a scene the same scene, however it is drawn."""
        objects = tuple(sorted(dataclasses.astuple(thing) for thing in self.objects))
        tiny = None if self.tiny is None else dataclasses.astuple(self.tiny)
        sign = None if self.sign is None else dataclasses.astuple(self.sign)
        return objects, tiny, sign


def _check_scene(scene: Scene) -> None:
    things = [*scene.objects, *(thing for thing in (scene.tiny, scene.sign) if thing is not None)]
    cells = [thing.cell for thing in things]
    if len(set(cells)) != len(cells) or not all(0 <= cell < CELLS for cell in cells):
        raise InputError(
            f"scene {scene.image_id!r} has things in cells {cells}; "
            f"each needs its own cell of 0..{CELLS - 1}"
        )
    for thing in scene.objects:
        _check_word(scene, "size", thing.size, SIZES)
        _check_word(scene, "colour", thing.colour, COLOURS)
        _check_word(scene, "shape", thing.shape, SHAPES)
    if scene.tiny is not None:
        _check_word(scene, "colour", scene.tiny.colour, COLOURS)
        _check_word(scene, "kind", scene.tiny.kind, TINY_KINDS)
    if scene.sign is not None:
        if len(scene.sign.letters) != 2:
            raise InputError(
                f"scene {scene.image_id!r} has a sign with {len(scene.sign.letters)} letters; "
                "2 are needed"
            )
        for letter in scene.sign.letters:
            _check_word(scene, "letter", letter, LETTERS)


def _check_word(scene: Scene, what: str, word: str, allowed: Sequence[str]) -> None:
    if word not in allowed:
        raise InputError(
            f"scene {scene.image_id!r} has {what} {word!r}; allowed: {', '.join(allowed)}"
        )


def draw_scene(rng: np.random.Generator, distribution: str, image_id: str = "") -> Scene:
    """Draw a scene of the `standard` or the `crowded` distribution (held out).

    Crowded scenes have 6-8 objects, at least one of a colour-shape pair that standard scenes
    never hold.
    """
    if distribution not in OBJECT_COUNTS:
        raise InputError(
            f"distribution {distribution!r}; allowed: {', '.join(sorted(OBJECT_COUNTS))}"
        )
    low, high = OBJECT_COUNTS[distribution]
    count = int(rng.integers(low, high + 1))
    cells = [int(cell) for cell in rng.permutation(CELLS)]
    pairs = _draw_pairs(rng, count, distribution)
    sizes = [one_of(rng, SIZES) for _ in range(count)]
    objects = sorted(
        (
            SceneObject(cell, size, *pair)
            for cell, size, pair in zip(cells, sizes, pairs, strict=False)
        ),
        key=lambda thing: thing.cell,
    )
    tiny = sign = None
    if rng.random() < TINY_SHARE:
        tiny = TinyThing(cells[count], one_of(rng, COLOURS), one_of(rng, TINY_KINDS))
    if rng.random() < SIGN_SHARE:
        sign = Sign(cells[count + 1], (one_of(rng, LETTERS), one_of(rng, LETTERS)))
    return Scene(image_id, tuple(objects), tiny, sign, int(rng.integers(2**32)))


def _draw_pairs(rng: np.random.Generator, count: int, distribution: str) -> list[tuple[str, str]]:
    """Colour-shape pairs; in most scenes some of them share the first one's colour or shape.

    Without such a theme nearly every count by attribute would be one.
    """
    crowded = distribution == "crowded"
    pool = SEEN_PAIRS + UNSEEN_PAIRS if crowded else SEEN_PAIRS
    first = one_of(rng, UNSEEN_PAIRS if crowded else SEEN_PAIRS)
    pairs = [first]
    if rng.random() < THEME_SHARE:
        attribute = int(rng.integers(2))
        like_first = [pair for pair in pool if pair[attribute] == first[attribute]]
        pairs += [one_of(rng, like_first) for _ in range(int(rng.integers(count)))]
    pairs += [one_of(rng, pool) for _ in range(count - len(pairs))]
    return pairs


def one_of(rng: np.random.Generator, values: Sequence):
    """One of the values, all alike likely."""
    return values[int(rng.integers(len(values)))]


def cell_labels(scene: Scene) -> CellLabels:
    """Class index of each attribute in each of the 16 cells; 0 means "none here".

    `colour` is that of the object or of the tiny thing. `row` and `column` are known only where
    an object stands: a decoder that still looks at all cells alike then sees the places of
    things, not of emptiness.
    """
    labels = {name: [0] * CELLS for name in _CLASSES}
    for thing in scene.objects:
        labels["shape"][thing.cell] = 1 + SHAPES.index(thing.shape)
        labels["colour"][thing.cell] = 1 + COLOURS.index(thing.colour)
        labels["size"][thing.cell] = 1 + SIZES.index(thing.size)
        labels["row"][thing.cell] = 1 + ROWS.index(thing.row)
        labels["column"][thing.cell] = 1 + COLUMNS.index(thing.column)
    if scene.tiny is not None:
        labels["tiny"][scene.tiny.cell] = 1 + TINY_KINDS.index(scene.tiny.kind)
        labels["colour"][scene.tiny.cell] = 1 + COLOURS.index(scene.tiny.colour)
    if scene.sign is not None:
        first, second = scene.sign.letters
        labels["letter_1"][scene.sign.cell] = 1 + LETTERS.index(first)
        labels["letter_2"][scene.sign.cell] = 1 + LETTERS.index(second)
    return CellLabels(scene.image_id, labels, dict(_CLASSES))


_CLASSES = {
    "shape": 1 + len(SHAPES),
    "colour": 1 + len(COLOURS),
    "size": 1 + len(SIZES),
    "tiny": 1 + len(TINY_KINDS),
    "letter_1": 1 + len(LETTERS),
    "letter_2": 1 + len(LETTERS),
    "row": 1 + len(ROWS),
    "column": 1 + len(COLUMNS),
}
