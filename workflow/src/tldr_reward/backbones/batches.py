"""Image-grouped batches: each image with its prompt once, then all its responses."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch

from tldr_reward.backbones.interface import Backbone, Response, pad_ids


@dataclasses.dataclass(frozen=True)
class Item:
    """One response: its image's row in the feature table, prompt ids, tokens.

    `weights` are of its tokens in a loss that asks for them; none: 1 each.
    """

    image: int
    prompt: tuple[int, ...]
    response: Response
    weights: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Batch:
    """G prefixes and S responses: `groups` [S] maps a response to its prefix."""

    features: torch.Tensor
    prompts: tuple[tuple[int, ...], ...]
    groups: torch.Tensor
    ids: torch.Tensor
    mask: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Source:
    """What is drawn at each of the steps `first`..`last` - 1: `count` of the groups of items."""

    name: str
    groups: Sequence[Sequence]
    count: int
    first: int
    last: int


def collate(items: Sequence[Item], features: torch.Tensor, pad: int) -> Batch:
    """Group items by image and prompt; rows keep the items' order."""
    keys: dict[tuple, int] = {}
    groups = [keys.setdefault((item.image, item.prompt), len(keys)) for item in items]
    ids, mask = pad_ids([item.response.ids for item in items], pad)
    return Batch(
        features[torch.tensor([image for image, _ in keys])],
        tuple(prompt for _, prompt in keys),
        torch.tensor(groups),
        ids,
        mask,
    )


def draw_groups(groups: Sequence[Sequence], count: int, step: int, seed: int) -> list:
    """Members of a step's `count` groups: passes over shuffled groups, fixed by seed and step.

    Nothing is carried from step to step, so a run that was cut off draws what it would have.
    """
    count = min(count, len(groups))
    chosen: list[int] = []
    while len(chosen) < count:
        epoch, place = divmod(step * count + len(chosen), len(groups))
        order = np.random.default_rng([seed, epoch]).permutation(len(groups))
        chosen.extend(order[place : place + count - len(chosen)])
    return [item for index in chosen for item in groups[index]]


def draw_sources(sources: Sequence[Source], step: int, seed: int) -> dict[str, list]:
    """What a step draws, by source; each source has passes of its own."""
    return {
        source.name: draw_groups(source.groups, source.count, step, seed + index)
        for index, source in enumerate(sources)
        if source.first <= step < source.last
    }


def hidden_states(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """Last hidden states [S, L, D] at each response token itself (eq. 6)."""
    prefix = backbone.prefix(batch.features, batch.prompts)
    return backbone.suffix_hidden(prefix, batch.groups, batch.ids)


def predicting_states(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """States [S, L + 1, D] that predict each response token and then the end mark."""
    prefix = backbone.prefix(batch.features, batch.prompts)
    hidden = backbone.suffix_hidden(prefix, batch.groups, batch.ids)
    return torch.cat([prefix.last_hidden[batch.groups].unsqueeze(1), hidden], dim=1)
