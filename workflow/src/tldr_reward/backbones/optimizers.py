"""Muon for the matrices, AdamW for the rest, and the learning-rate schedules."""

import math
from collections.abc import Iterable

import torch

_NOT_HIDDEN = ("embed", "lm_head", "position")


class Optimizers:
    """Muon on 2-D hidden weights and AdamW on embeddings, heads, norms and biases, as one.

    From scratch at this size AdamW alone stalls on shapes; Muon does not. Learning rates are
    the peaks; `scale` multiplies both at every step.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[str, torch.nn.Parameter]],
        learning_rate: float,
        adamw_learning_rate: float,
        weight_decay: float = 0.01,
    ) -> None:
        trained = [(name, tensor) for name, tensor in parameters if tensor.requires_grad]
        hidden = [
            (name, tensor)
            for name, tensor in trained
            if tensor.ndim == 2 and not any(part in name for part in _NOT_HIDDEN)
        ]
        names = {name for name, _ in hidden}
        rest = [(name, tensor) for name, tensor in trained if name not in names]
        self.named = dict(trained)
        self.parts = [
            torch.optim.Muon(
                [tensor for _, tensor in hidden], lr=learning_rate, weight_decay=weight_decay
            ),
            torch.optim.AdamW(
                [tensor for _, tensor in rest],
                lr=adamw_learning_rate,
                betas=(0.9, 0.99),
                weight_decay=0.0,
            ),
        ]
        self.peaks = [learning_rate, adamw_learning_rate]

    def step(self, scale: float) -> None:
        """Apply gradients with both learning rates scaled, and clear them."""
        for part, peak in zip(self.parts, self.peaks, strict=True):
            for group in part.param_groups:
                group["lr"] = peak * scale
            part.step()
            part.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Parameters and optimizer state by name, for a checkpoint."""
        state = {f"parameter/{name}": tensor.detach() for name, tensor in self.named.items()}
        for part in self.parts:
            for name, tensor in self.named.items():
                for key, value in part.state.get(tensor, {}).items():
                    state[f"{key}/{name}"] = value
        return state

    @torch.no_grad()
    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Put back what `tensors` gave."""
        for key, value in state.items():
            field, name = key.split("/", 1)
            tensor = self.named[name]
            if field == "parameter":
                tensor.copy_(value)
                continue
            part = self.parts[0] if field == "momentum_buffer" else self.parts[1]
            part.state[tensor][field] = value.clone()


def trapezoid(step: int, steps: int, warmup: int, decay_share: float = 0.4) -> float:
    """Scale of the learning rate: linear warm-up, flat, linear decay to 0 over the last share."""
    rise = (step + 1) / max(1, warmup)
    fall = (steps - step) / max(1.0, decay_share * steps)
    return min(1.0, rise, fall)


def cosine(step: int, steps: int, warmup: int) -> float:
    """Scale of the learning rate: linear warm-up, then half a cosine to 0 (tables 9 and 10)."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))
