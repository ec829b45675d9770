"""Attention of responses to a prefix that they share, without a copy of its keys for each.

A softmax over a prefix's keys and a response's own mixes the softmax over the ones with that over
the others, in the ratio of their sums of exponentials. So all responses of a prefix ask it at once,
and all heads that share its keys; each then looks at itself alone.
"""

import contextlib
from collections.abc import Iterator

import torch
from transformers import AttentionInterface, PretrainedConfig
from transformers.integrations.sdpa_attention import repeat_kv

NAME = "tldr_shared_prefix"
# Tokens of a prefix from which on this is faster than copies of its keys and values.
LONG = 256
_ALL = slice(None)
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


class SharedKeys:
    """Stands where a decoder has its cache: a response's own keys come back as they are.

    `keys` and `values` [G, heads, P, head_dim] a layer, `lengths` of the G prefixes, and
    `responses`, how many of the rows are of each: rows stand in the order of their prefixes.
    """

    def __init__(self, layers, lengths: list[int], responses: list[int]) -> None:
        self.layers, self.lengths, self.responses = layers, lengths, responses

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, *_
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What a decoder layer asks of its cache; nothing is kept."""
        return keys, values

    def prefixes(self) -> Iterator[tuple[slice, tuple[slice, slice, slice]]]:
        """Of each prefix that has some, its rows and where its keys stand among all."""
        start = 0
        for group, (length, count) in enumerate(zip(self.lengths, self.responses, strict=True)):
            if count:
                yield slice(start, start + count), (slice(group, group + 1), _ALL, slice(length))
            start += count


def pays(tokens: int, config: PretrainedConfig) -> bool:
    """Whether keys of so many tokens are to be shared, by kernels such as the decoder's own."""
    return tokens >= LONG and config._attn_implementation == "sdpa"


@contextlib.contextmanager
def attending(decoder: torch.nn.Module, name: str) -> Iterator[None]:
    """Within, a decoder attends as the attention that is registered under a name does."""
    config, before = decoder.config, decoder.config._attn_implementation
    config._attn_implementation = name
    try:
        yield
    finally:
        config._attn_implementation = before


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float,
    shared: SharedKeys,
    **_,
) -> tuple[torch.Tensor, None]:
    """Attention [S, L, heads, D] of responses to their prefixes and, causally, to themselves.

    `query` is [S, heads, L, D], `key` and `value` [S, heads that keys have, L, D].
    """
    long = shared.layers[module.layer_idx]
    found = _Mixed.apply(query, key, value, long.keys, long.values, shared, scaling)
    return found.transpose(1, 2), None


class _Mixed(torch.autograd.Function):
    """Attention [S, heads, L, D] to two sets of keys, a kernel's call for either.

    Given the sums over all keys, the kernel's backward over some gives their share of the gradient.
    """

    @staticmethod
    def forward(ctx, query, key, value, long_keys, long_values, shared, scaling):
        heads, width = query.shape[1:3]
        alike = heads // key.shape[1]
        own, own_sum = _flash(
            query, repeat_kv(key, alike), repeat_kv(value, alike), 0.0, True, scale=scaling
        )
        found, total = torch.empty_like(own), torch.empty_like(own_sum)
        for rows, keys in shared.prefixes():
            line = in_line(query[rows], key.shape[1])
            seen, seen_sum = _flash(line, long_keys[keys], long_values[keys], scale=scaling)
            seen = in_rows(seen, heads, width)
            seen_sum = in_rows(seen_sum.unsqueeze(-1), heads, width).squeeze(-1)
            share = torch.sigmoid(seen_sum - own_sum[rows]).unsqueeze(-1)
            found[rows] = torch.lerp(own[rows], seen, share.to(own.dtype))
            total[rows] = torch.logaddexp(seen_sum, own_sum[rows])
        ctx.save_for_backward(query, key, value, long_keys, long_values, found, total)
        ctx.shared, ctx.scaling = shared, scaling
        return found

    @staticmethod
    def backward(ctx, gradient):
        query, key, value, long_keys, long_values, found, total = ctx.saved_tensors
        heads, width = query.shape[1:3]
        key_heads = key.shape[1]
        alike = heads // key_heads
        own = query, repeat_kv(key, alike), repeat_kv(value, alike), found, total
        of_query, *of_own = _flash_backward(gradient, *own, 0.0, True, scale=ctx.scaling)
        of_long = torch.zeros_like(long_keys), torch.zeros_like(long_values)
        for rows, keys in ctx.shared.prefixes():
            asked, line, answers = (
                in_line(part[rows], key_heads) for part in (gradient, query, found)
            )
            sums = in_line(total[rows].unsqueeze(-1), key_heads).squeeze(-1)
            seen = line, long_keys[keys], long_values[keys], answers, sums
            of_line, *of_keys = _flash_backward(asked, *seen, 0.0, False, scale=ctx.scaling)
            of_query[rows] += in_rows(of_line, heads, width)
            for whole, part in zip(of_long, of_keys, strict=True):
                whole[keys] = part
        of_own = (part.unflatten(1, (key_heads, alike)).sum(2) for part in of_own)
        return of_query, *of_own, *of_long, None, None


def in_line(query: torch.Tensor, key_heads: int) -> torch.Tensor:
    """Queries [S, heads, L, D] of all rows and of the heads with the same keys: [1, K, line, D]."""
    rows, heads, width, depth = query.shape
    asked = query.reshape(rows, key_heads, heads // key_heads, width, depth)
    return asked.permute(1, 2, 0, 3, 4).reshape(1, key_heads, -1, depth)


def in_rows(line: torch.Tensor, heads: int, width: int) -> torch.Tensor:
    """What came of a line [1, K, line, D], as of its queries: [S, heads, L, D]."""
    key_heads = line.shape[1]
    parts = line.reshape(key_heads, heads // key_heads, -1, width, line.shape[3])
    return parts.permute(2, 0, 1, 3, 4).flatten(1, 2)


AttentionInterface.register(NAME, attend)
