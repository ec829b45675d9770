"""Operations that training and scoring need, counted from shapes: no padding, no recomputation.

A multiplication and an addition are two. A linear layer of n weights takes 2 n a token; attention
of q tokens over k takes 4 q k times the width of all heads. Going back, a linear layer takes once
as much for its input (if that hangs on something trained: neither words nor vision features do) and
once as much for a weight that is trained, attention 2.5 times as much (it works its scores out
anew). Norms, activations and the softmax are left out.
"""

import dataclasses
from collections.abc import Sequence

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Backbone

FORMULA = (
    "2 n a token and linear layer of n weights, 4 q k width for attention; backward: 1x for inputs "
    "that depend on trained weights, 1x for trained weights, 2.5x attention; no padding"
)
_ATTENTION_BACK = 2.5


@dataclasses.dataclass(frozen=True)
class Layer:
    """Weights of one decoder layer: keys' and values', the others'; how wide its heads are.

    `first` are those that read the layer's input itself: queries', keys' and values'.
    """

    key_value: int
    other: int
    first: int
    heads: int
    cross: bool
    lora: int  # input plus output features of its linear layers, keys' and values' left out
    lora_key_value: int

    @property
    def weights(self) -> int:
        return self.key_value + self.other


@dataclasses.dataclass(frozen=True)
class Shape:
    """What is counted of a backbone: its decoder layers, projector and image tokens."""

    layers: tuple[Layer, ...]
    projector: int
    projector_lora: int
    image_tokens: int
    image_in_text: bool


def shape_of(backbone: Backbone, image_tokens: int) -> Shape:
    """Read the sizes of a backbone's linear layers, before LoRA is on them."""
    config = backbone.text_config
    width = config.hidden_size // config.num_attention_heads
    heads = config.num_attention_heads * (getattr(config, "head_dim", None) or width)
    layers = []
    for layer in backbone.decoder().layers:
        named = {
            name: part for name, part in layer.named_modules() if isinstance(part, torch.nn.Linear)
        }
        keys = [part for name, part in named.items() if name.endswith(("k_proj", "v_proj"))]
        others = [part for part in named.values() if part not in keys]
        cross = any("cross_attn" in name for name in named)
        query = [part for name, part in named.items() if name.endswith("q_proj")]
        first = _weights([*keys, *query])
        sizes = (
            _weights(keys),
            _weights(others),
            first,
            heads,
            cross,
            _sides(others),
            _sides(keys),
        )
        layers.append(Layer(*sizes))
    linear = [part for part in backbone.projector().modules() if isinstance(part, torch.nn.Linear)]
    in_text = backbone.model.config.model_type == "paligemma"
    return Shape(tuple(layers), _weights(linear), _sides(linear), image_tokens, in_text)


def _weights(linear: Sequence[torch.nn.Linear]) -> int:
    return sum(part.weight.numel() for part in linear)


def _sides(linear: Sequence[torch.nn.Linear]) -> int:
    return sum(part.in_features + part.out_features for part in linear)


@dataclasses.dataclass
class Count:
    """Operations of linear layers, of attention, and of LoRA, all forward.

    `given`: those of linear layers whose inputs need no gradient.
    """

    linear: float = 0.0
    given: float = 0.0
    attention: float = 0.0
    lora: float = 0.0

    def forward(self) -> float:
        """All of a pass without gradients."""
        return self.linear + self.attention + self.lora

    def training(self, whole_weights: bool) -> float:
        """A pass and its way back; LoRA is applied to whole weights, or beside them."""
        linear = self.linear * (3 if whole_weights else 2)
        return linear - self.given + self.attention * (1 + _ATTENTION_BACK) + self.lora * 3


def shared_count(shape: Shape, items: Sequence[Item], rank: int, batches: int) -> Count:
    """This package: each image with its prompt once, then its responses; W + B A once a batch."""
    count = Count()
    lengths: dict[tuple, list[int]] = {}
    for item in items:
        lengths.setdefault((item.image, item.prompt), []).append(len(item.response.ids))
    for (_, prompt), responses in lengths.items():
        count.linear += 2 * shape.projector * shape.image_tokens
        count.given += 2 * shape.projector * shape.image_tokens
        words = sum(responses) + (0 if shape.image_in_text else len(prompt))
        count.given += 2 * shape.layers[0].first * words
        for index, layer in enumerate(shape.layers):
            last = shape.image_in_text and index == len(shape.layers) - 1
            _add_prefix(count, shape, layer, len(prompt), last)
            for length in responses:
                seen = shape.image_tokens if layer.cross else len(prompt) + length
                weights = layer.other if layer.cross else layer.weights
                count.linear += 2 * weights * length
                count.attention += 4 * layer.heads * length * seen
    weights = shape.projector + sum(layer.weights for layer in shape.layers)
    count.lora = 2.0 * rank * weights * batches
    return count


def _add_prefix(count: Count, shape: Shape, layer: Layer, tokens: int, last: bool) -> None:
    if layer.cross:
        count.linear += 2 * layer.key_value * shape.image_tokens + 2 * layer.other * tokens
        count.attention += 4 * layer.heads * tokens * shape.image_tokens
    elif last:  # of the last layer, keys and values everywhere, the rest at one place
        count.linear += 2 * layer.key_value * tokens + 2 * layer.weights
        count.attention += 4 * layer.heads * tokens
    else:
        count.linear += 2 * layer.weights * tokens
        count.attention += 4 * layer.heads * tokens * tokens


def rows_count(shape: Shape, items: Sequence[Item], rank: int) -> Count:
    """The peer: every response with its image and prompt anew, LoRA beside the weights."""
    count = Count()
    for item in items:
        tokens = len(item.prompt) + len(item.response.ids)
        count.linear += 2 * shape.projector * shape.image_tokens
        count.lora += 2 * rank * shape.projector_lora * shape.image_tokens
        count.given += 2 * shape.projector * shape.image_tokens
        # An image in the text makes one sequence of it, all of which has gradients.
        count.given += 0 if shape.image_in_text else 2 * shape.layers[0].first * tokens
        for layer in shape.layers:
            seen = shape.image_tokens if layer.cross else tokens
            count.linear += 2 * layer.key_value * seen + 2 * layer.other * tokens
            count.lora += 2 * rank * (layer.lora_key_value * seen + layer.lora * tokens)
            count.attention += 4 * layer.heads * tokens * seen
    return count


def executed(run) -> int:
    """Operations of the products that a call really makes, padding among them."""
    aten = torch.ops.aten
    cpu = {
        aten._scaled_dot_product_flash_attention_for_cpu: _attention,
        aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_back,
    }
    with FlopCounterMode(display=False, custom_mapping=cpu) as counter:
        run()
    return counter.get_total_flops()


def _attention(query, key, value, *_, **__) -> int:
    return sdpa_flop_count(query, key, value)


def _attention_back(gradient, query, key, value, *_, **__) -> int:
    return sdpa_backward_flop_count(gradient, query, key, value)
