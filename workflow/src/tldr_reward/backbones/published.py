"""The published backbones at full size: configurations without weights, parameters, memory."""

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


def published_sizes(architecture: str, rank: int) -> Sizes:
    """Count parameters on the meta device: no weight is made and nothing is fetched."""
    config = published_config(architecture)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    backbone = CLASSES[config.model_type](model, _NoProcessor)
    whole, tower = _count(model), _count(backbone.vision_tower())
    targets = backbone.lora_targets(("projector", "decoder"))
    lora = sum(
        rank * (module.in_features + module.out_features)
        for name, module in model.named_modules()
        if re.fullmatch(targets, name)
    )
    return Sizes(whole, tower, lora)


class _NoProcessor:
    tokenizer = None


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
