"""Training of reward models, token-level (TLDR) and response-level (naive), alike but for loss."""

import dataclasses
import time
from collections.abc import Sequence

import torch

from tldr_reward.backbones.batches import (
    Batch,
    Source,
    collate,
    draw_sources,
    predicting_states,
)
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import pad_ids
from tldr_reward.backbones.optimizers import Optimizers, trapezoid
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import HistoryRow
from tldr_reward.reward.contrasts import UNKNOWN, LabelledItem
from tldr_reward.reward.model import RewardModel


@dataclasses.dataclass(frozen=True)
class RewardSettings:
    """Steps, peak learning rates, their schedule, seed; Muon on LoRA, AdamW on the head.

    LoRA's A has a rate of its own: W' = W + s B A, and B wants the higher one (LoRA+). The other
    two are of the tldr loss. Tokens at which a response differs from its negative or its original
    weigh `contrast_weight`. `correction_weight` is that of a second loss: at these tokens the
    state below the last layer must tell the right token, by the backbone's own LM head.
    """

    steps: int
    learning_rate: float
    lora_a_learning_rate: float
    adamw_learning_rate: float
    warmup_steps: int
    decay_share: float
    checkpoint_steps: int
    contrast_weight: float
    correction_weight: float
    seed: int


# Labels and weights in the loss [S, L]; a token of weight 0 is not judged.
Targets = tuple[torch.Tensor, torch.Tensor]


def token_targets(good: torch.Tensor, weights: torch.Tensor) -> Targets:
    """Every response token, by its weight (the TLDR model)."""
    return good, weights


def response_targets(good: torch.Tensor, weights: torch.Tensor) -> Targets:
    """The last token alone (the naive model).

    Its label is the response's: good when all tokens are.
    """
    mask = weights > 0
    last = torch.zeros_like(weights)
    last[torch.arange(len(mask)), mask.sum(1) - 1] = 1.0
    return (good | ~mask).all(dim=1, keepdim=True).expand_as(good), last


# tldr: the token-level loss with contrasts and corrections; plain: the paper's own, without them.
# Controls of what tau does: shuffled: tldr on labels that mean nothing; captions: no labels at all.
LOSSES = {
    "tldr": token_targets,
    "plain": token_targets,
    "naive": response_targets,
    "shuffled": token_targets,
    "captions": token_targets,
}


def effective(settings: RewardSettings, loss: str) -> RewardSettings:
    """The settings that a loss makes use of: contrasts and corrections are of tldr alone.

    Shuffled labels keep the weight of contrasts; there is no right token to tell.
    """
    if loss == "tldr":
        return settings
    if loss == "shuffled":
        return dataclasses.replace(settings, correction_weight=0.0)
    return dataclasses.replace(settings, contrast_weight=1.0, correction_weight=0.0)


def batch_loss(
    model: RewardModel,
    members: Sequence[LabelledItem],
    features: Features,
    loss: str,
    contrast_weight: float = 1.0,
    correction_weight: float = 0.0,
) -> torch.Tensor:
    """Binary cross-entropy, the weighted mean over the tokens that the loss judges.

    With a correction weight, the cross-entropy of the right tokens is added to it.
    """
    pad = model.backbone.tokenizer.pad_token_id
    batch = collate([member.item for member in members], features, pad)
    if loss == "captions":
        return caption_loss(model, batch)
    labels, _ = pad_ids([[int(label) for label in member.good] for member in members], 1)
    contrast, _ = pad_ids([[int(mark) for mark in member.contrast] for member in members], 0)
    weights = torch.where(contrast.bool(), contrast_weight, 1.0) * batch.mask
    good, weights = LOSSES[loss](labels.bool(), weights)
    judged = weights > 0
    logits, words = model.logits_and_words(batch)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[judged], good[judged].float(), reduction="none"
    )
    value = (entropy * weights[judged]).sum() / weights.sum()
    right, _ = pad_ids([member.right for member in members], UNKNOWN)
    known = right != UNKNOWN
    if correction_weight and known.any():
        told = model.backbone.logits(words[known])
        value = value + correction_weight * torch.nn.functional.cross_entropy(told, right[known])
    return value


def caption_loss(model: RewardModel, batch: Batch) -> torch.Tensor:
    """Cross-entropy of every response token by the backbone's own LM head, as in pre-training."""
    states = predicting_states(model.backbone, batch)[:, :-1]
    logits = model.backbone.logits(states)[batch.mask]
    return torch.nn.functional.cross_entropy(logits, batch.ids[batch.mask])


def train_reward(
    model: RewardModel,
    sources: Sequence[Source],
    features: Features,
    loss: str,
    settings: RewardSettings,
    checkpoints: Checkpoints,
) -> list[HistoryRow]:
    """Train LoRA and head in place on groups of labelled items; returns the history.

    Each source gives a loss of its own; their sum is trained.
    """
    if loss not in LOSSES:
        raise InputError(f"loss {loss!r}; allowed: {', '.join(LOSSES)}")
    settings = effective(settings, loss)
    optimizers = Optimizers(
        model.named_parameters(),
        settings.learning_rate,
        settings.adamw_learning_rate,
        {"lora_A": settings.lora_a_learning_rate},
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
        tokens, losses = 0, []
        for name, members in draw_sources(sources, step, settings.seed).items():
            weights = (settings.contrast_weight, settings.correction_weight)
            value = batch_loss(model, members, features, loss, *weights)
            if not torch.isfinite(value):
                images = sorted({member.item.image for member in members})[:8]
                where = f"{name} of images {images}"
                raise InputError(f"the loss is {value.item()} at step {step}, {where}")
            value.backward()
            losses.append(value.item())
            tokens += sum(len(member.good) for member in members)
        scale = trapezoid(step, settings.steps, settings.warmup_steps, settings.decay_share)
        optimizers.step(scale)
        speed = tokens / (time.monotonic() - began)
        mean = sum(losses) / len(losses)
        history.append(HistoryRow(step + 1, mean, speed, scale * settings.learning_rate))
        progress.step({"loss": f"{mean:.4f}", "tokens/s": f"{speed:.0f}"})
        if (step + 1) % settings.checkpoint_steps == 0 and step + 1 < settings.steps:
            saved = [dataclasses.asdict(row) for row in history]
            checkpoints.save(step + 1, optimizers.tensors(), saved)
    model.peft_model.eval()
    return history
