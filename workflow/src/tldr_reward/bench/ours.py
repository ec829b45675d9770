"""The same work by this package: training and scoring, as its commands do it."""

import itertools
from collections.abc import Sequence

import torch

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.optimizers import Optimizers
from tldr_reward.reward.contrasts import LabelledItem
from tldr_reward.reward.losses import batch_losses
from tldr_reward.reward.model import RewardModel
from tldr_reward.reward.scoring import reward_probabilities, score_items


def train(
    model: RewardModel,
    members: Sequence[LabelledItem],
    features: Features,
    images: int,
    optimizers: Optimizers,
) -> list[float]:
    """One pass over images with all their responses: the loss of each step."""
    losses = []
    model.peft_model.train()
    for some in batches_of_images(members, images):
        (loss,) = batch_losses(model, [some], features, "plain")
        loss.backward()
        losses.append(loss.item())
        optimizers.step(1.0)
    model.peft_model.eval()
    return losses


def batches_of_images(members: Sequence[LabelledItem], images: int) -> list[list[LabelledItem]]:
    """Members in their order, those of `images` images together."""
    groups = [list(some) for _, some in itertools.groupby(members, lambda one: one.item.image)]
    parts = [groups[start : start + images] for start in range(0, len(groups), images)]
    return [[member for group in part for member in group] for part in parts]


def score(
    model: RewardModel, items: Sequence[Item], features: Features, responses: int
) -> list[list[float]]:
    """P(good) of the tokens of each response."""
    pad = model.backbone.tokenizer.pad_token_id
    with model.weights.kept():
        found = dict(
            score_items(
                items,
                features,
                pad,
                lambda batch: reward_probabilities(model, batch),
                "scoring",
                responses,
            )
        )
    return [found[index] for index in range(len(items))]


def optimizers_of(model: RewardModel, rate: float) -> Optimizers:
    """AdamW with one rate for all that is trained."""
    return Optimizers(model.named_parameters(), rate, rate, weight_decay=0.0, kind="adamw")


def peers_optimizer(parameters, head, rate: float) -> torch.optim.Optimizer:
    """The same for the peer: AdamW, the head with the package's own betas."""
    adapter = [tensor for tensor in parameters if tensor.requires_grad]
    groups = [{"params": adapter}, {"params": list(head), "betas": (0.9, 0.99)}]
    return torch.optim.AdamW(groups, lr=rate, weight_decay=0.0)
