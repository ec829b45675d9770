"""Backbones and responses of three geometries: mini, paper (cut for processors), full."""

import dataclasses
import types
from pathlib import Path

import torch
from transformers import AutoModelForImageTextToText

from tldr_reward.backbones.architectures import MiniSize, build_backbone
from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.folders import CLASSES, load_backbone
from tldr_reward.backbones.interface import Backbone, Response
from tldr_reward.backbones.placement import Placement
from tldr_reward.backbones.published import published_config
from tldr_reward.errors import InputError

_WORDS = [f"word{number}" for number in range(80)]
_PROMPT = 6  # words


@dataclasses.dataclass(frozen=True)
class Geometry:
    """Sizes of a backbone (None: the published ones) and of what it is trained on and scores.

    A unit of work is `images` with `captions` responses each, of `mean` tokens give or take
    `spread`. `images_a_batch` are tried for this package, `rows_a_batch` for its peer. `growth` are
    three sizes of (images, captions of each, tokens of each).
    """

    size: MiniSize | None
    images: int
    captions: int
    mean: int
    spread: int
    rank: int
    images_a_batch: tuple[int, ...]
    rows_a_batch: tuple[int, ...]
    growth: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


# mini's are the sizes of config.yaml, and captions as its training set has them; a unit is as many
# as the package scores together there. The paper's images have 1,024 tokens and about nine
# captions; width and depth are cut until two processors can.
GEOMETRIES = {
    "mini": Geometry(
        MiniSize(mlp=256, vision_mlp=512), 64, 4, 36, 12, 64, (8, 16, 64), (8, 16, 64, 256),
        ((8, 16, 32), (2, 4, 8), (20, 40, 80)),
    ),
    "paper": Geometry(
        MiniSize(256, 4, 4, 1024, 128, 2, 256, image=512, context=2048),
        1, 9, 120, 12, 64, (1,), (1, 3, 9),
        ((1, 2, 4), (3, 6, 12), (60, 120, 240)),
    ),
    "full": Geometry(
        None, 8, 9, 120, 12, 512, (1, 2, 4, 8), (1, 2, 4, 8, 16),
        ((2, 4, 8), (3, 6, 12), (60, 120, 240)),
    ),
    "tiny": Geometry(
        MiniSize(32, 3, 2, 48, 32, 2, 48), 2, 3, 9, 2, 4, (1, 2), (2, 3),
        ((1, 2, 4), (1, 2, 4), (4, 8, 16)),
    ),
}  # fmt: skip


def make_backbone(
    name: str, architecture: str, placement: Placement, folder: Path | None = None
) -> Backbone:
    """A frozen backbone of a geometry: from a folder, else with random weights (seed 0)."""
    if name not in GEOMETRIES:
        raise InputError(f"geometry {name!r}; allowed: {', '.join(GEOMETRIES)}")
    if folder is not None:
        return load_backbone(folder, placement)
    size = GEOMETRIES[name].size
    if size is None:
        return _published(architecture, placement)
    backbone = build_backbone(architecture, size, _WORDS, 0)
    backbone.model.to(placement.device, getattr(torch, placement.dtype))
    backbone.model.requires_grad_(False).eval()
    return backbone


def _published(architecture: str, placement: Placement) -> Backbone:
    """The published configuration with random weights; it has no tokenizer and needs none here."""
    config = published_config(architecture)
    torch.manual_seed(0)
    with torch.device(placement.device):
        model = AutoModelForImageTextToText.from_config(
            config,
            dtype=getattr(torch, placement.dtype),
            attn_implementation=placement.attention,
        )
    model.requires_grad_(False).eval()
    pad = config.get_text_config().pad_token_id or 0
    stand_in = types.SimpleNamespace(tokenizer=types.SimpleNamespace(pad_token_id=pad))
    return CLASSES[config.model_type](model, stand_in)


def random_pixels(backbone: Backbone, count: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """What the vision tower takes for `count` images of random pixels, all tiles in use."""
    config = backbone.model.config.vision_config
    side = config.image_size
    generator = torch.Generator("cpu").manual_seed(seed)
    if backbone.model.config.model_type == "paligemma":
        pixels = torch.rand(count, 3, side, side, generator=generator, device="cpu")
        return {"pixel_values": _placed(backbone, pixels * 2 - 1)}
    tiles = config.max_num_tiles
    pixels = torch.rand(count, 1, tiles, 3, side, side, generator=generator, device="cpu")
    shapes = [rows * columns for rows, columns in config.supported_aspect_ratios]
    device = backbone.model.device
    return {
        "pixel_values": _placed(backbone, pixels * 2 - 1),
        # Ids of shapes count from 1.
        "aspect_ratio_ids": torch.full((count, 1), 1 + shapes.index(tiles), device=device),
        "aspect_ratio_mask": torch.ones(count, 1, tiles, dtype=torch.long, device=device),
    }


def _placed(backbone: Backbone, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(backbone.model.device, backbone.model.dtype)


@torch.no_grad()
def features_of(backbone: Backbone, pixels: dict[str, torch.Tensor]) -> torch.Tensor:
    """Vision features before the projector [N, image tokens, vision width], as commands have it.

    Images go through the vision tower together.
    """
    return backbone.trainable_features(pixels)


def random_items(
    backbone: Backbone,
    image_tokens: int,
    images: int,
    captions: int,
    mean: int,
    spread: int,
    seed: int = 0,
) -> list[Item]:
    """Responses of random tokens, `captions` to each image, images in order."""
    generator = torch.Generator("cpu").manual_seed(seed)
    config = backbone.model.config
    # Above the marks that a sequence begins, ends and is filled up with.
    first, last = 8, min(config.get_text_config().vocab_size, config.image_token_id) - 1

    def words(count: int) -> tuple[int, ...]:
        return tuple(
            torch.randint(first, last, (count,), generator=generator, device="cpu").tolist()
        )

    places = image_tokens if config.model_type == "paligemma" else 1
    prompt = (config.image_token_id,) * places + words(_PROMPT)
    found = []
    for image in range(images):
        for _ in range(captions):
            drawn = mean + spread * torch.randn((), generator=generator, device="cpu").item()
            length = round(min(max(drawn, mean - 2 * spread), mean + 2 * spread))
            found.append(Item(image, prompt, Response(words(max(1, length)), ())))
    return found
