"""Qwen2-VL as a backbone: merged image patches in the decoder's sequence, positions in 3-D."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, DynamicCache

from tldr_reward.backbones.interface import Backbone, pad_ids
from tldr_reward.backbones.prefixes import Prefix, additive

# Side of the square that every image is resized to, in pixels. Qwen2-VL takes any size and shape;
# features of one shape can be cached and batched, and PaliGemma's images are squares of this side.
SIDE = 448
_IMAGE = "<|image_pad|>"


@dataclasses.dataclass(frozen=True)
class ImagesAndText:
    """The parts of `Qwen2VLProcessor` that images and text need: its videos need torchvision."""

    image_processor: object
    tokenizer: object

    @property
    def chat_template(self) -> str | None:
        """The tokenizer's: how a question is put to a model that was trained to chat."""
        return self.tokenizer.chat_template

    def apply_chat_template(self, messages: Sequence[Mapping], **settings) -> str:
        """A conversation as text."""
        return self.tokenizer.apply_chat_template(messages, **settings)

    def save_pretrained(self, folder: Path | str) -> None:
        """Write both into a folder."""
        self.image_processor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


class Qwen2VLBackbone(Backbone):
    """`Qwen2VLForConditionalGeneration` with one square image a prompt; all text is causal."""

    # Its merger joins patches by fours and projects them: the paper's multimodal projector.
    PROJECTOR = r"visual\.merger\.mlp\.[02]"

    @staticmethod
    def load_processor(folder: Path) -> ImagesAndText:
        return ImagesAndText(
            AutoImageProcessor.from_pretrained(folder, local_files_only=True),
            AutoTokenizer.from_pretrained(folder, local_files_only=True),
        )

    def vision_tower(self) -> torch.nn.Module:
        return self.model.model.visual

    def projector(self) -> torch.nn.Module:
        return self.model.model.visual.merger

    def decoder(self) -> torch.nn.Module:
        return self.model.model.language_model

    def projector_input_width(self) -> int:
        return self.vision_tower().config.embed_dim

    def side(self) -> int:
        """Side of the images in pixels: SIDE, or less where the processor allows less."""
        images = self.processor.image_processor
        unit = images.patch_size * images.merge_size
        return min(SIDE, math.isqrt(images.size["longest_edge"])) // unit * unit

    def pixels(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        side = (self.side(), self.side())
        squares = [image.convert("RGB").resize(side, Image.Resampling.BICUBIC) for image in images]
        inputs = self.processor.image_processor(squares, return_tensors="pt")
        patches = inputs["pixel_values"].to(self.model.device, self.model.dtype)
        return {"pixel_values": patches.view(len(images), -1, patches.shape[-1])}

    def trainable_features(self, pixels: Mapping[str, torch.Tensor]) -> torch.Tensor:
        patches = pixels["pixel_values"]
        states = self.vision_tower()(patches.flatten(0, 1), grid_thw=self._grids(len(patches)))
        return states.last_hidden_state.view(*patches.shape[:2], -1)

    def prompt_ids(self, prompt: str) -> list[int]:
        images = self.processor.image_processor
        count = (self.side() // (images.patch_size * images.merge_size)) ** 2
        text = self.chat_text(prompt) or f"<|vision_start|>{_IMAGE}<|vision_end|>{prompt}"
        text = text.replace(_IMAGE, _IMAGE * count, 1)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def generation_inputs(
        self, ids: torch.Tensor, pixels: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        patches = pixels["pixel_values"]
        return {
            "pixel_values": patches.flatten(0, 1),
            "image_grid_thw": self._grids(len(patches)),
            "mm_token_type_ids": (ids == self.model.config.image_token_id).int(),
        }

    def prefix(self, features: torch.Tensor, prompts: Sequence[Sequence[int]]) -> Prefix:
        ids, mask = pad_ids(prompts, self.tokenizer.pad_token_id)
        width = ids.shape[1]
        is_image = ids == self.model.config.image_token_id
        words = self.decoder().embed_tokens(ids)
        images = self.projector()(features.contiguous())
        embeds = words.masked_scatter(is_image.unsqueeze(-1), images.to(words.dtype))
        positions, _ = self.model.model.get_rope_index(
            ids, is_image.int(), self._grids(len(ids)), attention_mask=mask.long()
        )
        causal = torch.ones(width, width, dtype=torch.bool).tril()
        cache = DynamicCache(config=self.text_config)
        output = self.decoder()(
            inputs_embeds=embeds,
            attention_mask=additive(causal & mask.unsqueeze(1), embeds.dtype),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        last = output.last_hidden_state[torch.arange(len(ids)), mask.sum(1) - 1]
        # An image takes as many places as it has tokens, and as many positions as it has columns.
        return Prefix(cache, mask, positions.amax(dim=(0, 2)) + 1, last)

    def _grids(self, count: int) -> torch.Tensor:
        """Frames, rows and columns of patches [count, 3]."""
        across = self.side() // self.processor.image_processor.patch_size
        return torch.tensor([[1, across, across]] * count)
