"""Small real backbones and random images for the tests of models."""

import numpy as np
from PIL import Image

from tldr_reward.backbones.architectures import MiniSize, build_backbone
from tldr_reward.backbones.interface import Backbone

WORDS = (
    "a big red blue circle square is in the top bottom row first second column there no not of "
    "describe image how many objects are one two three left right . , ? (A) (B) (C) (D)"
).split()
SIZE = MiniSize(
    width=32, layers=3, heads=2, mlp=48, vision_width=32, vision_layers=2, vision_mlp=48, merge=2
)
ARCHITECTURES = ("paligemma", "llama", "qwen2_vl")


def small_backbone(name: str, seed: int = 0) -> Backbone:
    """A frozen backbone of an architecture with random weights."""
    backbone = build_backbone(name, SIZE, WORDS, seed)
    backbone.model.requires_grad_(False).eval()
    return backbone


def random_images(count: int, seed: int = 0) -> list[Image.Image]:
    """RGB images of 64 x 64 random pixels."""
    rng = np.random.default_rng(seed)
    return [
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(count)
    ]
