"""The operations that reward models and pre-training ask of a backbone, whatever its class."""

import abc
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import torch
from PIL import Image
from transformers import AutoProcessor

from tldr_reward.backbones import attention
from tldr_reward.backbones.prefixes import Prefix, run_behind, run_behind_shared
from tldr_reward.errors import InputError
from tldr_reward.records import Span

PARTS = ("projector", "decoder")
# Texts that are tokenized at once.
_TEXTS = 4096


@dataclasses.dataclass(frozen=True)
class Response:
    """A tokenized response: token ids and their character spans, without an end mark."""

    ids: tuple[int, ...]
    offsets: tuple[Span, ...]


class Backbone(abc.ABC):
    """A vision-language model seen as: vision features, a shared prefix, suffixes after it.

    `PROJECTOR` is a regular expression for the projector's linear layers.
    """

    PROJECTOR: ClassVar[str]

    def __init__(self, model: torch.nn.Module, processor) -> None:
        self.model, self.processor = model, processor
        self.tokenizer = processor.tokenizer

    @staticmethod
    def load_processor(folder: Path):
        """What makes inputs of images and texts, from a folder of such a backbone."""
        return AutoProcessor.from_pretrained(folder, local_files_only=True)

    @functools.cached_property
    def text_config(self):
        """Configuration of the text decoder."""
        return self.model.config.get_text_config()

    def side(self) -> int:
        """Side of the square images that the vision tower sees, in pixels."""
        return self.model.config.vision_config.image_size

    @abc.abstractmethod
    def pixels(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        """What the vision tower takes: its arguments by name, one row an image."""

    @abc.abstractmethod
    def trainable_features(self, pixels: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Vision features that carry gradients, for pre-training the tower."""

    @torch.no_grad()
    def vision_features(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Frozen vision features before the projector: [N, image tokens, vision width]."""
        return self.trainable_features(self.pixels(images))

    def projector_input_width(self) -> int:
        """Width of the vision features."""
        linear = [part for part in self.projector().modules() if isinstance(part, torch.nn.Linear)]
        return linear[0].in_features

    @abc.abstractmethod
    def prompt_ids(self, prompt: str) -> list[int]:
        """Token ids of everything before the response, image placeholders included."""

    def chat_text(self, prompt: str) -> str | None:
        """Image and prompt as a model that was trained to chat reads them; None for any other.

        Some templates write the day's date, which is held still.
        """
        if not self.processor.chat_template:
            return None
        content = [{"type": "image"}, {"type": "text", "text": prompt}]
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=False,
            date_string="26 Jul 2024",
        )

    @abc.abstractmethod
    def generation_inputs(
        self, ids: torch.Tensor, pixels: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """What the library's `generate` takes beside ids [N, P] to see images as in training."""

    @abc.abstractmethod
    def prefix(self, features: torch.Tensor, prompts: Sequence[Sequence[int]]) -> Prefix:
        """Run images [G, image tokens, vision width] with their prompts, one prompt an image."""

    def suffix_hidden(
        self, prefix: Prefix, groups: torch.Tensor, ids: torch.Tensor
    ) -> torch.Tensor:
        """Last hidden states [S, L, D] of right-padded responses `ids` [S, L] after their prefixes.

        `groups` [S] says which prefix each response follows. Responses cannot see each other.
        """
        embeds = self.decoder().embed_tokens(ids)
        # The kernel that also tells its sums of exponentials is that of processors.
        shared = attention.pays(prefix.mask.shape[1], self.text_config)
        run = run_behind_shared if shared and embeds.device.type == "cpu" else run_behind
        return run(self.decoder(), prefix, groups, embeds)

    @abc.abstractmethod
    def projector(self) -> torch.nn.Module:
        """The multimodal projector."""

    @abc.abstractmethod
    def decoder(self) -> torch.nn.Module:
        """The text decoder without its LM head."""

    @abc.abstractmethod
    def vision_tower(self) -> torch.nn.Module:
        """The vision encoder, which is never trained after pre-training."""

    def lora_targets(self, parts: Sequence[str]) -> str:
        """Regular expression over full module paths for LoRA on the projector and/or the decoder.

        Full paths keep the vision tower out (section 5, "LoRA on projector and decoder").
        """
        if not parts or set(parts) - set(PARTS):
            raise InputError(f"parts {','.join(parts) or '(none)'!r}; allowed: projector, decoder")
        patterns = {
            "projector": self.PROJECTOR,
            "decoder": r"language_model\.layers\.\d+\.(self_attn|cross_attn|mlp)\.\w+_proj",
        }
        return r".*\.(" + "|".join(patterns[part] for part in parts) + ")"

    def tokenize(self, text: str) -> Response:
        """Tokenize a response; raises InputError when nothing remains of it."""
        return self.tokenize_all([text])[0]

    def tokenize_all(self, texts: Sequence[str]) -> list[Response]:
        """Tokenize responses, each different text once.

        InputError when nothing remains of one, or one holds a mark that no word stands for.
        """
        different = list(dict.fromkeys(texts))
        words = self.model.lm_head.out_features
        found = {}
        for start in range(0, len(different), _TEXTS):
            some = different[start : start + _TEXTS]
            encoded = self.tokenizer(some, add_special_tokens=False, return_offsets_mapping=True)
            columns = encoded["input_ids"], encoded["offset_mapping"]
            for text, ids, offsets in zip(some, *columns, strict=True):
                if not ids:
                    raise InputError(f"the response {text[:40]!r} has no tokens; a word is needed")
                if (last := max(ids)) >= words:
                    token = self.tokenizer.convert_ids_to_tokens(last)
                    raise InputError(f"the response {text[:40]!r} holds {token!r}, no word of it")
                found[text] = Response(tuple(ids), tuple((a, b) for a, b in offsets))
        return [found[text] for text in texts]

    def check_length(self, prompt: Sequence[int], response: Response, what: str) -> None:
        """Raise InputError when prompt and response together exceed the context length."""
        limit = self.text_config.max_position_embeddings
        length = len(prompt) + len(response.ids)
        if length >= limit:
            raise InputError(
                f"{what} needs {length} tokens with its image and prompt; "
                f"this backbone's context holds {limit - 1}"
            )

    def cut_to_length(self, prompt: Sequence[int], response: Response) -> Response:
        """As much of a response as the context length holds behind its prompt."""
        room = max(0, self.text_config.max_position_embeddings - 1 - len(prompt))
        return Response(response.ids[:room], response.offsets[:room])

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """LM-head logits of hidden states."""
        return self.model.lm_head(hidden)


def pad_ids(sequences: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-pad id sequences: ids [N, L] and a mask [N, L] that is True at real tokens."""
    width = max(len(sequence) for sequence in sequences)
    ids = torch.full((len(sequences), width), pad, dtype=torch.long)
    mask = torch.zeros((len(sequences), width), dtype=torch.bool)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = True
    return ids, mask
