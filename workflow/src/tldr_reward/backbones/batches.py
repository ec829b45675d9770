"""Image-grouped batches: each image with its prompt once, then all its responses."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import torch

from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import Backbone, Response, pad_ids

# A part of a batch costs as much as this many tokens, whatever is in it.
_CALL = 128
# Bytes of the widest layer's states of all responses of a batch, were all as long as the context.
_STATES = 64 * 2**20


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
    """G prefixes and S responses: `groups` [S] maps a response to its prefix.

    They are computed in parts of like length, or `in_one`.
    """

    features: torch.Tensor
    prompts: tuple[tuple[int, ...], ...]
    groups: torch.Tensor
    ids: torch.Tensor
    mask: torch.Tensor
    in_one: bool = False


@dataclasses.dataclass(frozen=True)
class Source:
    """What is drawn at each of the steps `first`..`last` - 1: `count` of the groups of items."""

    name: str
    groups: Sequence[Sequence]
    count: int
    first: int
    last: int


def collate(items: Sequence[Item], features: Features, pad: int, in_one: bool = False) -> Batch:
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
        in_one,
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


def responses_together(backbone: Backbone, at_least: int) -> int:
    """How many responses are computed together: no fewer than so many.

    In a small backbone, whose calls cost more than what is computed in them, as many as fit.
    """
    place = backbone.text_config.intermediate_size * backbone.model.dtype.itemsize
    return max(at_least, _STATES // (place * backbone.text_config.max_position_embeddings))


def parts(lengths: torch.Tensor, call: int = _CALL) -> list[tuple[torch.Tensor, int]]:
    """Rows of lengths [S] in parts of like length, each with its own width, short ones first.

    Responses of one batch differ in length by several times; padded to the longest of all, a third
    of what is computed would be padding. The cut is the cheapest by padded tokens and calls.
    """
    order = lengths.argsort(stable=True)
    widths, counts = (found.tolist() for found in lengths.unique(return_counts=True))
    bounds = [0, *itertools.accumulate(counts)]
    # The least cost of the rows up to each width, and where its last part begins.
    best: list[tuple[int, int]] = [(0, 0)]
    for last, width in enumerate(widths):
        costs = [
            (best[first][0] + (bounds[last + 1] - bounds[first]) * width + call, first)
            for first in range(last + 1)
        ]
        best.append(min(costs))
    found, end = [], len(widths)
    while end:
        begin = best[end][1]
        found.append((order[bounds[begin] : bounds[end]], widths[end - 1]))
        end = begin
    return found[::-1]


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Prefixes of a batch that are run together, then the parts of the responses behind them."""

    groups: torch.Tensor
    parts: list[tuple[torch.Tensor, int]]


def bundles(batch: Batch) -> list[Bundle]:
    """A batch as its decoder runs it: for each bundle the prefixes, then part by part."""
    found = []
    lengths = batch.mask.sum(1)
    if batch.in_one:
        rows = torch.arange(len(lengths))
        return [Bundle(torch.arange(len(batch.prompts)), [(rows, batch.ids.shape[1])])]
    # Each bundle has calls for its parts too.
    for groups, _ in parts(torch.tensor([len(prompt) for prompt in batch.prompts]), 3 * _CALL):
        rows = torch.isin(batch.groups, groups).nonzero().squeeze(1)
        own = [(rows[some], width) for some, width in parts(lengths[rows])]
        found.append(Bundle(groups.sort().values, own))
    return found


def whole(batch: Batch, states: Sequence[torch.Tensor]) -> torch.Tensor:
    """States of a batch's parts, each [rows, width, D], as one [S, L, D]: zero at padding."""
    found = states[0].new_zeros(*batch.ids.shape, states[0].shape[-1])
    own = [part for bundle in bundles(batch) for part in bundle.parts]
    for (rows, width), some in zip(own, states, strict=True):
        found[rows, :width] = some
    return found


def hidden_states(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """Last hidden states [S, L, D] at each response token itself (eq. 6)."""
    return _run(backbone, batch)[1]


def predicting_states(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """States [S, L + 1, D] that predict each response token and then the end mark."""
    last_hidden, hidden = _run(backbone, batch)
    return torch.cat([last_hidden[batch.groups].unsqueeze(1), hidden], dim=1)


def _run(backbone: Backbone, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """States [G, D] of the prompts' last tokens, and [S, L, D] of all responses."""
    lasts, states = [], []
    place = torch.empty(len(batch.prompts), dtype=torch.long)
    order = bundles(batch)
    for bundle in order:
        own = bundle.groups
        prefix = backbone.prefix(batch.features[own], [batch.prompts[group] for group in own])
        lasts.append(prefix.last_hidden)
        place[own] = torch.arange(len(own))
        for rows, width in bundle.parts:
            groups = place[batch.groups[rows]]
            states.append(backbone.suffix_hidden(prefix, groups, batch.ids[rows, :width]))
    back = torch.cat([bundle.groups for bundle in order]).argsort()
    return torch.cat(lasts)[back], whole(batch, states)
