"""LoRA applied to the weights instead of to every token, where that is the same thing."""

import contextlib
import functools
from collections.abc import Iterator

import torch
from peft import PeftModel
from peft.tuners.lora import Linear

# Adapted weights that are kept, at most: beside them a training has their gradients.
KEEP_BYTES = 8 * 2**30


class AdaptedWeights:
    """The weights W + s B A of a model's LoRA layers, in place of x W^T + s (x A^T) B^T.

    B A costs as much as `d_in d_out / (d_in + d_out)` tokens do; a batch has many more. With
    active dropout, which falls on x before A, the two differ and PEFT's own form is kept.
    """

    def __init__(self, model: PeftModel, keep_bytes: int = KEEP_BYTES) -> None:
        layers = [module for module in model.modules() if isinstance(module, Linear)]
        weights = [layer.get_base_layer().weight for layer in layers]
        self.fits = sum(weight.nbytes for weight in weights) <= keep_bytes
        self._found: dict[Linear, torch.Tensor] | None = None
        for layer in layers:
            layer.forward = functools.partial(self._forward, layer, layer.forward)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Within, each layer's weight is worked out once, if all of them fit into memory.

        Nothing may change LoRA or its scale before the block ends.
        """
        before, self._found = self._found, {} if self.fits else None
        try:
            yield
        finally:
            self._found = before

    def _forward(self, layer: Linear, original, x: torch.Tensor) -> torch.Tensor:
        (name,) = layer.active_adapters
        dropout = layer.lora_dropout[name]
        drops = layer.training and isinstance(dropout, torch.nn.Dropout) and dropout.p > 0
        if drops or layer.merged or layer.disable_adapters:
            return original(x)
        return torch.nn.functional.linear(x, self._weight(layer, name), layer.get_base_layer().bias)

    def _weight(self, layer: Linear, name: str) -> torch.Tensor:
        if self._found is None:
            return _adapted(layer, name)
        if layer not in self._found:
            self._found[layer] = _adapted(layer, name)
        return self._found[layer]


def _adapted(layer: Linear, name: str) -> torch.Tensor:
    weight = layer.get_base_layer().weight
    delta = layer.lora_B[name].weight @ layer.lora_A[name].weight
    return torch.add(weight, delta.to(weight.dtype), alpha=layer.scaling[name])
