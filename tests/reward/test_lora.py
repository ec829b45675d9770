"""LoRA on the weights gives what PEFT's own form gives; dropout keeps PEFT's form."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.helpers import rescale_adapter_scale

from tldr_reward.reward.lora import AdaptedWeights


def adapted(dropout=0.0):
    """A linear layer with LoRA whose two factors are both away from zero, twice."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 5))
    config = LoraConfig(r=3, lora_alpha=6, lora_dropout=dropout, target_modules=["0"])
    ours = get_peft_model(net, config)
    torch.nn.init.normal_(ours.base_model.model[0].lora_B["default"].weight)
    theirs = copy.deepcopy(ours)
    return ours, theirs, AdaptedWeights(ours)


def test_outputs_and_gradients_are_those_of_peft():
    ours, theirs, _ = adapted()
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
    ours, theirs, _ = adapted()
    x = torch.randn(4, 6)
    plain = theirs.base_model.model[0].base_layer(x)
    with rescale_adapter_scale(ours, scale):
        assert torch.allclose(ours(x), plain + scale * (theirs(x) - plain), atol=1e-6)


def test_dropout_falls_on_the_input_while_training_only():
    ours, theirs, _ = adapted(dropout=0.5)
    x = torch.randn(4, 6)
    for model in (ours, theirs):
        model.train()
    torch.manual_seed(1)
    dropped = ours(x)
    torch.manual_seed(1)
    assert torch.equal(dropped, theirs(x))
    assert not torch.allclose(dropped, ours.eval()(x), atol=1e-3)


def test_kept_weights_give_the_same_outputs_and_gradients():
    ours, theirs, weights = adapted()
    x = torch.randn(4, 6)
    with weights.kept():
        both = ours(x).square().sum() + ours(2 * x).sum()
    both.backward()
    (theirs(x).square().sum() + theirs(2 * x).sum()).backward()
    for (name, one), (_, two) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        if one.requires_grad:
            assert torch.allclose(one.grad, two.grad, rtol=1e-4, atol=1e-5), name


@torch.no_grad()
def test_kept_weights_are_worked_out_once_until_the_block_ends():
    ours, theirs, weights = adapted()
    x, lora_b = torch.randn(4, 6), ours.base_model.model[0].lora_B["default"].weight
    with weights.kept():
        before = ours(x)
        lora_b.add_(1.0)
        assert torch.equal(ours(x), before)
    assert not torch.allclose(ours(x), theirs(x), atol=1e-3)


def test_weights_that_do_not_fit_into_memory_are_not_kept():
    ours, _, _ = adapted()
    small = AdaptedWeights(ours, keep_bytes=5 * 6 * 4 - 1)
    x, lora_b = torch.randn(4, 6), ours.base_model.model[0].lora_B["default"].weight
    with small.kept(), torch.no_grad():
        before = ours(x)
        lora_b.add_(1.0)
        assert not torch.allclose(ours(x), before, atol=1e-3)
