"""Prefixes of images and prompts, and responses behind them."""

import dataclasses
import math
from collections.abc import Collection

import torch
from transformers import DynamicCache

from tldr_reward.backbones import attention


@dataclasses.dataclass(frozen=True)
class Prefix:
    """Images and prompts, computed once: keys and values that any number of responses attend to.

    `cache` holds [G, heads, P, head_dim] keys and values a layer; `mask` [G, P] is True at real
    positions; `next_position` [G] is the position of a response's first token; `last_hidden`
    [G, D] is the hidden state of the prompt's last token, which predicts that first token.
    """

    cache: DynamicCache
    mask: torch.Tensor
    next_position: torch.Tensor
    last_hidden: torch.Tensor


def run_behind(
    decoder: torch.nn.Module,
    prefix: Prefix,
    groups: torch.Tensor,
    embeds: torch.Tensor,
    uncopied: Collection[int] = (),
    **others: object,
) -> torch.Tensor:
    """Last hidden states [S, L, D] of embedded responses [S, L, D] behind their prefixes [S].

    Layers that are `uncopied` have the keys of the prefixes, not of each response's; `others` are
    what the decoder takes beside.
    """
    width = embeds.shape[1]
    positions = prefix.next_position[groups].unsqueeze(1) + torch.arange(width)
    states = decoder(
        inputs_embeds=embeds,
        attention_mask=additive(suffix_mask(prefix.mask[groups], width), embeds.dtype),
        position_ids=positions,
        past_key_values=select_rows(prefix.cache, groups, decoder.config, uncopied),
        use_cache=True,
        **others,
    )
    return states.last_hidden_state


def run_behind_shared(
    decoder: torch.nn.Module, prefix: Prefix, groups: torch.Tensor, embeds: torch.Tensor
) -> torch.Tensor:
    """`run_behind`, prefixes' keys and values not copied for each response."""
    order = groups.argsort(stable=True)
    counts = groups.bincount(minlength=len(prefix.mask)).tolist()
    shared = attention.SharedKeys(prefix.cache.layers, prefix.mask.sum(1).tolist(), counts)
    positions = prefix.next_position[groups].unsqueeze(1) + torch.arange(embeds.shape[1])
    with attention.attending(decoder, attention.NAME):
        states = decoder(
            inputs_embeds=embeds[order],
            position_ids=positions[order],
            past_key_values=shared,
            use_cache=True,
            shared=shared,
        )
    return states.last_hidden_state[order.argsort()]


def select_rows(
    cache: DynamicCache, rows: torch.Tensor, config, uncopied: Collection[int] = ()
) -> DynamicCache:
    """A new cache whose batch rows are `rows` of `cache`, but for layers that are `uncopied`.

    Gradients flow through.
    """
    selected = DynamicCache(config=config)
    for index, layer in enumerate(cache.layers):
        parts = layer.keys, layer.values
        if index not in uncopied:
            parts = [_Rows.apply(part, rows) for part in parts]
        selected.update(*parts, index)
    return selected


class _Rows(torch.autograd.Function):
    """Rows of a tensor, of which one is taken many times.

    Where kernels must be deterministic, index_select's own backward adds element by element; adding
    whole rows, in their order, is as deterministic and five times as fast.
    """

    @staticmethod
    def forward(ctx, part: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = part.shape
        return part.index_select(0, rows)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        (rows,) = ctx.saved_tensors
        # Flat rows: with more dimensions, the sum is by elements again.
        found = gradient.new_zeros(ctx.shape[0], math.prod(ctx.shape[1:]))
        found.index_add_(0, rows, gradient.reshape(len(rows), -1))
        return found.view(ctx.shape), None


def additive(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Attention mask [N, Q, K] of booleans as an additive [N, 1, Q, K] one."""
    mask = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
    return mask.masked_fill(~allowed, torch.finfo(dtype).min).unsqueeze(1)


def suffix_mask(prefix_mask: torch.Tensor, width: int) -> torch.Tensor:
    """Which keys [S, width, P + width] each suffix position sees: its prefix, itself, the past."""
    count = prefix_mask.shape[0]
    causal = torch.ones(width, width, dtype=torch.bool, device=prefix_mask.device).tril()
    seen = prefix_mask.unsqueeze(1).expand(count, width, -1)
    return torch.cat([seen, causal.expand(count, width, width)], dim=2)
