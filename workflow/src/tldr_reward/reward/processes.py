"""The processes of one training: each takes its share of a batch, gradients are summed."""

import dataclasses
import os
from collections.abc import Iterable

import torch


@dataclasses.dataclass(frozen=True)
class Processes:
    """This process's place among `count` that train one model together (section 5: 8 GPUs)."""

    rank: int = 0
    count: int = 1

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Add up the gradients of all processes in place; one without a gradient adds nothing."""
        if self.count == 1:
            return
        for parameter in parameters:
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
