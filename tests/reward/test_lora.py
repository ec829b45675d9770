"""LoRA on the weights gives what PEFT's own form gives; dropout keeps PEFT's form."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.helpers import rescale_adapter_scale

from tldr_reward.reward.lora import apply_to_weights


def adapted(dropout=0.0):
    """A linear layer with LoRA whose two factors are both away from zero, twice."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 5))
    config = LoraConfig(r=3, lora_alpha=6, lora_dropout=dropout, target_modules=["0"])
    ours = get_peft_model(net, config)
    torch.nn.init.normal_(ours.base_model.model[0].lora_B["default"].weight)
    theirs = copy.deepcopy(ours)
    apply_to_weights(ours)
    return ours, theirs


def test_outputs_and_gradients_are_those_of_peft():
    ours, theirs = adapted()
    x = torch.randn(4, 6)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)
    for model in (ours, theirs):
        model(x).square().sum().backward()
    for (name, one), (_, two) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        if one.requires_grad:
            assert torch.allclose(one.grad, two.grad, rtol=1e-4, atol=1e-5), name


@pytest.mark.parametrize("scale", [0.0, 0.25])
def test_a_rescaled_adapter_is_rescaled(scale):
    ours, theirs = adapted()
    x = torch.randn(4, 6)
    plain = theirs.base_model.model[0].base_layer(x)
    with rescale_adapter_scale(ours, scale):
        assert torch.allclose(ours(x), plain + scale * (theirs(x) - plain), atol=1e-6)


def test_dropout_falls_on_the_input_while_training_only():
    ours, theirs = adapted(dropout=0.5)
    x = torch.randn(4, 6)
    for model in (ours, theirs):
        model.train()
    torch.manual_seed(1)
    dropped = ours(x)
    torch.manual_seed(1)
    assert torch.equal(dropped, theirs(x))
    assert not torch.allclose(dropped, ours.eval()(x), atol=1e-3)
