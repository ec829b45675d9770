"""Claims: what a dense caption chooses to say about a scene, plainly or as a true denial."""

import dataclasses

import numpy as np

from tldr_reward.world.asking import known_words
from tldr_reward.world.facts import MEANINGS, Fact, facts_of, relations_between, unique_objects
from tldr_reward.world.lexicon import RELATIONS, slot_values
from tldr_reward.world.scenes import CELLS, COLUMNS, ROWS, Scene, SceneObject, one_of

PLACED = (1, 3)
SIZED_SHARE = 0.6
COUNT_SHARES = {"count_total": 0.3, "count_colour": 0.3, "count_shape": 0.25, "count_size": 0.15}
# Cells are what captions speak of most, so cells are denied most.
_DENIED = ("exists", "placed", "placed", "moved", "moved", "relation", "count", "tiny", "sign")
_TRIES = 20


@dataclasses.dataclass(frozen=True)
class Claim:
    """A sentence to be: a meaning and its slots' values, said plainly or denied.

    `there` says of a denial that the thing it speaks of exists, so that "is not" can be said.
    """

    meaning: str
    fact: Fact
    negated: bool = False
    there: bool = False


def claim_relation(scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]) -> list[Claim]:
    """Where one uniquely named object is relative to another; both are then spoken of."""
    things = [thing for thing in unique_objects(scene) if thing not in spoken]
    if len(things) < 2:
        return []
    thing, other = (things[index] for index in rng.permutation(len(things))[:2])
    spoken |= {thing, other}
    word = one_of(rng, relations_between(thing, other))
    return [Claim("relation", (word, thing.colour, thing.shape, other.colour, other.shape))]


def claim_places(scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]) -> list[Claim]:
    """The cells of 1-3 objects not spoken of before; fewer where there are no more."""
    left = [thing for thing in scene.objects if thing not in spoken]
    count = min(len(left), int(rng.integers(PLACED[0], PLACED[1] + 1)))
    chosen = [left[index] for index in rng.permutation(len(left))[:count]]
    spoken |= set(chosen)
    return [_placement(thing, thing.cell, rng) for thing in chosen]


def claim_existence(
    scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]
) -> list[Claim]:
    """That an object not spoken of before is there."""
    left = [thing for thing in scene.objects if thing not in spoken]
    if not left:
        return []
    thing = one_of(rng, left)
    spoken.add(thing)
    return [Claim("exists", (thing.colour, thing.shape))]


def claim_count(scene: Scene, rng: np.random.Generator) -> list[Claim]:
    """A count; each number that is true of some attribute alike likely, lest most be "one"."""
    names = list(COUNT_SHARES)
    meaning = names[int(rng.choice(len(names), p=list(COUNT_SHARES.values())))]
    facts = sorted(facts_of(scene, meaning))
    if not facts:
        return []
    number = one_of(rng, sorted({fact[-1] for fact in facts}))
    return [Claim(meaning, one_of(rng, [fact for fact in facts if fact[-1] == number]))]


def claim_absence(scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]) -> list[Claim]:
    """A true denial of something that nearly is: any meaning that a caption may state plainly.

    Denials would otherwise be found in perturbed captions alone.
    """
    kind = one_of(rng, _DENIED)
    left = [thing for thing in scene.objects if thing not in spoken]
    if kind == "exists":
        return _deny_changed(scene, rng, "exists", one_of(rng, scene.objects))
    if kind == "placed":
        meaning = "placed_sized" if rng.random() < SIZED_SHARE else "placed"
        return _deny_changed(scene, rng, meaning, one_of(rng, left or scene.objects))
    if kind == "moved":
        return _deny_moved(scene, rng, spoken)
    if kind == "relation":
        return _deny_relation(scene, rng, spoken)
    if kind == "count":
        return [
            denial
            for claim in claim_count(scene, rng)
            for denial in _changed(scene, rng, claim, "number")
        ]
    facts = sorted(facts_of(scene, kind))
    fact = facts[0] if facts else tuple(one_of(rng, slot_values(s)) for s in MEANINGS[kind].slots)
    return _changed(scene, rng, Claim(kind, fact), one_of(rng, MEANINGS[kind].slots))


def _deny_changed(
    scene: Scene, rng: np.random.Generator, meaning: str, thing: SceneObject
) -> list[Claim]:
    """That an object with one word changed is there; nothing when no change was found."""
    slots = MEANINGS[meaning].slots
    fact = tuple(getattr(thing, slot) for slot in slots)
    for _ in range(_TRIES):
        for claim in _changed(scene, rng, Claim(meaning, fact), one_of(rng, slots)):
            named = dict(zip(slots, claim.fact, strict=True))
            if (named["colour"], named["shape"]) in known_words(scene).pairs:
                return [claim]
    return []


def _changed(scene: Scene, rng: np.random.Generator, claim: Claim, slot: str) -> list[Claim]:
    """The denial of a claim with one slot changed; nothing where every change is true as well."""
    index = MEANINGS[claim.meaning].slots.index(slot)
    facts = facts_of(scene, claim.meaning)
    words = slot_values(slot)
    if slot == "number":  # a count that is nearly right
        words = known_words(scene).numbers
        at = words.index(claim.fact[index])
        words = words[max(0, at - 2) : at + 3]
    changed = [(*claim.fact[:index], word, *claim.fact[index + 1 :]) for word in words]
    false = [fact for fact in changed if fact not in facts]
    return [Claim(claim.meaning, one_of(rng, false), negated=True)] if false else []


def _deny_moved(scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]) -> list[Claim]:
    """That an object not spoken of is in a cell where none like it is; it is then spoken of.

    Another one must be left, for a caption to say plainly where it is.
    """
    left = [thing for thing in scene.objects if thing not in spoken]
    if len(left) < 2:
        return []
    thing = one_of(rng, left)
    claim = _placement(thing, int(rng.integers(CELLS)), rng)
    if claim.fact in facts_of(scene, claim.meaning):
        return []
    spoken.add(thing)
    return [dataclasses.replace(claim, negated=True, there=True)]


def _deny_relation(scene: Scene, rng: np.random.Generator, spoken: set[SceneObject]) -> list[Claim]:
    """That two objects not spoken of stand to each other as they do not; one more must be left."""
    claims: list[Claim] = []
    if len(scene.objects) - len(spoken) < 3:
        return claims
    for claim in claim_relation(scene, rng, spoken):
        facts = facts_of(scene, "relation")
        words = [word for word in RELATIONS if (word, *claim.fact[1:]) not in facts]
        fact = (one_of(rng, words), *claim.fact[1:])
        claims.append(Claim("relation", fact, negated=True, there=True))
    return claims


def _placement(thing: SceneObject, cell: int, rng: np.random.Generator) -> Claim:
    size = (thing.size,) if rng.random() < SIZED_SHARE else ()
    meaning = "placed_sized" if size else "placed"
    return Claim(meaning, (ROWS[cell // 4], COLUMNS[cell % 4], *size, thing.colour, thing.shape))
