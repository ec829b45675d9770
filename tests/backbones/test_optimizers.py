"""Which optimizer each parameter goes to, and at which rate."""

import torch

from tldr_reward.backbones.optimizers import Optimizers


def test_hidden_matrices_go_to_muon_and_keep_their_own_rates():
    shapes = {
        "layers.0.q_proj.weight": (4, 4),
        "layers.0.v_proj.weight": (4, 4),
        "layers.0.norm.weight": (4,),
        "embed_tokens.weight": (8, 4),
    }
    named = [(name, torch.nn.Parameter(torch.ones(shape))) for name, shape in shapes.items()]
    names = {id(tensor): name for name, tensor in named}
    optimizers = Optimizers(named, 0.02, 0.003, {"q_proj": 0.001})
    for _, tensor in named:
        tensor.grad = torch.ones_like(tensor)
    optimizers.step(0.5)
    rates = {
        names[id(tensor)]: (type(part).__name__, group["lr"])
        for part in optimizers.parts
        for group in part.param_groups
        for tensor in group["params"]
    }
    assert rates == {
        "layers.0.q_proj.weight": ("Muon", 0.0005),
        "layers.0.v_proj.weight": ("Muon", 0.01),
        "layers.0.norm.weight": ("AdamW", 0.0015),
        "embed_tokens.weight": ("AdamW", 0.0015),
    }
    assert all(tensor.grad is None for _, tensor in named)
