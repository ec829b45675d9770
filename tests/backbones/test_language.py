"""The loss of pre-training: the library's own, with the weights that items carry."""

import dataclasses

import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.language import answer_loss

PROMPT = "describe the image."
TEXT = "a big red circle."


def token_losses(backbone, features, text):
    """Cross-entropy of each token and of the end mark: a loss that one token alone decides."""
    item = Item(0, tuple(backbone.prompt_ids(PROMPT)), backbone.tokenize(text))
    count = len(item.response.ids)
    heavy = 1e8
    alone = [
        dataclasses.replace(item, weights=tuple(heavy * (place == n) for n in range(count)))
        for place in range(count)
    ]
    losses = [answer_loss(backbone, [one], features).item() for one in alone]
    end = answer_loss(backbone, [dataclasses.replace(item, weights=(0.0,) * count)], features)
    return item, [*losses, end.item()]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_loss_is_the_weighted_mean_over_tokens_and_end_mark(name):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(1))
    with torch.no_grad():
        item, losses = token_losses(backbone, features, TEXT)
        plain = answer_loss(backbone, [item], features).item()
        weighted = dataclasses.replace(item, weights=(1.0, 4.0, 1.0, 4.0, 1.0))
        found = answer_loss(backbone, [weighted], features).item()
    assert plain == pytest.approx(sum(losses) / 6, abs=1e-5)
    by_hand = losses[0] + 4 * losses[1] + losses[2] + 4 * losses[3] + losses[4] + losses[5]
    assert found == pytest.approx(by_hand / 12, abs=1e-5)


def test_the_plain_loss_is_that_of_the_library():
    backbone, image = small_backbone("paligemma"), random_images(1)[0]
    inputs = backbone.processor(
        images=image, text="<image>" + PROMPT, suffix=TEXT, return_tensors="pt"
    )
    item = Item(0, tuple(backbone.prompt_ids(PROMPT)), backbone.tokenize(TEXT))
    with torch.no_grad():
        expected = backbone.model(**inputs).loss.item()
        found = answer_loss(backbone, [item], backbone.vision_features([image])).item()
    assert found == pytest.approx(expected, abs=1e-5)
