"""The words that a perturbation may exchange, by category: all that this room knows of a world."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Lexicon:
    """Words by category; `relations` has opposites side by side, `marks_tiny` marks small things.

    Colours or sizes are swapped and replaced in statements of objects only: sentences with a
    number word, with a word of `marks_tiny` or with a word of `negations` are left alone.
    """

    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    shapes: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    relations: tuple[str, ...]
    numbers: tuple[str, ...]
    tiny_kinds: tuple[str, ...]
    letters: tuple[str, ...]
    negations: tuple[str, ...] = ("no", "not")
    marks_tiny: tuple[str, ...] = ("tiny",)
