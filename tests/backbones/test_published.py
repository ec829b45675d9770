"""The published checkpoints at full size, on the meta device: counts that are known elsewhere."""

import dataclasses

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.models import SIZE, WORDS, random_images
from tldr_reward.backbones.architectures import build_backbone
from tldr_reward.backbones.published import count_operations, published_sizes
from tldr_reward.errors import InputError
from tldr_reward.reward.model import Adapter, new_reward_model

# Parameters as the model cards count them; of LoRA at the paper's rank of 512.
KNOWN = {
    "paligemma": (2_924_351_216, 413_327_088, 629_211_136),
    "llama": (10_670_220_835, 863_567_379, 1_683_750_912),
    "qwen2_vl": (2_208_985_600, 665_271_296, 599_523_328),
}


@pytest.mark.parametrize("architecture", KNOWN)
def test_full_size_backbones_have_the_published_parameters(architecture):
    sizes = published_sizes(architecture, rank=512)
    assert (sizes.backbone, sizes.vision_tower, sizes.lora) == KNOWN[architecture]
    # Weights in two bytes, LoRA in four; in training gradients and two moments beside it.
    assert sizes.scoring_gigabytes() == (2 * sizes.backbone + 4 * sizes.lora) / 1e9
    assert sizes.training_gigabytes() == (2 * sizes.backbone + 16 * sizes.lora) / 1e9


def test_an_unknown_backbone_is_named():
    with pytest.raises(InputError, match="'gpt'; allowed: paligemma, llama, qwen2_vl"):
        published_sizes("gpt", rank=1)


@pytest.mark.parametrize("architecture", KNOWN)
def test_operations_are_those_that_torch_counts(architecture):
    """Forward and backward of one image and four responses; wide, so that details weigh little."""
    size = dataclasses.replace(SIZE, width=256, heads=4, mlp=1024, layers=4)
    backbone = build_backbone(architecture, size, WORDS, 0)
    backbone.model.requires_grad_(False)
    operations = count_operations(backbone, 16, backbone.side())
    features = backbone.vision_features(random_images(1))
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 16, 16, 0.1), 0)
    model.peft_model.train()
    prompt = backbone.prompt_ids("describe the image.")
    rows, width = 4, 30
    with FlopCounterMode(display=False) as forward:
        prefix = backbone.prefix(features, [prompt])
        groups = torch.zeros(rows, dtype=torch.long)
        hidden = backbone.suffix_hidden(prefix, groups, torch.ones(rows, width, dtype=torch.long))
    with FlopCounterMode(display=False) as backward:
        hidden.sum().backward()
    tokens, context = len(prompt) + rows * width, len(prompt) + width
    # Features are given here; images go through the tower before.
    expected = operations.forward(1, tokens, context) - operations.vision
    assert forward.get_total_flops() == pytest.approx(expected, rel=0.1)
    both = operations.training(1, tokens, context) - operations.vision
    counted = forward.get_total_flops() + backward.get_total_flops()
    assert counted == pytest.approx(both, rel=0.1)
