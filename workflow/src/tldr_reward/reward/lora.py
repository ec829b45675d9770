"""LoRA applied to the weights instead of to every token, where that is the same thing."""

import functools

import torch
from peft import PeftModel
from peft.tuners.lora import Linear


def apply_to_weights(model: PeftModel) -> None:
    """Make LoRA layers compute x (W + s B A)^T in place of x W^T + s (x A^T) B^T.

    B A costs as much as `d_in d_out / (d_in + d_out)` tokens do; a batch has many more. With
    active dropout, which falls on x before A, the two differ and PEFT's own form is kept.
    """
    for module in model.modules():
        if isinstance(module, Linear):
            module.forward = functools.partial(_forward, module, module.forward)


def _forward(layer: Linear, original, x: torch.Tensor) -> torch.Tensor:
    (name,) = layer.active_adapters
    dropout = layer.lora_dropout[name]
    drops = layer.training and isinstance(dropout, torch.nn.Dropout) and dropout.p > 0
    if drops or layer.merged or layer.disable_adapters:
        return original(x)
    base = layer.get_base_layer()
    delta = layer.lora_B[name].weight @ layer.lora_A[name].weight
    weight = torch.add(base.weight, delta.to(base.weight.dtype), alpha=layer.scaling[name])
    return torch.nn.functional.linear(x, weight, base.bias)
