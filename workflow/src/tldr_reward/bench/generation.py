"""Greedy generation: many images together, beside a loop of `generate` over images."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.placement import Placement
from tldr_reward.bench import measuring
from tldr_reward.bench.geometries import make_backbone
from tldr_reward.errors import InputError
from tldr_reward.generate.greedy import greedy_responses

FORMAT = "bench-generation/1"
PROMPT = "describe the image."
_TOKENS = 40


def random_pictures(count: int, side: int, seed: int = 0) -> list[Image.Image]:
    """RGB pictures of random blocks of colour."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    return [Image.fromarray(block).resize((side, side), Image.NEAREST) for block in blocks]


@torch.no_grad()
def image_by_image(
    backbone: Backbone, images: list[Image.Image], prompt: str, max_new_tokens: int
) -> list[str]:
    """What the library's own `generate` says of each image, one after the other."""
    processor, found = backbone.processor, []
    mark = "<image>" if backbone.model.config.model_type == "paligemma" else "<|image|>"
    for image in images:
        inputs = processor(images=image, text=f"{mark}{prompt}", return_tensors="pt")
        inputs = inputs.to(backbone.model.device, backbone.model.dtype)
        inputs.pop("labels", None)
        output = backbone.model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
        new = output[0, inputs["input_ids"].shape[1] :]
        found.append(processor.tokenizer.decode(new, skip_special_tokens=True).strip())
    return found


def measured_generation(
    geometry: str,
    architecture: str,
    placement: Placement,
    rounds: int,
    images: int,
    folder: Path | None = None,
    clock: str = "wall",
) -> dict:
    """Captions of `images` images both ways, as a JSON object."""
    if geometry == "full":
        raise InputError("generation at geometry 'full'; allowed: mini, paper (random weights)")
    backbone = make_backbone(geometry, architecture, placement, folder)
    pictures = random_pictures(images, backbone.side())
    said: dict[str, list[str]] = {}

    def together() -> None:
        found = greedy_responses(backbone, pictures, [PROMPT] * images, _TOKENS, "captions")
        said["ours"] = [one.text for one in found]

    def one_by_one() -> None:
        said["peer"] = image_by_image(backbone, pictures, PROMPT, _TOKENS)

    device = backbone.model.device
    runs = {
        "ours": lambda: measuring.timed(together, device, clock),
        "peer": lambda: measuring.timed(one_by_one, device, clock),
    }
    seconds = measuring.in_turns(runs, rounds, "generation")
    equal = sum(a == b for a, b in zip(said["ours"], said["peer"], strict=True))
    found = {
        "format": FORMAT,
        "geometry": geometry,
        "backbone": architecture,
        "device": device.type,
        "clock": clock,
        "threads": torch.get_num_threads(),
        "weights": "random" if folder is None else "trained",
        "images": images,
        "max_new_tokens": _TOKENS,
        "equal_texts": equal,
        "ours_against_peer": measuring.ratio(seconds["peer"], seconds["ours"]),
    }
    return found | {name: measuring.summary(some) for name, some in seconds.items()}
