"""Training of reward models, token-level (TLDR) and response-level (naive), alike but for loss."""

import dataclasses
import time
from collections.abc import Sequence

import torch

from tldr_reward.backbones.batches import Item, collate, draw_groups
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.backbones.interface import pad_ids
from tldr_reward.backbones.language import HistoryRow
from tldr_reward.backbones.optimizers import Optimizers, cosine
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.reward.model import RewardModel


@dataclasses.dataclass(frozen=True)
class RewardSettings:
    """Steps, images a step, peak learning rates (Muon on LoRA; AdamW on the head), seed.

    `bad_weight` multiplies the loss of bad tokens; 1 is the paper's plain loss.
    """

    steps: int
    batch_images: int
    learning_rate: float
    adamw_learning_rate: float
    warmup_steps: int
    checkpoint_steps: int
    bad_weight: float
    seed: int


@dataclasses.dataclass(frozen=True)
class LabelledItem:
    """A response with the gold label of each of its tokens (True: good)."""

    item: Item
    good: tuple[bool, ...]


Targets = tuple[torch.Tensor, torch.Tensor]


def token_targets(good: torch.Tensor, mask: torch.Tensor) -> Targets:
    """Labels [S, L] and where they count: every response token (the TLDR model)."""
    return good, mask


def response_targets(good: torch.Tensor, mask: torch.Tensor) -> Targets:
    """Labels [S, L] and where they count: the last token alone (the naive model).

    Its label is the response's: good when all tokens are.
    """
    last = torch.zeros_like(mask)
    last[torch.arange(len(mask)), mask.sum(1) - 1] = True
    return (good | ~mask).all(dim=1, keepdim=True).expand_as(good), last


LOSSES = {"tldr": token_targets, "naive": response_targets}


def batch_loss(
    model: RewardModel,
    members: Sequence[LabelledItem],
    features: torch.Tensor,
    loss: str,
    bad_weight: float,
) -> torch.Tensor:
    """Binary cross-entropy, averaged over the tokens that the loss judges.

    A bad token counts `bad_weight` times.
    """
    pad = model.backbone.tokenizer.pad_token_id
    batch = collate([member.item for member in members], features, pad)
    labels, _ = pad_ids([[int(label) for label in member.good] for member in members], 1)
    good, judged = LOSSES[loss](labels.bool(), batch.mask)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        model.logits(batch)[judged], good[judged].float(), reduction="none"
    )
    weights = torch.where(good[judged], 1.0, bad_weight)
    return (entropy * weights).sum() / weights.sum()


def train_reward(
    model: RewardModel,
    groups: Sequence[Sequence[LabelledItem]],
    features: torch.Tensor,
    loss: str,
    settings: RewardSettings,
    checkpoints: Checkpoints,
) -> list[HistoryRow]:
    """Train LoRA and head in place on groups of one image's responses; returns the history."""
    if loss not in LOSSES:
        raise InputError(f"loss {loss!r}; allowed: {', '.join(LOSSES)}")
    optimizers = Optimizers(
        model.named_parameters(), settings.learning_rate, settings.adamw_learning_rate
    )
    start, history = 0, []
    if state := checkpoints.load():
        start, tensors, rows = state
        optimizers.restore(tensors)
        history = [HistoryRow(**row) for row in rows]
    model.peft_model.train()
    progress = Progress(settings.steps, f"{loss} reward model", start=start)
    for step in range(start, settings.steps):
        began = time.monotonic()
        # Dropout is drawn anew from seed and step, so that a resumed run repeats it.
        torch.manual_seed(settings.seed * 1_000_003 + step)
        members = draw_groups(groups, settings.batch_images, step, settings.seed)
        value = batch_loss(model, members, features, loss, settings.bad_weight)
        if not torch.isfinite(value):
            images = sorted({member.item.image for member in members})[:8]
            raise InputError(f"the loss is {value.item()} at step {step}; images {images}")
        value.backward()
        scale = cosine(step, settings.steps, settings.warmup_steps)
        optimizers.step(scale)
        tokens = sum(len(member.good) for member in members)
        speed = tokens / (time.monotonic() - began)
        history.append(HistoryRow(step + 1, value.item(), speed, scale * settings.learning_rate))
        progress.step({"loss": f"{value.item():.4f}", "tokens/s": f"{speed:.0f}"})
        if (step + 1) % settings.checkpoint_steps == 0 and step + 1 < settings.steps:
            saved = [dataclasses.asdict(row) for row in history]
            checkpoints.save(step + 1, optimizers.tensors(), saved)
    model.peft_model.eval()
    return history
