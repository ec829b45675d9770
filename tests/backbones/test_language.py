"""The loss of pre-training: the library's own, with the weights that items carry."""

import dataclasses

import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.language import answer_loss, answer_losses

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


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sources_together_have_the_losses_and_gradients_of_each_alone(name):
    backbone = small_backbone(name)
    for parameter in backbone.model.parameters():
        parameter.requires_grad_(True)
    features = backbone.vision_features(random_images(3))
    said = [
        (0, PROMPT, TEXT, (1.0, 4.0, 1.0, 4.0, 1.0)),
        (0, PROMPT, "a big red circle. there is a small blue square.", ()),
        (1, "is there a red circle in the top row?", "yes", ()),
        (2, PROMPT, "no", (2.0,)),
        (1, PROMPT, TEXT, ()),
    ]
    items = [
        Item(image, tuple(backbone.prompt_ids(prompt)), backbone.tokenize(text), weights)
        for image, prompt, text, weights in said
    ]
    drawn = [items[:2], items[2:4], items[4:]]
    together = answer_losses(backbone, drawn, features)
    torch.stack(together).sum().backward()
    found = gradients(backbone)
    alone = [answer_loss(backbone, some, features) for some in drawn]
    torch.stack(alone).sum().backward()
    assert torch.stack(together).tolist() == pytest.approx(torch.stack(alone).tolist(), abs=1e-5)
    expected = gradients(backbone)
    assert expected.keys() == found.keys()
    for parameter, gradient in expected.items():
        torch.testing.assert_close(found[parameter], gradient, atol=1e-5, rtol=1e-4)


def gradients(backbone):
    """Gradients by name, which are cleared."""
    found = {
        name: parameter.grad.clone()
        for name, parameter in backbone.model.named_parameters()
        if parameter.grad is not None
    }
    backbone.model.zero_grad(set_to_none=True)
    return found
