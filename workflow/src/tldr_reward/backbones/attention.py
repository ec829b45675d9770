"""Attention of responses to a prefix that they share, without a copy of its keys for each.

A softmax over a prefix's keys and a response's own mixes the softmax over the ones with that over
the others, in the ratio of their sums of exponentials. So all responses of a prefix ask it at once,
and all heads that share its keys; each then looks at itself alone.
"""

import contextlib
from collections.abc import Iterator

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import repeat_kv

NAME = "tldr_shared_prefix"
# Tokens of a prefix from which on this is faster than copies of its keys and values.
LONG = 256
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


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

    def prefixes(self, layer: int) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        """Rows of each prefix that has some, with its keys and values [1, heads, length, D]."""
        start = 0
        found = self.layers[layer]
        for group, (length, count) in enumerate(zip(self.lengths, self.responses, strict=True)):
            if count:
                one = slice(group, group + 1), slice(None), slice(length)
                yield slice(start, start + count), found.keys[one], found.values[one]
            start += count


def pays(tokens: int, device: torch.device) -> bool:
    """Whether prefixes of so many tokens are to be shared: nothing asks for gradients here."""
    return tokens >= LONG and device.type == "cpu" and not torch.is_grad_enabled()


@contextlib.contextmanager
def sharing(decoder: torch.nn.Module) -> Iterator[None]:
    """Within, a decoder attends as `attend` does."""
    config, before = decoder.config, decoder.config._attn_implementation
    config._attn_implementation = NAME
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
    rows, heads, width, depth = query.shape
    alike = heads // key.shape[1]
    own, own_sum = _flash(
        query, repeat_kv(key, alike), repeat_kv(value, alike), 0.0, True, scale=scaling
    )
    found = torch.empty(rows, width, heads, depth, dtype=own.dtype)
    for some, keys, values in shared.prefixes(module.layer_idx):
        # Queries of all rows and of the heads with the same keys in one long line.
        asked = query[some].view(-1, key.shape[1], alike, width, depth).permute(1, 2, 0, 3, 4)
        line = asked.reshape(1, key.shape[1], -1, depth)
        seen, seen_sum = _flash(line, keys, values, scale=scaling)
        share = torch.sigmoid(_rows(seen_sum.unsqueeze(-1), asked) - own_sum[some].unsqueeze(-1))
        mixed = torch.lerp(own[some], _rows(seen, asked), share.to(own.dtype))
        found[some] = mixed.transpose(1, 2)
    return found, None


def _rows(line: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """Results of a long line as those of rows [S, heads, L, ...]."""
    parts = line.view(*asked.shape[:4], -1).permute(2, 0, 1, 3, 4)
    return parts.flatten(1, 2)


AttentionInterface.register(NAME, attend)
