"""The processes of one training: each takes its share of a batch, gradients are summed.

Where a backbone is too large for each to hold, its decoder is sharded among them.
"""

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from tldr_reward.errors import InputError
from tldr_reward.reward.model import RewardModel


@dataclasses.dataclass(frozen=True)
class Processes:
    """This process's place among `count` that train one model together (section 5: 8 GPUs)."""

    rank: int = 0
    count: int = 1

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Add up the gradients of all processes in place; one without a gradient adds nothing.

        Those of a sharded model's parts have been added up in its backward pass.
        """
        if self.count == 1:
            return
        for parameter in parameters:
            if isinstance(parameter, DTensor):
                continue
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            torch.distributed.all_reduce(parameter.grad)

    def sum(self, value: float) -> float:
        """The sum of a number over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        torch.distributed.all_reduce(total)
        return total.item()

    def whole(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Tensors of which processes hold parts, whole, in the first process; {} in the others.

        All processes must come here; one tensor at a time is gathered.
        """
        found = {}
        for name, tensor in tensors.items():
            value = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
            if self.rank == 0:
                found[name] = value.detach().cpu()
        return found

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.count > 1:
            torch.distributed.barrier()


def launched_processes() -> Processes:
    """The processes that `accelerate launch` began, connected; one alone where it did not."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Processes()
    from accelerate import PartialState

    # It picks the backend by the device: nccl on GPUs, gloo on processors.
    state = PartialState(cpu=not torch.cuda.is_available())
    return Processes(state.process_index, state.num_processes)


def shard_decoder(model: RewardModel, processes: Processes) -> None:
    """Leave each process a part of the decoder's linear layers and of their LoRA, in place.

    A layer is gathered where it is called and freed behind that, forward and backward; gradients
    come back to the parts as sums. Linear layers and not whole decoder layers are the units: the
    keys and values of a prefix carry gradients past a decoder layer's own output, which alone
    would tell FSDP to gather it again. Embeddings, LM head, vision tower and projector stay whole.
    InputError for one process alone.
    """
    if processes.count == 1:
        raise InputError("sharding full with 1 process; two or more can share a backbone")
    mesh = init_device_mesh(model.backbone.model.device.type, (processes.count,))
    targets = re.compile(model.backbone.lora_targets(("decoder",)))
    linear = [
        module for name, module in model.backbone.model.named_modules() if targets.fullmatch(name)
    ]
    for module in linear:
        # LoRA in PEFT's own form: applied to weights, each would be kept whole for the backward.
        module.__dict__.pop("forward", None)
        sharded = fully_shard(module, mesh=mesh, reshard_after_forward=True)
        # Losses of parts add up to the batch's, so gradients are sums and not means.
        sharded.set_gradient_divide_factor(1.0)
        sharded.set_force_sum_reduction_for_comms(True)
    model.sharded = True
