"""Drills: one true statement about a scene each, by which a backbone first learns to see.

They are the captions' own sentences, but plain ones and one at a time, and questions that a word
answers: what a sentence says of what it speaks about follows from the scene, where a caption leaves
most of its words open and has many things between which a decoder may confuse. Without drills,
decoders of this size do not learn to look at one cell within the steps that two cores can take.
Detection and short questions play this part in the pre-training of the real PaliGemma.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from tldr_reward.world.facts import MEANINGS, Fact, facts_of, unique_objects
from tldr_reward.world.grammar import Form, forms_of
from tldr_reward.world.scenes import Scene, one_of

# The meanings that each drill speaks of, by its prompt.
DRILLS: Mapping[str, tuple[str, ...]] = {
    "name a thing.": ("placed_sized", "placed", "tiny", "sign"),
    # A column alone: said after its row, it could be guessed from the few things in that row.
    "place a thing.": ("object_row", "object_column"),
    "inspect a thing.": (
        "object_size",
        "shape_colour",
        "colour_shape",
        "cell_shape",
        "cell_colour",
    ),
    "count things.": ("count_total", "count_colour", "count_shape", "count_size"),
}
# The kind of question that is drilled beside them, and what its answer follows from: where both
# things stand. Llama's decoder does not learn the one without the other.
DRILLED_QUESTION = "relation_open"
PLACES = "places"
# Most counts are one; only a share of those is said, or one would always be the best guess.
SINGLE_SHARE = 0.4


def write_drill(scene: Scene, prompt: str, rng: np.random.Generator) -> str | None:
    """A true statement of a drill's meanings at random; None where there is nothing to say."""
    said = {
        meaning: [fact for fact in _decided_facts(scene, meaning) if _is_said(meaning, fact, rng)]
        for meaning in DRILLS[prompt]
    }
    # First what is spoken of: of the few signs as often as of the many things that stand somewhere.
    meanings = [meaning for meaning, facts in said.items() if facts]
    if not meanings:
        return None
    meaning = one_of(rng, meanings)
    fact = one_of(rng, said[meaning])
    form = one_of(rng, _asking_forms(meaning))
    return form.write(dict(zip(MEANINGS[meaning].slots, fact, strict=True)))


def write_places(scene: Scene, rng: np.random.Generator) -> tuple[str, str] | None:
    """A prompt that names two things and the cells that they are in; None without two to name."""
    things = unique_objects(scene)
    if len(things) < 2:
        return None
    first, second = (things[index] for index in rng.permutation(len(things))[:2])
    names = [f"the {thing.colour} {thing.shape}" for thing in (first, second)]
    cells = [f"{thing.row} {thing.column}" for thing in (first, second)]
    return f"place {names[0]} relative to {names[1]}.", " ".join(cells)


def _asking_forms(meaning: str) -> tuple[Form, ...]:
    """Forms that say first what they speak about, so that the scene decides what is left."""
    forms, given = forms_of(meaning, negated=False), MEANINGS[meaning].given
    asking = tuple(form for form in forms if set(form.placeholders()[: len(given)]) == set(given))
    return asking or forms


def _decided_facts(scene: Scene, meaning: str) -> list[Fact]:
    """Facts of what is one of its kind: of two circles, "the circle is ..." could go on twice."""
    slots, given = MEANINGS[meaning].slots, MEANINGS[meaning].given
    facts = sorted(facts_of(scene, meaning))
    places = [slots.index(slot) for slot in given]
    asked = Counter(tuple(fact[place] for place in places) for fact in facts)
    return [fact for fact in facts if asked[tuple(fact[place] for place in places)] == 1]


def _is_said(meaning: str, fact: Fact, rng: np.random.Generator) -> bool:
    values = dict(zip(MEANINGS[meaning].slots, fact, strict=True))
    return values.get("number") != "one" or rng.random() < SINGLE_SHARE
