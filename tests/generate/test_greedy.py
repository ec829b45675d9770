"""Generated responses are what the backbone's own hidden states say, in any batch."""

import pytest
import torch
from peft.helpers import rescale_adapter_scale

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item, collate, predicting_states
from tldr_reward.backbones.interface import Response
from tldr_reward.errors import InputError
from tldr_reward.generate.greedy import Generated, greedy_responses
from tldr_reward.reward.model import Adapter, new_reward_model

PROMPTS = (
    "describe the image.",
    "how many objects are there? (A) one (B) two (C) three",
    "describe the image.",
    "is there a red circle in the top row?",
    "how many objects are there?",
)


def spread(backbone, seed=1):
    """Weights so large that the argmax is far from a tie and depends on image and prompt."""
    torch.manual_seed(seed)
    for name, tensor in backbone.model.named_parameters():
        if tensor.dim() > 1 and "vision" not in name:
            tensor.data.copy_(torch.randn_like(tensor) * 0.3)
    return backbone


def step_by_step(backbone, image, prompt, count):
    """Greedy decoding without a cache or a batch: the argmax after the whole response so far."""
    features = backbone.vision_features([image])
    ends, ids = backbone.tokenizer.eos_token_id, []
    while len(ids) < count:
        item = Item(0, tuple(backbone.prompt_ids(prompt)), Response(tuple(ids), ()))
        if ids:
            states = predicting_states(backbone, collate([item], features, 0))[0, -1]
        else:
            states = backbone.prefix(features, [item.prompt]).last_hidden[0]
        best = int(backbone.logits(states).argmax())
        if best == ends:
            break
        ids.append(best)
    text = backbone.tokenizer.decode(ids, skip_special_tokens=True)
    return Generated(text.strip(), len(ids) == count)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_generation_is_the_argmax_of_the_hidden_states_that_training_uses(name):
    backbone, images = spread(small_backbone(name)), random_images(5)
    ours = greedy_responses(backbone, images, PROMPTS, 12, "test", batch_responses=3)
    with torch.no_grad():
        expected = [
            step_by_step(backbone, image, prompt, 12)
            for image, prompt in zip(images, PROMPTS, strict=True)
        ]
    assert ours == expected
    assert len({response.text for response in ours}) >= 4


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_batch_says_what_each_says_alone(name):
    backbone, images = spread(small_backbone(name)), random_images(5)
    together = greedy_responses(backbone, images, PROMPTS, 8, "test")
    alone = [
        greedy_responses(backbone, [image], [prompt], 8, "test")[0]
        for image, prompt in zip(images, PROMPTS, strict=True)
    ]
    assert together == alone


@pytest.mark.parametrize("context, sizes", [(128, [70]), (10**8, [64, 6])])
def test_as_many_are_said_together_as_memory_holds(monkeypatch, context, sizes):
    backbone = spread(small_backbone("paligemma"))
    seen, generate = [], backbone.model.generate
    monkeypatch.setattr(
        backbone.model,
        "generate",
        lambda **inputs: seen.append(len(inputs["input_ids"])) or generate(**inputs),
    )
    monkeypatch.setattr(backbone.text_config, "max_position_embeddings", context)
    greedy_responses(backbone, random_images(1) * 70, [PROMPTS[0]] * 70, 2, "test")
    assert seen == sizes


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_image_decides_what_is_said(name):
    backbone = spread(small_backbone(name))
    said = greedy_responses(backbone, random_images(6), ["describe the image."] * 6, 8, "test")
    assert len(set(said)) > 1


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_end_mark_ends_a_response_and_is_not_said(name):
    """A head that knows nothing but the end mark: an empty response, not truncated."""
    backbone = small_backbone(name)
    images, prompts = random_images(2), list(PROMPTS[:2])
    head = backbone.model.lm_head
    first = head.register_forward_hook(
        lambda *call: torch.nn.functional.one_hot(
            torch.full(call[-1].shape[:-1], backbone.tokenizer.eos_token_id), call[-1].shape[-1]
        ).float()
    )
    assert greedy_responses(backbone, images, prompts, 5, "test") == [Generated("", False)] * 2
    first.remove()
    word = backbone.tokenizer.convert_tokens_to_ids("red")
    head.register_forward_hook(
        lambda *call: torch.nn.functional.one_hot(
            torch.full(call[-1].shape[:-1], word), call[-1].shape[-1]
        ).float()
    )
    expected = [Generated("red red red", True)] * 2
    assert greedy_responses(backbone, images, prompts, 3, "test") == expected


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_lora_acts_at_the_scale_that_it_is_set_to(name):
    backbone, images = spread(small_backbone(name)), random_images(4)
    prompts = ["describe the image."] * 4
    plain = greedy_responses(backbone, images, prompts, 8, "test")
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 4.0, 0.0), seed=0)
    model.peft_model.requires_grad_(False).eval()
    assert greedy_responses(backbone, images, prompts, 8, "test") == plain  # B starts at zero
    for path, tensor in model.peft_model.named_parameters():
        if "lora_B" in path:
            torch.manual_seed(len(path))
            tensor.data.copy_(torch.randn_like(tensor))
    assert greedy_responses(backbone, images, prompts, 8, "test") != plain
    with rescale_adapter_scale(model.peft_model, 0.0):
        assert greedy_responses(backbone, images, prompts, 8, "test") == plain


def test_a_prompt_without_room_for_a_response_ends_in_one_line():
    backbone = small_backbone("llama")
    with pytest.raises(InputError, match=r"with 250 new ones it exceeds .* context of 256"):
        greedy_responses(backbone, random_images(1), [PROMPTS[1]], 250, "test")
