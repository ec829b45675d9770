"""Lists of a scene's objects, from which a backbone first learns what stands where."""

import numpy as np

from tldr_reward.world.scenes import COLUMNS, ROWS, Scene, SceneObject

LIST_PROMPT = "list the objects."
PLACE_FIRST_SHARE = 0.5


def list_objects(scene: Scene, rng: np.random.Generator) -> str:
    """All objects in random order, each with its place: "big red circle top first."

    Nearly every word follows from the scene and the words before it, where a caption leaves
    most of its words open; without such lists small decoders do not learn to look at one cell
    in the first thousand steps. Half of them name the place first: looking up the place of a
    thing and the thing at a place are learned apart. Detection plays this part in the
    pre-training of the real PaliGemma.
    """
    order = rng.permutation(len(scene.objects))
    return " ".join(_entry(scene.objects[index], rng) for index in order)


def _entry(thing: SceneObject, rng: np.random.Generator) -> str:
    place = f"{ROWS[thing.cell // len(COLUMNS)]} {COLUMNS[thing.cell % len(COLUMNS)]}"
    name = f"{thing.size} {thing.colour} {thing.shape}"
    words = (place, name) if rng.random() < PLACE_FIRST_SHARE else (name, place)
    return f"{' '.join(words)}."
