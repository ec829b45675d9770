"""The published checkpoints at full size, on the meta device: counts that are known elsewhere."""

import pytest

from tldr_reward.backbones.published import published_sizes
from tldr_reward.errors import InputError

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
