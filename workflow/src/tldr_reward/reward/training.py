"""Training of reward models, token-level (TLDR) and response-level (naive), alike but for loss."""

import dataclasses
import itertools
import math
import time
from collections.abc import Mapping, Sequence

import torch

from tldr_reward.backbones.batches import (
    Source,
    draw_sources,
)
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.optimizers import Optimizers, cosine, trapezoid
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import HistoryRow
from tldr_reward.reward.contrasts import LabelledItem
from tldr_reward.reward.losses import LOSSES, batch_losses, judged
from tldr_reward.reward.model import RewardModel
from tldr_reward.reward.processes import Processes


@dataclasses.dataclass(frozen=True)
class RewardSettings:
    """Steps, peak learning rates, their schedule, seed; the optimizer is LoRA's, AdamW the head's.

    LoRA's A has a rate of its own: W' = W + s B A, and B wants the higher one (LoRA+). The other
    two are of the tldr loss. Tokens at which a response differs from its negative or its original
    weigh `contrast_weight`. `correction_weight` is that of a second loss: at these tokens the
    state below the last layer must tell the right token, by the backbone's own LM head.
    A step's batch is computed in `accumulation` parts, and its gradient is that of the whole.
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
    optimizer: str = "muon"
    schedule: str = "linear"
    accumulation: int = 1

    def scale(self, step: int) -> float:
        """What the peak learning rates are multiplied with at a step."""
        if self.schedule == "cosine":
            return cosine(step, self.steps, self.warmup_steps)
        return trapezoid(step, self.steps, self.warmup_steps, self.decay_share)


ALONE = Processes()


def effective(settings: RewardSettings, loss: str) -> RewardSettings:
    """The settings that a loss makes use of: contrasts and corrections are of tldr alone.

    Shuffled labels keep the weight of contrasts; there is no right token to tell.
    """
    if loss == "tldr":
        return settings
    if loss == "shuffled":
        return dataclasses.replace(settings, correction_weight=0.0)
    return dataclasses.replace(settings, contrast_weight=1.0, correction_weight=0.0)


def batch_parts(members: Sequence[LabelledItem], count: int) -> list[list[LabelledItem]]:
    """A batch in `count` parts of about as many images, in order; some may be empty.

    Responses to an image that stand together stay together: they share its prefix.
    """
    runs = [list(run) for _, run in itertools.groupby(members, key=lambda one: one.item.image)]
    bounds = [len(runs) * part // count for part in range(count + 1)]
    return [
        [member for run in runs[first:last] for member in run]
        for first, last in itertools.pairwise(bounds)
    ]


def step_losses(
    model: RewardModel,
    drawn: Mapping[str, Sequence[LabelledItem]],
    features: Features,
    loss: str,
    settings: RewardSettings,
    processes: Processes,
) -> dict[str, float]:
    """Losses of a step's batch, by source; the gradient of their sum is added to the parameters'.

    Part by part: a part has its share of every source. Of several processes each takes its share
    of the parts, and returns the losses of all.
    """
    weights = (settings.contrast_weight, settings.correction_weight)
    totals = {
        name: judged(members, loss, settings.contrast_weight).totals()
        for name, members in drawn.items()
    }
    count = settings.accumulation * processes.count
    parts = {name: batch_parts(members, count) for name, members in drawn.items()}
    shares = [{name: own[k] for name, own in parts.items() if own[k]} for k in range(count)]
    found = dict.fromkeys(drawn, 0.0)
    for first in range(0, count, processes.count):
        turn = shares[first : first + processes.count]
        some = turn[processes.rank]
        # Who has nothing to do goes along where others do, so that layers can be gathered.
        idle = model.sharded and not some and any(turn)
        if not some and not idle:
            continue
        some = some or max(turn, key=len)
        sums = [totals[name] for name in some]
        values = batch_losses(model, list(some.values()), features, loss, *weights, sums)
        value = torch.stack(values).sum()
        (value * 0.0 if idle else value).backward()
        for name, own in zip(some, values, strict=True):
            found[name] += 0.0 if idle else own.item()
    return {name: processes.sum(value) for name, value in found.items()}


def train_reward(
    model: RewardModel,
    sources: Sequence[Source],
    features: Features,
    loss: str,
    settings: RewardSettings,
    checkpoints: Checkpoints,
    processes: Processes = ALONE,
) -> list[HistoryRow]:
    """Train LoRA and head in place on groups of labelled items; returns the history.

    Each source gives a loss of its own; their sum is trained. Several processes end with the same
    weights; the first of them saves the checkpoints. InputError for a sharded model with Muon,
    which wants whole matrices.
    """
    if loss not in LOSSES:
        raise InputError(f"loss {loss!r}; allowed: {', '.join(LOSSES)}")
    if model.sharded and settings.optimizer != "adamw":
        raise InputError(f"optimizer {settings.optimizer!r} with sharding full; allowed: adamw")
    settings = effective(settings, loss)
    optimizers = Optimizers(
        model.named_parameters(),
        settings.learning_rate,
        settings.adamw_learning_rate,
        {"lora_A": settings.lora_a_learning_rate},
        kind=settings.optimizer,
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
        torch.manual_seed((settings.seed * 1_000_003 + step) * processes.count + processes.rank)
        drawn = draw_sources(sources, step, settings.seed)
        losses = step_losses(model, drawn, features, loss, settings, processes)
        for name, value in losses.items():
            if not math.isfinite(value):
                images = sorted({member.item.image for member in drawn[name]})[:8]
                where = f"{name} of images {images}"
                raise InputError(f"the loss is {value} at step {step}, {where}")
        tokens = sum(len(member.good) for members in drawn.values() for member in members)
        processes.sum_gradients(parameter for _, parameter in model.named_parameters())
        scale = settings.scale(step)
        optimizers.step(scale)
        speed = tokens / (time.monotonic() - began)
        mean = sum(losses.values()) / len(losses)
        history.append(HistoryRow(step + 1, mean, speed, scale * settings.learning_rate))
        progress.step({"loss": f"{mean:.4f}", "tokens/s": f"{speed:.0f}"})
        due = (step + 1) % settings.checkpoint_steps == 0 and step + 1 < settings.steps
        if due and (tensors := processes.whole(optimizers.tensors())):
            saved = [dataclasses.asdict(row) for row in history]
            checkpoints.save(step + 1, tensors, saved)
    model.peft_model.eval()
    return history
