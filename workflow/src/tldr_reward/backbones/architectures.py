"""The mini scale's backbones: the real transformers classes at a size that two cores can train."""

import dataclasses
from collections.abc import Sequence

import torch
from transformers import (
    GenerationConfig,
    MllamaConfig,
    MllamaForConditionalGeneration,
    MllamaProcessor,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
    PaliGemmaProcessor,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)
from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.mllama import MllamaBackbone
from tldr_reward.backbones.paligemma import PaliGemmaBackbone
from tldr_reward.backbones.qwen2_vl import ImagesAndText, Qwen2VLBackbone
from tldr_reward.backbones.tokenizer import build_tokenizer
from tldr_reward.errors import InputError

CONTEXT = 256
_IMAGE_GAIN = 8.0


@dataclasses.dataclass(frozen=True)
class MiniSize:
    """Sizes of a mini backbone: widths in features, image and patch in pixels, context in tokens.

    `merge` is Qwen2-VL's alone: so many patches by so many are one token, of `patch` pixels.
    """

    width: int = 128
    layers: int = 6
    heads: int = 4
    mlp: int = 512
    vision_width: int = 128
    vision_layers: int = 2
    vision_mlp: int = 256
    image: int = 64
    patch: int = 16
    merge: int = 1
    context: int = CONTEXT


def build_backbone(name: str, size: MiniSize, vocabulary: Sequence[str], seed: int) -> Backbone:
    """Make a mini backbone of an architecture (paligemma, llama, qwen2_vl) with fresh weights."""
    builders = {"paligemma": _paligemma, "llama": _llama, "qwen2_vl": _qwen2_vl}
    if name not in builders:
        raise InputError(f"backbone {name!r}; allowed: {', '.join(builders)}")
    torch.manual_seed(seed)
    return builders[name](size, vocabulary)


def _paligemma(size: MiniSize, vocabulary: Sequence[str]) -> Backbone:
    tokenizer = build_tokenizer(vocabulary, "<bos>", "<eos>", "<pad>", "<unk>")
    tokens = (size.image // size.patch) ** 2
    images = SiglipImageProcessorPil(
        size={"height": size.image, "width": size.image},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
        resample=3,
    )
    images.image_seq_length = tokens
    # The processor adds the image's token and 1,152 of places and segments, behind all words: the
    # LM head has no row for them.
    words = len(tokenizer)
    processor = PaliGemmaProcessor(images, tokenizer)
    ids = _special_ids(tokenizer)
    config = PaliGemmaConfig(
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": size.vision_width,
            "intermediate_size": size.vision_mlp,
            "num_hidden_layers": size.vision_layers,
            "num_attention_heads": size.heads,
            "image_size": size.image,
            "patch_size": size.patch,
            "projection_dim": size.width,
            "vision_use_head": False,
        },
        text_config={
            "model_type": "gemma",
            "vocab_size": words,
            "hidden_size": size.width,
            "intermediate_size": size.mlp,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.heads,
            "head_dim": size.width // size.heads,
            "max_position_embeddings": size.context,
            **ids,
        },
        image_token_index=processor.image_token_id,
        projection_dim=size.width,
        hidden_size=size.width,
        # The real one ties them, at 16 times the width. Tied at this size, one vector a word has to
        # say both what to look for and what to say, and looking things up is hardly learned.
        tie_word_embeddings=False,
        **ids,
    )
    model = PaliGemmaForConditionalGeneration(config)
    _raise_images(model)
    model.generation_config = GenerationConfig(**ids, max_new_tokens=96, do_sample=False)
    return PaliGemmaBackbone(model, processor)


def _llama(size: MiniSize, vocabulary: Sequence[str]) -> Backbone:
    begin, end = "<|begin_of_text|>", "<|end_of_text|>"
    tokenizer = build_tokenizer(vocabulary, begin, end, "<|pad|>", "<|unknown|>")
    ids = _special_ids(tokenizer)
    words = len(tokenizer)
    # The image token is the first id that the LM head has no row for.
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|image|>"]})
    images = MllamaImageProcessorPil(
        size={"height": size.image, "width": size.image},
        max_image_tiles=1,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    processor = MllamaProcessor(images, tokenizer)
    config = MllamaConfig(
        vision_config={
            "hidden_size": size.vision_width,
            "intermediate_size": size.vision_mlp,
            "num_hidden_layers": size.vision_layers,
            "num_global_layers": 1,
            "attention_heads": size.heads,
            "image_size": size.image,
            "patch_size": size.patch,
            "max_num_tiles": 1,
            "supported_aspect_ratios": [[1, 1]],
            "intermediate_layers_indices": [0],
            "vision_output_dim": 2 * size.vision_width,
        },
        text_config={
            "vocab_size": words,
            "hidden_size": size.width,
            "intermediate_size": size.mlp,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": max(1, size.heads // 2),
            # As in the real one layers follow the last look at the image: what is predicted there
            # can be compared with what is said.
            "cross_attention_layers": list(range(1, max(2, size.layers - 2), 2)),
            "max_position_embeddings": size.context,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
            **ids,
        },
        image_token_index=words,
        **ids,
    )
    model = MllamaForConditionalGeneration(config)
    _open_gates(model)
    model.generation_config = GenerationConfig(**ids, max_new_tokens=96, do_sample=False)
    return MllamaBackbone(model, processor)


def _qwen2_vl(size: MiniSize, vocabulary: Sequence[str]) -> Backbone:
    tokenizer = build_tokenizer(vocabulary, "<|begin|>", "<|im_end|>", "<|endoftext|>", "<|unk|>")
    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    starts, ends, image, video = tokenizer.convert_tokens_to_ids(marks)
    patch = size.patch // size.merge
    area = size.image**2
    images = Qwen2VLImageProcessorPil(
        size={"shortest_edge": area, "longest_edge": area},
        patch_size=patch,
        merge_size=size.merge,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    half = size.width // size.heads // 2
    # Frames, rows and columns share the frequencies as 2 : 3 : 3, as in the real one.
    side = 3 * half // 8
    ids = _special_ids(tokenizer)
    config = Qwen2VLConfig(
        vision_config={
            "depth": size.vision_layers,
            "embed_dim": size.vision_width,
            "hidden_size": size.width,
            "mlp_ratio": max(1, size.vision_mlp // size.vision_width),
            "num_heads": size.heads,
            "patch_size": patch,
            "spatial_merge_size": size.merge,
        },
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": size.width,
            "intermediate_size": size.mlp,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": max(1, size.heads // 2),
            "max_position_embeddings": size.context,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [half - 2 * side, side, side],
            },
            **ids,
        },
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=starts,
        vision_end_token_id=ends,
        tie_word_embeddings=False,
        **ids,
    )
    model = Qwen2VLForConditionalGeneration(config)
    model.generation_config = GenerationConfig(**ids, max_new_tokens=96, do_sample=False)
    return Qwen2VLBackbone(model, ImagesAndText(images, tokenizer))


def _raise_images(model: PaliGemmaForConditionalGeneration) -> None:
    # The image stands in the decoder's own sequence. At the usual scale the first layers' outputs
    # drown it, and where a thing stands is learned several times later or not at all.
    with torch.no_grad():
        model.model.multi_modal_projector.linear.weight.mul_(_IMAGE_GAIN)


def _open_gates(model: MllamaForConditionalGeneration) -> None:
    # Gates start at 0 for a decoder that already speaks; from scratch that blocks the image.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "cross_attn_" in name and name.endswith("gate"):
                parameter.fill_(1.0)
            elif "global_transformer" in name and "gate" in name:
                parameter.fill_(0.785)


def _special_ids(tokenizer) -> dict[str, int]:
    return {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
