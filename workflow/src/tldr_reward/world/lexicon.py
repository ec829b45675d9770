"""The words of the scene world by category, and how each kind of slot is written in a sentence."""

from tldr_reward.world.scenes import (
    COLOURS,
    COLUMNS,
    LETTERS,
    OBJECT_COUNTS,
    ROWS,
    SHAPES,
    SIZES,
    TINY_KINDS,
)

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
RELATIONS = ("left", "right", "above", "below")  # opposites stand side by side
PLURALS = ("circles", "squares", "triangles", "crosses", "diamonds", "rings")

# Slot -> its values. Slots that end in _2 take the values of the slot without it.
SLOT_VALUES = {
    "number": NUMBERS,
    "colour": COLOURS,
    "size": SIZES,
    "shape": SHAPES,
    "row": ROWS,
    "column": COLUMNS,
    "relation": RELATIONS,
    "kind": TINY_KINDS,
    "letter": LETTERS,
}


def slot_values(slot: str) -> tuple[str, ...]:
    """Values that a slot can take; `shape_2` takes those of `shape`."""
    return SLOT_VALUES[slot.removesuffix("_2")]


def write_slot(placeholder: str, values: dict[str, str]) -> str:
    """Text of a template's placeholder: its slot's value, a plural, or a relation with its "of"."""
    if placeholder == "shapes":
        return PLURALS[SHAPES.index(values["shape"])]
    if placeholder == "relation_of":
        word = values["relation"]
        return f"{word} of" if word in ("left", "right") else word
    return values[placeholder]


def slot_pattern(placeholder: str) -> str:
    """Regular expression of a placeholder; one named group holds the word that carries the slot."""
    if placeholder == "shapes":
        return f"(?P<shapes>{'|'.join(PLURALS)})"
    if placeholder == "relation_of":
        return "(?P<relation>(?:left|right)(?= of )|above(?! of )|below(?! of ))(?: of)?"
    return f"(?P<{placeholder}>{'|'.join(slot_values(placeholder))})"


def slot_value(placeholder: str, word: str) -> str:
    """The slot's value that a written word stands for: "circles" is "circle"."""
    return SHAPES[PLURALS.index(word)] if placeholder == "shapes" else word


def slot_name(placeholder: str) -> str:
    """The slot that a placeholder or a pattern's group fills."""
    return {"shapes": "shape", "relation_of": "relation"}.get(placeholder, placeholder)


def word_choices(slot: str, word: str) -> list[str]:
    """Words that could stand where `word` fills a slot: plurals where it is a plural."""
    return list(PLURALS if word in PLURALS else slot_values(slot))


def word_categories(distribution: str | None = None) -> dict[str, tuple[str, ...]]:
    """Words by category; with a scene distribution, only the numbers that it can make true."""
    most = len(NUMBERS) if distribution is None else OBJECT_COUNTS[distribution][1]
    return {
        "colour": COLOURS,
        "size": SIZES,
        "shape": SHAPES,
        "plural_shape": PLURALS,
        "row": ROWS,
        "column": COLUMNS,
        "relation": RELATIONS,
        "number": NUMBERS[:most],
        "tiny_kind": TINY_KINDS,
        "letter": LETTERS,
    }
