"""What every real data set is turned into: images of a split, with their captions."""

import collections
import dataclasses
import hashlib
import re
import sys
from collections.abc import Collection, Iterable, Sequence

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.sources.images import image_ending

DESCRIBE = "Describe the image in detail."  # what the paper asks for dense captions
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclasses.dataclass(frozen=True)
class Row:
    """An image that a source lists: its ids, its split, and its name within the archive."""

    image_id: str
    source: str
    split: str
    member: str
    captions: tuple[CaptionRecord, ...] = ()


@dataclasses.dataclass(frozen=True)
class Example:
    """A listed image with the bytes of its file, and the captions that go with it."""

    row: Row
    data: bytes
    ending: str
    captions: tuple[CaptionRecord, ...]


class Tally:
    """Counts what a source leaves out, by cause, with the first case of each."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.causes: collections.Counter[str] = collections.Counter()
        self.first: dict[str, str] = {}

    def drop(self, cause: str, what: object) -> None:
        """Count one row, image or caption that is left out."""
        self.causes[cause] += 1
        self.first.setdefault(cause, ascii(what)[:80])

    def report(self) -> None:
        """Print a line for each cause to standard error."""
        for cause, count in sorted(self.causes.items()):
            print(
                f"{self.source}: {count} left out: {cause} (the first: {self.first[cause]})",
                file=sys.stderr,
            )


def is_plain_name(name: object) -> bool:
    """Whether a table's text may become part of a file's name: no folders, nothing hidden."""
    return isinstance(name, str) and len(name) <= 120 and bool(_NAME.fullmatch(name))


def is_member_name(name: object) -> bool:
    """Whether a table's text is one file's name, which may be looked up within an archive."""
    return isinstance(name, str) and bool(name) and not re.search(r"[/\\\0]|^\.", name)


def example_of(
    row: Row, data: bytes, captions: Sequence[CaptionRecord], tally: Tally
) -> Example | None:
    """The example of an image's bytes; None, counted, when they cannot be read."""
    ending = image_ending(data)
    if ending is None:
        tally.drop("unreadable image", row.member)
        return None
    return Example(row, data, ending, tuple(captions))


def original(caption_id: str, row_id: str, prompt: str, text: str, task: str) -> CaptionRecord:
    """A truthful caption or answer, as its source's annotators wrote it."""
    return CaptionRecord(caption_id, row_id, prompt, text, task, "original", bad_spans=())


def drawn(ids: Collection[str], count: int, seed: int) -> list[str]:
    """`count` of some ids by seed (all, if there are fewer), in the order in which they are drawn.

    An id's place depends on itself and the seed alone: ids that come or go move no others.
    """
    return sorted(ids, key=lambda one: draw_key(one, seed))[:count]


def draw_key(one: str, seed: int) -> bytes:
    """Sorts ids at random: the digest of the seed and the id."""
    return hashlib.sha256(f"{seed} {one}".encode("utf-8", "surrogatepass")).digest()


def limited(rows: Iterable[Row], limits: dict[str, int], seed: int) -> list[Row]:
    """Rows of which each split keeps at most its limit, drawn by seed, in their order."""
    rows = list(rows)
    by_split: dict[str, list[str]] = {}
    for row in rows:
        by_split.setdefault(row.split, []).append(row.image_id)
    if unknown := set(limits) - set(by_split):
        raise InputError(
            f"a limit of split {min(unknown)!r}; the sources have {', '.join(sorted(by_split))}"
        )
    kept: set[str] = set()
    for split, ids in by_split.items():
        kept.update(drawn(ids, limits.get(split, len(ids)), seed))
    return [row for row in rows if row.image_id in kept]
