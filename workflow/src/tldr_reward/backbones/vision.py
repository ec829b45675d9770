"""Pre-training of a mini backbone's vision tower: what stands in each cell of the image."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image

from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.optimizers import Optimizers, trapezoid
from tldr_reward.progress import Progress


@dataclasses.dataclass(frozen=True)
class VisionSettings:
    """Steps, images a step, peak learning rates (Muon; AdamW), warm-up steps, seed."""

    steps: int
    batch_images: int
    learning_rate: float
    adamw_learning_rate: float
    warmup_steps: int
    seed: int


def cell_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of cells [N, cells], where something is and where nothing is counted alike.

    Four cells in five are empty; counted by number they would drown the rare tiny things.
    """
    each = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), target.flatten(), reduction="none"
    )
    present = (target > 0).flatten()
    parts = [each[chosen].mean() for chosen in (present, ~present) if chosen.any()]
    return sum(parts, torch.zeros(()))


def train_vision(
    backbone: Backbone,
    images: Sequence[Image.Image],
    labels: Mapping[str, np.ndarray],
    classes: Mapping[str, int],
    settings: VisionSettings,
) -> dict[str, float]:
    """Train the tower in place to classify cells; returns each attribute's last accuracy.

    `labels[attribute]` is [N, cells] of class indices. Linear heads on the tower's output are
    trained beside it and dropped. Cells where an attribute is absent count with class 0.
    """
    torch.manual_seed(settings.seed)
    tower = backbone.vision_tower().requires_grad_(True).train()
    width = backbone.projector_input_width()
    heads = torch.nn.ModuleDict(
        {name: torch.nn.Linear(width, count) for name, count in classes.items()}
    )
    named = [*tower.named_parameters(), *heads.named_parameters(prefix="embed_heads")]
    optimizers = Optimizers(named, settings.learning_rate, settings.adamw_learning_rate)
    targets = {name: torch.from_numpy(values).long() for name, values in labels.items()}
    pixels = _all_pixels(backbone, images)
    order = np.random.default_rng(settings.seed)
    progress = Progress(settings.steps, "vision tower")
    accuracy: dict[str, float] = {}
    for step in range(settings.steps):
        rows = order.choice(len(images), min(len(images), settings.batch_images), replace=False)
        batch = {key: all_[rows] for key, all_ in pixels.items()}
        batch["pixel_values"] = shifted(batch["pixel_values"], order)
        features = backbone.trainable_features(batch)
        loss = torch.zeros(())
        for name, head in heads.items():
            target = targets[name][rows]
            logits = head(features[:, -target.shape[1] :])
            loss = loss + cell_loss(logits, target)
            if step + 1 == settings.steps:
                right = (logits.argmax(-1) == target)[target > 0]
                accuracy[name] = right.float().mean().item()
        loss.backward()
        optimizers.step(trapezoid(step, settings.steps, settings.warmup_steps))
        progress.step({"loss": f"{loss.item():.3f}"})
    tower.requires_grad_(False).eval()
    return accuracy


def shifted(images: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Images [N, ..., height, width], each moved by up to a pixel in each direction, edges wrapped.

    A tower that met the same pixels at every pass would learn them by heart.
    """
    moves = rng.integers(-1, 2, size=(len(images), 2))
    moved = torch.empty_like(images)
    for move in np.unique(moves, axis=0):
        rows = torch.from_numpy((moves == move).all(axis=1))
        moved[rows] = torch.roll(images[rows], tuple(move.tolist()), (-2, -1))
    return moved


def _all_pixels(
    backbone: Backbone, images: Sequence[Image.Image], chunk: int = 256
) -> dict[str, torch.Tensor]:
    # Once and not at every step: the image processor takes longer than the tower does.
    progress = Progress(len(images), "pixels")
    parts = []
    for start in range(0, len(images), chunk):
        parts.append(backbone.pixels(images[start : start + chunk]))
        progress.step(count=len(images[start : start + chunk]))
    return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
