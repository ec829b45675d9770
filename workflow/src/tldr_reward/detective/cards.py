"""What a reward model was trained on, and so what it can know."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from PIL import Image

# Side of the scene world's images in pixels. A backbone that sees images of this size was trained
# from scratch on the scene world.
SCENE_SIDE = 64
SCENE_WORLD = "the scene world (64 x 64 drawings of coloured shapes) and nothing else"
SCENE_PROMPT = "describe the image."
PROMPT = "Describe the image in detail."
# A scene's background is one grey with noise of 6 levels, and covers most of the image.
_GREY_SPREAD, _NOISE_LEVELS, _BACKGROUND = 8.0, 24, 0.5


@dataclasses.dataclass(frozen=True)
class Card:
    """Facts of a reward model's own files; `scale`, `licence` and `base_model` may be unknown.

    `known_world` says in words what the model knows, None where its backbone was trained
    elsewhere. `level` is "response" for a naive model. `metrics` are shares on test captions.
    """

    run: str
    loss: str
    level: str
    steps: int
    seed: int
    backbone: str
    image_side: int
    prompt: str
    known_world: str | None
    scale: str | None = None
    base_model: str | None = None
    licence: str | None = None
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)


def scene_doubt(image: Image.Image) -> str | None:
    """Why an image is none of the scene world's, or None where nothing speaks against it."""
    if image.size != (SCENE_SIDE, SCENE_SIDE):
        return f"it has {image.width} x {image.height} pixels"
    pixels = np.asarray(image.convert("RGB"), dtype=float).reshape(-1, 3)
    middle = np.median(pixels, axis=0)
    near = np.all(np.abs(pixels - middle) <= _NOISE_LEVELS, axis=1)
    if np.ptp(middle) > _GREY_SPREAD or near.mean() < _BACKGROUND:
        return "it has no even grey background"
    return None
