"""IsoBench's published functions: those whose label is mathematically wrong."""

import dataclasses
from collections.abc import Iterable

from tldr_reward.world.rational import parse_function


@dataclasses.dataclass(frozen=True)
class WrongLabel:
    """A function whose `published` parity is not its own (`both`: f = 0 is even and odd)."""

    index: str
    code: str
    published: str
    parity: str


def mislabelled_functions(functions: Iterable[tuple[str, str, str]]) -> list[WrongLabel]:
    """Of (index, code, published label), those whose label an identity of polynomials refutes."""
    found = [(*function, parse_function(function[1]).parity()) for function in functions]
    return [
        WrongLabel(index, code, label, parity)
        for index, code, label, parity in found
        if label != parity
    ]
