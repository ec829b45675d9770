"""Drills: one true statement about a scene each, by which a backbone first learns to see.

They are the captions' own sentences, but plain ones and one at a time, and questions that a word
answers: nearly every word follows from the scene and the words before it, where a caption leaves
most of its words open and has many things between which a decoder may confuse. Without drills,
decoders of this size do not learn to look at one cell within the steps that two cores can take.
Detection and short questions play this part in the pre-training of the real PaliGemma.
"""

from collections.abc import Mapping

import numpy as np

from tldr_reward.world.facts import MEANINGS, Fact, facts_of
from tldr_reward.world.grammar import forms_of
from tldr_reward.world.scenes import Scene, one_of

# Looking things up, on which the other drills build, is drilled alone at first.
LOOK_PROMPTS = ("name a thing.", "place a thing.")
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
# The kind of question that is drilled beside them: relations are learned from short answers.
DRILLED_QUESTION = "relation_open"
# Most counts are one; only a share of those is said, or one would always be the best guess.
SINGLE_SHARE = 0.4


def write_drill(scene: Scene, prompt: str, rng: np.random.Generator) -> str | None:
    """A true statement of a drill's meanings at random; None where there is nothing to say."""
    said = {
        meaning: [fact for fact in sorted(facts_of(scene, meaning)) if _is_said(meaning, fact, rng)]
        for meaning in DRILLS[prompt]
    }
    # First what is spoken of: of the few signs as often as of the many things that stand somewhere.
    meanings = [meaning for meaning, facts in said.items() if facts]
    if not meanings:
        return None
    meaning = one_of(rng, meanings)
    fact = one_of(rng, said[meaning])
    form = one_of(rng, forms_of(meaning, negated=False))
    return form.write(dict(zip(MEANINGS[meaning].slots, fact, strict=True)))


def _is_said(meaning: str, fact: Fact, rng: np.random.Generator) -> bool:
    values = dict(zip(MEANINGS[meaning].slots, fact, strict=True))
    return values.get("number") != "one" or rng.random() < SINGLE_SHARE
