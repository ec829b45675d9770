"""How large a LoRA's update is beside the weights that it changes."""

import math

import torch
from peft import PeftModel
from peft.tuners.lora import Linear


@torch.no_grad()
def relative_update(model: PeftModel) -> tuple[float, int]:
    """||dW|| / ||W|| (Frobenius norms over all adapted layers together), and how many there are.

    dW = s B A at the scale that the LoRA is set to, so at tau it is tau times that at 1.
    """
    changed, whole, count = 0.0, 0.0, 0
    for layer in model.modules():
        if isinstance(layer, Linear):
            (name,) = layer.active_adapters
            delta = layer.scaling[name] * (layer.lora_B[name].weight @ layer.lora_A[name].weight)
            changed += float(delta.double().square().sum())
            whole += float(layer.get_base_layer().weight.double().square().sum())
            count += 1
    return math.sqrt(changed / whole), count
