"""Muon or AdamW for the matrices, AdamW for the rest, and the learning-rate schedules."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch.distributed.tensor import DTensor, distribute_tensor

from tldr_reward.backbones.muon import Muon

_NOT_HIDDEN = ("embed", "lm_head", "position")
KINDS = ("muon", "adamw")


class Optimizers:
    """Muon on 2-D hidden weights and AdamW on embeddings, heads, norms and biases, as one.

    From scratch at this size AdamW alone stalls on shapes; Muon does not. Learning rates are
    the peaks; `scale` multiplies them at every step. `own_rates` gives hidden weights whose name
    holds a key their own rate. With `kind` adamw, hidden weights have AdamW too.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[str, torch.nn.Parameter]],
        learning_rate: float,
        adamw_learning_rate: float,
        own_rates: Mapping[str, float] | None = None,
        weight_decay: float = 0.01,
        kind: str = "muon",
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
        # Parameters of which a process holds a part are not moved in one call with whole ones.
        by_rate: dict[tuple[float, type], list[torch.nn.Parameter]] = {}
        for name, tensor in hidden:
            own = (rate for part, rate in (own_rates or {}).items() if part in name)
            key = next(own, learning_rate), type(tensor)
            by_rate.setdefault(key, []).append(tensor)
        matrices = Muon if kind == "muon" else torch.optim.AdamW
        self.parts = [
            matrices(_groups(by_rate), weight_decay=weight_decay),
            torch.optim.AdamW(
                _groups({(adamw_learning_rate, torch.Tensor): [tensor for _, tensor in rest]}),
                betas=(0.9, 0.99),
                weight_decay=0.0,
            ),
        ]
        self.hidden = names

    def step(self, scale: float) -> None:
        """Apply gradients with all learning rates scaled, and clear them."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = group["peak"] * scale
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
        """Put back what `tensors` gave, whole; a process takes its part of what it has in part."""
        for key, value in state.items():
            field, name = key.split("/", 1)
            tensor = self.named[name]
            if field == "parameter":
                tensor.copy_(_part_of(value, tensor))
                continue
            part = self.parts[0] if name in self.hidden else self.parts[1]
            # The count of steps stays where it was; all else lies beside its parameter.
            part.state[tensor][field] = _part_of(value, tensor) if value.ndim else value.clone()


def _part_of(value: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """The value where the tensor is: on its device, and distributed over processes as it is."""
    value = value.to(tensor.device)
    if not isinstance(tensor, DTensor):
        return value
    # Every process has read the whole: none waits for another's.
    return distribute_tensor(value, tensor.device_mesh, tensor.placements, src_data_rank=None)


def _groups(by_rate: Mapping[tuple[float, type], list[torch.nn.Parameter]]) -> list[dict]:
    return [{"params": tensors, "lr": rate, "peak": rate} for (rate, _), tensors in by_rate.items()]


def trapezoid(step: int, steps: int, warmup: int, decay_share: float = 0.4) -> float:
    """Scale of the learning rate: linear warm-up, flat, linear decay to 0 over the last share."""
    rise = (step + 1) / max(1, warmup)
    fall = (steps - step) / max(1.0, decay_share * steps)
    return min(1.0, rise, fall)


def cosine(step: int, steps: int, warmup: int) -> float:
    """Scale of the learning rate: linear warm-up, then half a cosine down to 0 (table 9)."""
    rise = (step + 1) / max(1, warmup)
    done = max(0, step - warmup) / max(1, steps - warmup)
    return min(1.0, rise) * 0.5 * (1 + math.cos(math.pi * done))
