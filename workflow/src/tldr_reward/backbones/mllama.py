"""Llama-3.2-Vision (Mllama) as a backbone: the image enters by cross-attention, text is causal."""

from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, DynamicCache
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.models.mllama.modeling_mllama import MllamaTextCrossAttention

from tldr_reward.backbones import attention
from tldr_reward.backbones.interface import Backbone, pad_ids
from tldr_reward.backbones.prefixes import Prefix, additive, run_behind

_NAME = "tldr_shared_images"


class MllamaBackbone(Backbone):
    """`MllamaForConditionalGeneration` with one image a prompt, which every text token sees."""

    PROJECTOR = "multi_modal_projector"

    def vision_tower(self) -> torch.nn.Module:
        return self.model.model.vision_model

    def projector(self) -> torch.nn.Module:
        return self.model.model.multi_modal_projector

    def decoder(self) -> torch.nn.Module:
        return self.model.model.language_model

    def pixels(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        nested = [[image] for image in images]
        inputs = self.processor.image_processor(nested, return_tensors="pt")
        return {
            "pixel_values": inputs["pixel_values"].to(self.model.device, self.model.dtype),
            "aspect_ratio_ids": inputs["aspect_ratio_ids"].to(self.model.device),
            "aspect_ratio_mask": inputs["aspect_ratio_mask"].to(self.model.device),
        }

    def trainable_features(self, pixels: Mapping[str, torch.Tensor]) -> torch.Tensor:
        states = self.vision_tower()(**pixels).last_hidden_state
        return states.reshape(states.shape[0], -1, states.shape[-1])

    def prompt_ids(self, prompt: str) -> list[int]:
        plain = f"{self.processor.image_token}{self.tokenizer.bos_token}{prompt}"
        text = self.chat_text(prompt) or plain
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def generation_inputs(
        self, ids: torch.Tensor, pixels: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        # Every token attends to every tile of its image.
        _, images, tiles = pixels["aspect_ratio_mask"].shape
        mask = torch.ones(*ids.shape, images, tiles, dtype=torch.long)
        return {**pixels, "cross_attention_mask": mask}

    def prefix(self, features: torch.Tensor, prompts: Sequence[Sequence[int]]) -> Prefix:
        ids, mask = pad_ids(prompts, self.tokenizer.pad_token_id)
        width = ids.shape[1]
        states = self.projector()(features)
        embeds = self.decoder().embed_tokens(ids)
        causal = torch.ones(width, width, dtype=torch.bool).tril()
        cache = DynamicCache(config=self.text_config)
        output = self.decoder()(
            inputs_embeds=embeds,
            attention_mask=additive(causal & mask.unsqueeze(1), embeds.dtype),
            position_ids=torch.arange(width).expand_as(ids),
            cross_attention_states=states,
            cross_attention_mask=_everywhere(ids, states.shape[1], embeds.dtype),
            past_key_values=cache,
            use_cache=True,
        )
        lengths = mask.sum(1)
        last = output.last_hidden_state[torch.arange(len(prompts)), lengths - 1]
        return Prefix(cache, mask, lengths, last)

    def suffix_hidden(
        self, prefix: Prefix, groups: torch.Tensor, ids: torch.Tensor
    ) -> torch.Tensor:
        embeds = self.decoder().embed_tokens(ids)
        # Cross-attention layers find the image's keys and values in the cache.
        image_tokens = prefix.cache.layers[self.text_config.cross_attention_layers[0]].keys.shape[2]
        if attention.pays(image_tokens, self.text_config):
            return self._behind_shared_images(prefix, groups, embeds)
        everywhere = _everywhere(ids, image_tokens, embeds.dtype)
        return run_behind(self.decoder(), prefix, groups, embeds, cross_attention_mask=everywhere)

    def _behind_shared_images(
        self, prefix: Prefix, groups: torch.Tensor, embeds: torch.Tensor
    ) -> torch.Tensor:
        """`run_behind`, images' keys and values not copied for each response."""
        order = groups.argsort(stable=True)
        with attention.attending(self.decoder(), _NAME):
            states = run_behind(
                self.decoder(),
                prefix,
                groups[order],
                embeds[order],
                uncopied=self.text_config.cross_attention_layers,
                responses=groups.bincount(minlength=len(prefix.mask)).tolist(),
            )
        return states[order.argsort()]


def attend_images(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    responses: Sequence[int],
    **others: object,
) -> tuple[torch.Tensor, None]:
    """Attention [S, L, heads, D] to images by cross-attention layers; other layers attend as ever.

    Responses stand in the order of their images, so many of each; all those of an image ask its
    keys [1, heads that keys have, image tokens, D] at once.
    """
    if not isinstance(module, MllamaTextCrossAttention):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **others
        )
    _, heads, width, _ = query.shape
    found = []
    images = zip(query.split(list(responses)), key.split(1), value.split(1), strict=True)
    for own, keys, values in images:
        if len(own):
            line = attention.in_line(own, key.shape[1])
            seen = scaled_dot_product_attention(line, keys, values, scale=scaling)
            found.append(attention.in_rows(seen, heads, width).transpose(1, 2))
    return torch.cat(found), None


AttentionInterface.register(_NAME, attend_images)


def _everywhere(ids: torch.Tensor, image_tokens: int, dtype: torch.dtype) -> torch.Tensor:
    # Without a mask, transformers runs the cross-attention causally over the image's tokens.
    return torch.zeros(ids.shape[0], 1, ids.shape[1], image_tokens, dtype=dtype)
