"""Greedy responses of a backbone, through the Hugging Face `generate` of its own class."""

import dataclasses
from collections.abc import Iterator, Sequence

import torch
from PIL import Image
from transformers import GenerationConfig

from tldr_reward.backbones.batches import responses_together
from tldr_reward.backbones.interface import Backbone
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress

# Responses that are said together, at least.
_AT_LEAST = 64


@dataclasses.dataclass(frozen=True)
class Generated:
    """A model's response, which may be empty; `truncated`: it ran into the limit of new tokens."""

    text: str
    truncated: bool


def greedy_responses(
    backbone: Backbone,
    images: Sequence[Image.Image],
    prompts: Sequence[str],
    max_new_tokens: int,
    label: str,
    batch_responses: int | None = None,
) -> list[Generated]:
    """The most likely next token at every step, for each image with its prompt, in their order.

    A LoRA within the backbone's model acts at whatever scale it is set to. `batch_responses` at a
    time; by default more in a small model. Raises InputError when a prompt leaves no room for
    `max_new_tokens` in the context.
    """
    size = batch_responses or responses_together(backbone, _AT_LEAST)
    if len(images) != len(prompts):
        raise InputError(f"{len(images)} images and {len(prompts)} prompts; as many are needed")
    encoded = {prompt: backbone.prompt_ids(prompt) for prompt in dict.fromkeys(prompts)}
    _check_room(backbone, encoded, max_new_tokens)
    # Prompts of a length go together: less padding.
    order = sorted(range(len(prompts)), key=lambda index: len(encoded[prompts[index]]))
    found: dict[int, Generated] = {}
    progress = Progress(len(prompts), label)
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        pixels = backbone.pixels([images[index] for index in chosen])
        ids = [encoded[prompts[index]] for index in chosen]
        found.update(zip(chosen, _generated(backbone, pixels, ids, max_new_tokens), strict=True))
        progress.step(count=len(chosen))
    return [found[index] for index in range(len(prompts))]


def _check_room(backbone: Backbone, encoded: dict[str, list[int]], max_new_tokens: int) -> None:
    limit = backbone.text_config.max_position_embeddings
    for prompt, ids in encoded.items():
        if len(ids) + max_new_tokens >= limit:
            raise InputError(
                f"the prompt {prompt[:40]!r} has {len(ids)} tokens with its image; with "
                f"{max_new_tokens} new ones it exceeds this backbone's context of {limit}"
            )


@torch.no_grad()
def _generated(
    backbone: Backbone, pixels: dict, prompts: Sequence[Sequence[int]], max_new_tokens: int
) -> Iterator[Generated]:
    """Responses to one batch of prompts, padded on the left so that all of them end together."""
    model, tokenizer = backbone.model, backbone.tokenizer
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
    mask = (torch.arange(width) >= width - torch.tensor([[len(p)] for p in prompts])).long()
    inputs = {"input_ids": ids, "attention_mask": mask, **backbone.generation_inputs(ids, pixels)}
    ends = model.generation_config.eos_token_id
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id,
    )
    output = model.generate(
        **{name: tensor.to(model.device) for name, tensor in inputs.items()},
        generation_config=settings,
    )
    stops = {ends} if isinstance(ends, int) else set(ends)
    for row in output[:, width:].tolist():
        length = next((place for place, token in enumerate(row) if token in stops), len(row))
        text = tokenizer.decode(row[:length], skip_special_tokens=True)
        yield Generated(text.strip(), truncated=length == max_new_tokens)
