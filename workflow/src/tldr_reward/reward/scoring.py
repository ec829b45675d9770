"""Scoring: P(good) of every response token, by a reward model or by the LM head itself."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from tldr_reward.backbones.batches import Batch, Item, collate, predicting_states
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import Backbone
from tldr_reward.progress import Progress
from tldr_reward.reward.model import RewardModel, attached_reward_model

# Responses of a batch, at least.
AT_LEAST = 128


def reward_probabilities(model: RewardModel, batch: Batch) -> torch.Tensor:
    """P(good) [S, L] of a reward model (eq. 6)."""
    return torch.sigmoid(model.logits(batch))


def likelihood_probabilities(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """The LM head's own probability [S, L] of each response token: the prompting baseline."""
    states = predicting_states(backbone, batch)[:, :-1]
    log_probabilities = torch.log_softmax(backbone.logits(states).float(), dim=-1)
    return log_probabilities.gather(2, batch.ids.unsqueeze(2)).squeeze(2).exp()


@contextlib.contextmanager
def scorer(
    backbone: Backbone, folder: Path | None
) -> Iterator[tuple[Callable[[Batch], torch.Tensor], int]]:
    """What gives P(good) of a batch, and the first token judged: of a naive model the last, -1.

    A reward model's folder scores while its block lasts; without one the LM head does.
    """
    if folder is None:
        yield lambda batch: likelihood_probabilities(backbone, batch), 0
        return
    with attached_reward_model(backbone, folder) as model, model.weights.kept():
        first = -1 if model.settings["loss"] == "naive" else 0
        yield lambda batch: reward_probabilities(model, batch), first


def scoring_batches(keys: Sequence[tuple], size: int) -> list[list[int]]:
    """Indices of responses in batches of a size.

    Those of an image, and of a prompt of it, stand together. `keys` tell image and prompt of
    each, in any form that can be sorted.
    """
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return [order[start : start + size] for start in range(0, len(order), size)]


@torch.no_grad()
def score_items(
    items: Sequence[Item],
    features: Features,
    pad: int,
    probabilities: Callable[[Batch], torch.Tensor],
    label: str | None,
    batch_responses: int,
) -> Iterator[tuple[int, list[float]]]:
    """Yield (index of the item, its tokens' probabilities), images' responses kept together.

    Progress is shown where it has a `label`.
    """
    progress = Progress(len(items), label) if label else None
    for chosen in scoring_batches([(item.image, item.prompt) for item in items], batch_responses):
        batch = collate([items[index] for index in chosen], features, pad)
        scores = probabilities(batch)
        for row, index in enumerate(chosen):
            yield index, scores[row, : len(items[index].response.ids)].tolist()
        if progress:
            progress.step(count=len(chosen))
