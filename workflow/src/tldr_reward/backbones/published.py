"""The published backbones at full size: configurations without weights, parameters, operations."""

import dataclasses
import re

import torch
from transformers import (
    AutoModelForImageTextToText,
    MllamaConfig,
    PaliGemmaConfig,
    PreTrainedConfig,
    Qwen2VLConfig,
)

from tldr_reward.backbones.folders import CLASSES
from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.qwen2_vl import SIDE
from tldr_reward.errors import InputError

# As in the config.json of each checkpoint at the revision that backbones.tsv names, where it
# differs from the library's defaults.
_PALIGEMMA_3B_MIX_448 = {
    "vision_config": {
        "model_type": "siglip_vision_model",
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "num_attention_heads": 16,
        "image_size": 448,
        "patch_size": 14,
        "projection_dim": 2048,
        "vision_use_head": False,
    },
    "text_config": {
        "model_type": "gemma",
        "hidden_size": 2048,
        "intermediate_size": 16384,
        "num_hidden_layers": 18,
        "num_attention_heads": 8,
        "num_key_value_heads": 1,
        "head_dim": 256,
        "vocab_size": 257216,
    },
    "image_token_index": 257152,
    "projection_dim": 2048,
    "hidden_size": 2048,
}
_LLAMA_3_2_11B_VISION_INSTRUCT = {"vision_config": {"image_size": 560}}
_QWEN2_VL_2B_INSTRUCT = {
    "vision_config": {"hidden_size": 1536},
    "text_config": {
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1000000.0,
            "mrope_section": [16, 24, 24],
        },
    },
    "tie_word_embeddings": True,
}
_CONFIGURATIONS = {
    "paligemma": (PaliGemmaConfig, _PALIGEMMA_3B_MIX_448),
    "llama": (MllamaConfig, _LLAMA_3_2_11B_VISION_INSTRUCT),
    "qwen2_vl": (Qwen2VLConfig, _QWEN2_VL_2B_INSTRUCT),
}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Parameters of a backbone, of its vision tower, and of a LoRA on projector and decoder."""

    backbone: int
    vision_tower: int
    lora: int

    def scoring_gigabytes(self, bytes_a_weight: int = 2) -> float:
        """Memory of the weights alone, in 10^9 bytes."""
        return (self.backbone * bytes_a_weight + self.lora * 4) / 1e9

    def training_gigabytes(self, bytes_a_weight: int = 2) -> float:
        """Memory of weights, gradients and AdamW's two moments, in 10^9 bytes.

        LoRA is trained in single precision; activations come on top.
        """
        return (self.backbone * bytes_a_weight + self.lora * 4 * 4) / 1e9


def published_config(architecture: str) -> PreTrainedConfig:
    """Configuration of the checkpoint that the paper (Qwen2-VL: its authors' reply) names."""
    if architecture not in _CONFIGURATIONS:
        raise InputError(f"backbone {architecture!r}; allowed: {', '.join(_CONFIGURATIONS)}")
    kind, settings = _CONFIGURATIONS[architecture]
    return kind(**settings)


@dataclasses.dataclass(frozen=True)
class Operations:
    """Floating-point operations of a backbone with LoRA on projector and decoder.

    `vision`: an image in the tower. `image` and `token`: (base, LoRA) weights that all of an
    image's features, and one token, are multiplied with. `attention`: a token and one token before
    it; `cross`: a token and the image, where cross-attention sees it. `image_tokens` stand in the
    decoder's own sequence. Norms, activations and softmax are left out.
    """

    vision: int
    image: tuple[int, int]
    token: tuple[int, int]
    attention: int
    cross: int
    image_tokens: int

    def forward(self, images: float, tokens: float, context: float) -> float:
        """Operations of images and of tokens that see `context` tokens each."""
        attended = self.attention * context + self.cross
        return images * (self.vision + 2 * sum(self.image)) + tokens * (
            2 * sum(self.token) + attended
        )

    def training(self, images: float, tokens: float, context: float) -> float:
        """The same with the backward pass: no gradient of base weights, and none in the tower."""
        attended = self.attention * context + self.cross
        per_image = self.vision + 4 * self.image[0] + 6 * self.image[1]
        per_token = 4 * self.token[0] + 6 * self.token[1] + 3 * attended
        return images * per_image + tokens * per_token


def count_operations(backbone: Backbone, rank: int, side: int = SIDE) -> Operations:
    """Operations of a backbone of any size, from the shapes of its layers.

    `side` is that of Qwen2-VL's images in pixels; others' stands in their configurations.
    """
    targets = {part: backbone.lora_targets((part,)) for part in ("projector", "decoder")}
    config = backbone.model.config
    tower, text = _tower(config, side), config.get_text_config()
    crossed = getattr(text, "cross_attention_layers", None) or ()
    weights = {"image": [0, 0], "token": [0, 0]}
    for name, module in backbone.model.named_modules():
        seen = tower.projected if re.fullmatch(targets["projector"], name) else 0
        if re.search(r"cross_attn\.[kv]_proj$", name):
            seen = tower.projected
        if seen or re.fullmatch(targets["decoder"], name):
            own = weights["image" if seen else "token"]
            own[0] += max(1, seen) * module.in_features * module.out_features
            own[1] += max(1, seen) * rank * (module.in_features + module.out_features)
    # Width of all heads together: Gemma's is not that of the hidden states.
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    heads = text.num_attention_heads * size
    layers = text.num_hidden_layers - len(crossed)
    vision = 2 * _count(backbone.vision_tower()) + 4 * tower.layers * tower.width * tower.tokens
    return Operations(
        tower.tokens * vision,
        tuple(weights["image"]),
        tuple(weights["token"]),
        4 * layers * heads,
        4 * len(crossed) * heads * tower.projected,
        0 if crossed else tower.projected,
    )


@dataclasses.dataclass(frozen=True)
class _Tower:
    """A vision tower: its layers, width and tokens, and what it gives to the projector."""

    layers: int
    width: int
    tokens: int
    projected: int


def _tower(config: PreTrainedConfig, side: int) -> _Tower:
    vision = config.vision_config
    if config.model_type == "qwen2_vl":
        patches = (side // vision.patch_size) ** 2
        merged = patches // vision.spatial_merge_size**2
        return _Tower(vision.depth, vision.embed_dim, patches, merged)
    patches = (vision.image_size // vision.patch_size) ** 2
    layers = vision.num_hidden_layers
    if config.model_type == "mllama":  # tiles, with a class token each
        tokens = vision.max_num_tiles * (patches + 1)
        return _Tower(layers + vision.num_global_layers, vision.hidden_size, tokens, tokens)
    return _Tower(layers, vision.hidden_size, patches, patches)


def published_operations(architecture: str, rank: int) -> Operations:
    """Operations of a published backbone."""
    return count_operations(_on_meta(architecture), rank)


def published_sizes(architecture: str, rank: int) -> Sizes:
    """Count parameters on the meta device: no weight is made and nothing is fetched."""
    backbone = _on_meta(architecture)
    model = backbone.model
    whole, tower = _count(model), _count(backbone.vision_tower())
    targets = backbone.lora_targets(("projector", "decoder"))
    lora = sum(
        rank * (module.in_features + module.out_features)
        for name, module in model.named_modules()
        if re.fullmatch(targets, name)
    )
    return Sizes(whole, tower, lora)


def _on_meta(architecture: str) -> Backbone:
    config = published_config(architecture)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    return CLASSES[config.model_type](model, _NoProcessor)


class _NoProcessor:
    tokenizer = None


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
