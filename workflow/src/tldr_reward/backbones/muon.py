"""Muon: momentum whose update is made orthogonal, for matrices of hidden layers."""

import math
from collections.abc import Iterable

import torch

# The quintic iteration's coefficients and its number of steps, as in torch.optim.Muon.
_COEFFICIENTS = (3.4445, -4.775, 2.0315)
_STEPS = 5
_EPSILON = 1e-7


class Muon(torch.optim.Optimizer):
    """`torch.optim.Muon` in single precision, matrices of one shape together.

    That one iterates in bfloat16, which a processor without instructions for it emulates: 70 ms
    a matrix of 128 x 512 where single precision takes 2.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        weight_decay: float = 0.01,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.nn.Parameter]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    by_shape.setdefault(matrix.shape, []).append(matrix)
            for matrices in by_shape.values():
                self._move(matrices, group)

    def _move(self, matrices: list[torch.nn.Parameter], group: dict) -> None:
        updates = []
        for matrix in matrices:
            state = self.state[matrix]
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(matrix)
            momentum = state["momentum_buffer"].lerp_(matrix.grad, 1 - group["momentum"])
            updates.append(matrix.grad.lerp(momentum, group["momentum"]))
        rows, columns = matrices[0].shape
        rate = group["lr"] * math.sqrt(max(1, rows / columns))
        for matrix, update in zip(matrices, orthogonal(torch.stack(updates)), strict=True):
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.add_(update, alpha=-rate)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Nearly orthogonal matrices [N, R, C] of the same directions: singular values about 1.

    Five Newton-Schulz steps: x <- a x + (b x x^T + c (x x^T)^2) x.
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_EPSILON)
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
