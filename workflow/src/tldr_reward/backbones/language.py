"""Pre-training of a mini backbone's decoder and projector on drills, captions and questions."""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import torch

from tldr_reward.backbones.batches import Item, Source, collate, draw_sources, predicting_states
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.optimizers import Optimizers, trapezoid
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import HistoryRow


@dataclasses.dataclass(frozen=True)
class LanguageSettings:
    """Steps, peak rates (Muon; Muon on queries and keys; AdamW), their schedule, seed."""

    steps: int
    learning_rate: float
    query_key_learning_rate: float
    adamw_learning_rate: float
    warmup_steps: int
    decay_share: float
    checkpoint_steps: int
    seed: int


def answer_losses(
    backbone: Backbone, groups: Sequence[Sequence[Item]], features: Features
) -> list[torch.Tensor]:
    """Of each group of items, the mean cross-entropy of its response tokens and end marks.

    Tokens weigh what their items say, the end mark 1. All groups go through the model together.
    """
    items = [item for group in groups for item in group]
    tokenizer = backbone.tokenizer
    batch = collate(items, features, tokenizer.pad_token_id)
    states = predicting_states(backbone, batch)
    rows = torch.arange(len(items))
    targets = torch.nn.functional.pad(batch.ids, (0, 1), value=tokenizer.pad_token_id)
    targets[rows, batch.mask.sum(1)] = tokenizer.eos_token_id
    real = torch.nn.functional.pad(batch.mask, (1, 0), value=True)
    weights = torch.ones(targets.shape)
    for row, item in enumerate(items):
        if item.weights:
            weights[row, : len(item.weights)] = torch.tensor(item.weights)
    each = torch.nn.functional.cross_entropy(
        backbone.logits(states[real]), targets[real], reduction="none"
    )
    weights = weights[real]
    group = torch.tensor([index for index, some in enumerate(groups) for _ in some])
    own = group.unsqueeze(1).expand_as(targets)[real]
    return [
        (each * weights)[own == index].sum() / weights[own == index].sum()
        for index in range(len(groups))
    ]


def answer_loss(backbone: Backbone, items: Sequence[Item], features: Features) -> torch.Tensor:
    """The loss of one group of items."""
    return answer_losses(backbone, [items], features)[0]


def train_language(
    backbone: Backbone,
    sources: Sequence[Source],
    features: Features,
    settings: LanguageSettings,
    checkpoints: Checkpoints,
    keep: Callable[[int], None],
) -> list[HistoryRow]:
    """Train decoder, projector and LM head in place; vision features are frozen.

    Each source gives a loss of its own, the mean over its response tokens; their sum is trained.
    `keep(step)` is called after every step, to save the folders that table 3 needs.
    """
    trained = [
        (name, tensor) for name, tensor in backbone.model.named_parameters() if "vision" not in name
    ]
    for _, tensor in trained:
        tensor.requires_grad_(True)
    backbone.model.train()
    own_rates = dict.fromkeys(("q_proj", "k_proj"), settings.query_key_learning_rate)
    optimizers = Optimizers(
        trained, settings.learning_rate, settings.adamw_learning_rate, own_rates
    )
    start, history = 0, []
    if state := checkpoints.load():
        start, tensors, rows = state
        optimizers.restore(tensors)
        history = [HistoryRow(**row) for row in rows]
    progress = Progress(settings.steps, "language model", start=start)
    for step in range(start, settings.steps):
        began = time.monotonic()
        drawn = draw_sources(sources, step, settings.seed)
        values = answer_losses(backbone, list(drawn.values()), features)
        losses = {name: value.item() for name, value in zip(drawn, values, strict=True)}
        for name, value in losses.items():
            if not math.isfinite(value):
                where = f"{name} of images {_images(drawn[name])}"
                raise InputError(f"the loss is {value} at step {step}, {where}")
        torch.stack(values).sum().backward()
        tokens = sum(len(item.response.ids) + 1 for items in drawn.values() for item in items)
        scale = trapezoid(step, settings.steps, settings.warmup_steps, settings.decay_share)
        optimizers.step(scale)
        speed = tokens / (time.monotonic() - began)
        mean = sum(losses.values()) / len(losses)
        history.append(HistoryRow(step + 1, mean, speed, scale * settings.learning_rate))
        facts = {name: f"{loss:.3f}" for name, loss in losses.items()}
        progress.step(facts | {"tokens/s": f"{speed:.0f}"})
        keep(step + 1)
        if (step + 1) % settings.checkpoint_steps == 0 and step + 1 < settings.steps:
            saved = [dataclasses.asdict(row) for row in history]
            checkpoints.save(step + 1, optimizers.tensors(), saved)
    backbone.model.requires_grad_(False).eval()
    return history


def _images(items: Sequence[Item]) -> list[int]:
    return sorted({item.image for item in items})[:8]
