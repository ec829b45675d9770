"""PaliGemma as a backbone: image tokens and prompt in both directions, response causal."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from PIL import Image
from transformers import DynamicCache
from transformers.models.gemma.modeling_gemma import GemmaDecoderLayer, apply_rotary_pos_emb

from tldr_reward.backbones.interface import Backbone, pad_ids
from tldr_reward.backbones.prefixes import Prefix, additive


class PaliGemmaBackbone(Backbone):
    """`PaliGemmaForConditionalGeneration`: the image's tokens stand in the decoder's sequence."""

    PROJECTOR = r"multi_modal_projector\.linear"

    def vision_tower(self) -> torch.nn.Module:
        return self.model.model.vision_tower

    def projector(self) -> torch.nn.Module:
        return self.model.model.multi_modal_projector

    def decoder(self) -> torch.nn.Module:
        return self.model.model.language_model

    def pixels(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        inputs = self.processor.image_processor(list(images), return_tensors="pt")
        return {"pixel_values": inputs["pixel_values"].to(self.model.device, self.model.dtype)}

    def trainable_features(self, pixels: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.vision_tower()(**pixels).last_hidden_state

    def prompt_ids(self, prompt: str) -> list[int]:
        text = f"{self.tokenizer.bos_token}{prompt}\n"
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [self.model.config.image_token_id] * self.processor.image_seq_length + ids

    def generation_inputs(
        self, ids: torch.Tensor, pixels: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        # Type 0 marks a prefix that is read in both directions; left out, it is read causally.
        return {**pixels, "token_type_ids": torch.zeros_like(ids)}

    def prefix(self, features: torch.Tensor, prompts: Sequence[Sequence[int]]) -> Prefix:
        ids, mask = pad_ids(prompts, self.tokenizer.pad_token_id)
        images = self.projector()(features)
        is_image = ids == self.model.config.image_token_id
        words = self.decoder().embed_tokens(ids.masked_fill(is_image, 0))
        embeds = words.masked_scatter(is_image.unsqueeze(-1), images.to(words.dtype))
        cache = DynamicCache(config=self.text_config)
        allowed = mask.unsqueeze(1).expand(-1, ids.shape[1], -1)
        # PaliGemma's positions count from 1.
        positions = torch.arange(1, ids.shape[1] + 1).expand_as(ids)
        lengths = mask.sum(1)
        with last_layer_at(self.decoder().layers[-1], lengths - 1):
            output = self.decoder()(
                inputs_embeds=embeds,
                attention_mask=additive(allowed, embeds.dtype),
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
            )
        return Prefix(cache, mask, lengths + 1, output.last_hidden_state[:, 0])


@contextlib.contextmanager
def last_layer_at(layer: GemmaDecoderLayer, places: torch.Tensor) -> Iterator[None]:
    """Within, the layer returns [G, 1, D]: its states at one of the P places of each row.

    Of a prefix, what comes behind needs the last layer's keys and values at every place, and its
    state at one: the rest of the layer is left out elsewhere.
    """

    def forward(hidden, attention_mask, position_embeddings, past_key_values, **others):
        rows = torch.arange(len(places))
        attention = layer.self_attn
        shape = (*hidden.shape[:2], -1, attention.head_dim)
        normed = layer.input_layernorm(hidden)
        keys = attention.k_proj(normed).view(shape).transpose(1, 2)
        values = attention.v_proj(normed).view(shape).transpose(1, 2)
        _, keys = apply_rotary_pos_emb(keys, keys, *position_embeddings)
        past_key_values.update(keys, values, attention.layer_idx)
        return type(layer).forward(
            layer,
            hidden[rows, places].unsqueeze(1),
            attention_mask=attention_mask[rows, :, places].unsqueeze(2),
            position_embeddings=tuple(
                part[rows, places].unsqueeze(1) for part in position_embeddings
            ),
            past_key_values=_Whole(keys, values),
            **others,
        )

    layer.forward = forward
    try:
        yield
    finally:
        del layer.forward


class _Whole:
    """A cache that has the keys and values of all places already."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.found = keys, values

    def update(self, *_) -> tuple[torch.Tensor, torch.Tensor]:
        return self.found
