"""Size of a LoRA's update beside its weights: by hand, and linear in tau."""

import pytest
import torch
from peft.helpers import rescale_adapter_scale
from peft.tuners.lora import Linear

from tests.models import small_backbone
from tldr_reward.reward.model import Adapter, new_reward_model
from tldr_reward.reward.update import relative_update


def test_update_is_the_frobenius_norm_over_all_adapted_layers():
    model = new_reward_model(small_backbone("llama"), Adapter(("decoder",), 2, 6, 0.0), 0)
    assert relative_update(model.peft_model)[0] == 0.0  # B starts at zero
    torch.manual_seed(0)
    squares, whole, count = 0.0, 0.0, 0
    for layer in model.peft_model.modules():
        if isinstance(layer, Linear):
            torch.nn.init.normal_(layer.lora_B["default"].weight)
            delta = 3.0 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
            squares += float((delta.detach() ** 2).sum())
            whole += float((layer.base_layer.weight**2).sum())
            count += 1
    update, layers = relative_update(model.peft_model)
    assert layers == count > 10
    assert update == pytest.approx((squares / whole) ** 0.5, rel=1e-5)
    for tau in (0.0, 0.25):
        with rescale_adapter_scale(model.peft_model, tau):
            assert relative_update(model.peft_model)[0] == pytest.approx(tau * update)
