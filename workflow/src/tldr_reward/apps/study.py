"""Annotation studies: captions to correct, guidance for each, and who gets which in what order."""

import dataclasses
import hashlib
import json
import typing
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tldr_reward.annotations import COMPARED, GUIDANCES
from tldr_reward.errors import InputError
from tldr_reward.records import Span, read_records

STUDY_FILE = "study.jsonl"
ITEMS_FILE = "study-items.jsonl"


@dataclasses.dataclass(frozen=True)
class Study:
    """Settings of a study of table 7.

    `guidances` are its arms, `idle_seconds` is how long nobody moves until the clock stops;
    `detector` and `judge` name the runs that flagged words and judged whole captions.
    """

    FORMAT: typing.ClassVar[str] = "study/1"
    title: str
    guidances: tuple[str, ...]
    idle_seconds: float
    seed: int
    detector: str
    judge: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "guidances", tuple(self.guidances))
        check_guidances(self.guidances)
        if not 1 <= self.idle_seconds <= 3600:
            raise InputError(f"idle_seconds {self.idle_seconds}; 1 to 3600 are allowed")


@dataclasses.dataclass(frozen=True)
class StudyItem:
    """A caption to correct: `image` lies in the study's folder, `flagged` are words in doubt.

    `called_good` is the judge's verdict on the whole caption. Practice items are not measured.
    """

    FORMAT: typing.ClassVar[str] = "study-item/1"
    item: str
    image: str
    text: str
    called_good: bool
    flagged: tuple[Span, ...]
    practice: bool

    def __post_init__(self) -> None:
        spans = tuple((int(start), int(end)) for start, end in self.flagged)
        object.__setattr__(self, "flagged", spans)
        if Path(self.image).name != self.image:
            raise InputError(f"item {self.item!r} has the image {self.image!r}; a name is needed")


@dataclasses.dataclass(frozen=True)
class Step:
    """One caption of one annotator's way through a study; blocks count from 0."""

    block: int
    item: str
    guidance: str
    practice: bool


def check_guidances(guidances: Sequence[str]) -> None:
    """Arms are known, each named once, and those that table 7 compares are among them."""
    for name in guidances:
        if name not in GUIDANCES:
            raise InputError(f"guidance {name!r}; allowed: {', '.join(GUIDANCES)}")
    if len(set(guidances)) < len(guidances) or not set(COMPARED) <= set(guidances):
        raise InputError(
            f"guidances {', '.join(guidances)}; {' and '.join(COMPARED)} are needed, each once"
        )


def read_study(folder: Path) -> tuple[Study, list[StudyItem]]:
    """Settings and items of a study's folder; InputError for what cannot be served."""
    if not folder.is_dir():
        raise InputError(f"no such folder: {folder}; make-study makes one")
    studies = read_records(folder / STUDY_FILE, Study)
    items = read_records(folder / ITEMS_FILE, StudyItem)
    if len(studies) != 1:
        raise InputError(f"{folder / STUDY_FILE} has {len(studies)} records; one is needed")
    known = {item.item for item in items}
    if len(known) < len(items):
        raise InputError(f"{folder / ITEMS_FILE}: an item stands there a second time")
    for item in items:
        if not (folder / item.image).is_file():
            raise InputError(f"item {item.item!r}: no such image: {folder / item.image}")
    for practice in (False, True):
        count = sum(item.practice is practice for item in items)
        if count % len(studies[0].guidances) or not (count or practice):
            raise InputError(
                f"{folder / ITEMS_FILE}: {count} {'practice' if practice else 'measured'} items; "
                f"as many for each of {len(studies[0].guidances)} guidances are needed"
            )
    return studies[0], items


def digest(study: Study, items: Sequence[StudyItem]) -> str:
    """What tells a study from another: SHA-256 of its settings and items."""
    fields = [dataclasses.asdict(one) for one in (study, *items)]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def arm_orders(arms: int) -> list[tuple[int, ...]]:
    """Orders of the arms: a cyclic Latin square, then its mirror image.

    In each half every arm stands once at every place; with both, for three arms, every arm also
    follows every other equally often (a Williams design).
    """
    square = [tuple((place + row) % arms for place in range(arms)) for row in range(arms)]
    return square + [row[::-1] for row in square]


def steps(study: Study, items: Sequence[StudyItem], place: int) -> list[Step]:
    """The way of the annotator who came as number `place` (from 0) through a study.

    There is a block for each arm. Items are dealt into as many sets; of as many annotators as
    there are arms, who came one after the other, each has another set with an arm, so that every
    caption is had with every guidance. Then the sets move on by one block. Within a block items
    come by lot, behind those for practice.
    """
    arms = len(study.guidances)
    orders = arm_orders(arms)
    found = []
    for block, arm in enumerate(orders[place % len(orders)]):
        dealt = (block + place // arms) % arms
        trial = [item for item in items if item.practice][block::arms]
        measured = [item for item in items if not item.practice][dealt::arms]
        drawn = np.random.default_rng([study.seed, place, block]).permutation(len(measured))
        for item in [*trial, *(measured[index] for index in drawn)]:
            found.append(Step(block, item.item, study.guidances[arm], item.practice))
    return found
