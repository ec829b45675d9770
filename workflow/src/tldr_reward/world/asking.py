"""Asking: which questions a scene allows, and a choice among them that balances the answers."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tldr_reward.world.facts import relations_between, unique_objects
from tldr_reward.world.lexicon import NUMBERS, RELATIONS, slot_values
from tldr_reward.world.questions import KINDS, YES_NO, Known, Question, make_question
from tldr_reward.world.scenes import (
    OBJECT_COUNTS,
    SEEN_PAIRS,
    UNSEEN_PAIRS,
    Scene,
    SceneObject,
)

# A possible question: its slots, its answer, the cells of the objects that it speaks of.
Candidate = tuple[Mapping[str, str], str, frozenset[int]]
# The possible questions of one kind about a scene; the generator is for those that sample.
Candidates = Callable[[Scene, np.random.Generator], Iterator[Candidate]]
# An answer may be this much more frequent than the mean of its kind's answers so far.
_EXCESS, _SLACK = 1.4, 4


class AnswerBalance:
    """Counts of the answers given so far to each kind of question, in one split."""

    def __init__(self) -> None:
        self.answers: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}

    def choose(
        self, kind: str, candidates: list[Candidate], rng: np.random.Generator
    ) -> Candidate | None:
        """A candidate whose answer has been used least; None when all of theirs are overused."""
        used = self.answers[kind]
        answers = {answer for _, answer, _ in candidates}
        least = min((used[answer] for answer in answers), default=0)
        if not candidates or self._overused(kind, least):
            return None
        best = [candidate for candidate in candidates if used[candidate[1]] == least]
        return best[int(rng.integers(len(best)))]

    def due(self, kind: str, answer: str) -> float:
        """How often an answer was given, were its kind's answers as few as one and as weighty."""
        used = self.answers[kind]
        return used[answer] * max(1, len(used)) / KINDS[kind].weight

    def _overused(self, kind: str, count: int) -> bool:
        used = self.answers[kind]
        if not KINDS[kind].asked:  # yes and no: exactly half each
            return count > min(used[answer] for answer in YES_NO)
        return bool(used) and count >= _EXCESS * used.total() / len(used) + _SLACK


def ask_questions(
    scene: Scene, count: int, balance: AnswerBalance, rng: np.random.Generator
) -> list[Question]:
    """Up to `count` questions about a scene, no kind twice; fewer where the scene allows fewer.

    The kinds asked are those whose answers, as far as the scene decides them, were given least
    so far; `balance` counts them and is updated.
    """
    chosen = []
    for index in rng.permutation(len(KINDS)):
        kind = list(KINDS)[index]
        candidate = balance.choose(kind, list(_CANDIDATES[kind](scene, rng)), rng)
        if candidate is not None:
            chosen.append((balance.due(kind, candidate[1]), kind, candidate))
    known = known_words(scene)
    questions = []
    for _, kind, (values, answer, cells) in sorted(chosen, key=lambda due: due[0])[:count]:
        balance.answers[kind][answer] += 1
        questions.append(make_question(kind, values, answer, known, cells))
    return questions


def ask_question(
    scene: Scene, kind: str, balance: AnswerBalance, rng: np.random.Generator
) -> Question | None:
    """One question of a kind, its answer one given least so far; None where there is none."""
    candidate = balance.choose(kind, list(_CANDIDATES[kind](scene, rng)), rng)
    if candidate is None:
        return None
    values, answer, cells = candidate
    balance.answers[kind][answer] += 1
    return make_question(kind, values, answer, known_words(scene), cells)


def known_words(scene: Scene) -> Known:
    """Numbers and pairs of the distribution that a scene is of, which its objects give away."""
    names = {(thing.colour, thing.shape) for thing in scene.objects}
    most = OBJECT_COUNTS["standard"][1]
    if len(scene.objects) <= most and names.isdisjoint(UNSEEN_PAIRS):
        return Known(NUMBERS[:most], SEEN_PAIRS)
    return Known(NUMBERS, SEEN_PAIRS + UNSEEN_PAIRS)


def _count_total(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    if scene.objects:
        yield {}, NUMBERS[len(scene.objects) - 1], frozenset()


def _count_by(attribute: str) -> Candidates:
    def candidates(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
        counts = Counter(getattr(thing, attribute) for thing in scene.objects)
        for word, count in counts.items():
            yield {attribute: word}, NUMBERS[count - 1], frozenset()

    return candidates


def _pairs(scene: Scene) -> Iterator[tuple[SceneObject, SceneObject, dict[str, str]]]:
    things = unique_objects(scene)
    for thing in things:
        for other in things:
            if thing is not other:
                yield thing, other, _name(thing) | _name(other, "_2")


def _name(thing: SceneObject, suffix: str = "") -> dict[str, str]:
    return {f"colour{suffix}": thing.colour, f"shape{suffix}": thing.shape}


def _relation_yes_no(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    for thing, other, names in _pairs(scene):
        true = relations_between(thing, other)
        for word in RELATIONS:
            answer = "yes" if word in true else "no"
            yield {"relation": word} | names, answer, frozenset({thing.cell, other.cell})


def _relation_open(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    for thing, other, names in _pairs(scene):
        words = relations_between(thing, other)
        if len(words) == 1:
            yield names, words[0], frozenset({thing.cell, other.cell})


def _of_named(attribute: str) -> Candidates:
    def candidates(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
        for thing in unique_objects(scene):
            yield _name(thing), getattr(thing, attribute), frozenset({thing.cell})

    return candidates


def _of_only(given: str, asked: str) -> Candidates:
    """Ask for one attribute of the only object with another, as in "the circle"."""

    def candidates(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
        counts = Counter(getattr(thing, given) for thing in scene.objects)
        for thing in scene.objects:
            word = getattr(thing, given)
            if counts[word] == 1:
                yield {given: word}, getattr(thing, asked), frozenset({thing.cell})

    return candidates


def _of_cell(attribute: str) -> Candidates:
    def candidates(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
        for thing in scene.objects:
            cell = {"row": thing.row, "column": thing.column}
            yield cell, getattr(thing, attribute), frozenset({thing.cell})

    return candidates


def _exists(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    """Pairs that are there, and absent ones that differ from one of those in one word."""
    there = {(thing.colour, thing.shape): thing.cell for thing in scene.objects}
    for colour, shape in known_words(scene).pairs:
        near = frozenset(
            cell
            for name, cell in there.items()
            if (name[0] == colour) != (name[1] == shape) or name == (colour, shape)
        )
        answer = "yes" if (colour, shape) in there else "no"
        if near:
            yield {"colour": colour, "shape": shape}, answer, near


def _placed(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    """Objects at their cells, and the same with one word changed, each kind of word alike often."""
    facts = [_placement(thing) for thing in scene.objects]
    pairs = known_words(scene).pairs
    for thing, fact in zip(scene.objects, facts, strict=True):
        yield fact, "yes", frozenset({thing.cell})
        for slot in fact:
            words = slot_values(slot)
            changed = fact | {slot: words[int(rng.integers(len(words)))]}
            if changed not in facts and (changed["colour"], changed["shape"]) in pairs:
                yield changed, "no", frozenset({thing.cell})


def _placement(thing: SceneObject) -> dict[str, str]:
    return {"row": thing.row, "column": thing.column, "size": thing.size} | _name(thing)


def _sign(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    if scene.sign is not None:
        yield {}, " ".join(scene.sign.letters), frozenset()


def _tiny_colour(scene: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    if scene.tiny is not None:
        yield {"kind": scene.tiny.kind}, scene.tiny.colour, frozenset()


_CANDIDATES: dict[str, Candidates] = {
    "count_total": _count_total,
    "count_colour": _count_by("colour"),
    "count_shape": _count_by("shape"),
    "relation_yes_no": _relation_yes_no,
    "relation_open": _relation_open,
    "row": _of_named("row"),
    "column": _of_named("column"),
    "colour": _of_only("shape", "colour"),
    "shape": _of_only("colour", "shape"),
    "size": _of_named("size"),
    "shape_at": _of_cell("shape"),
    "colour_at": _of_cell("colour"),
    "exists": _exists,
    "placed": _placed,
    "sign": _sign,
    "tiny_colour": _tiny_colour,
}
