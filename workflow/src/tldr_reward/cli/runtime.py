"""How a model's command runs: threads that the machine really gives, device, number format."""

import dataclasses
import functools
import os
from collections.abc import Callable

import click

from tldr_reward.backbones.placement import ATTENTION, DTYPES, Placement
from tldr_reward.cli.processors import available_processors
from tldr_reward.errors import InputError


@dataclasses.dataclass(frozen=True)
class Runtime:
    """Threads that were asked for, and how the backbone is held."""

    threads: int
    placement: Placement


def runtime_options(command: Callable) -> Callable:
    """Give a command the options of a Runtime, which it gets as `runtime`."""

    @click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
    @click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, mps")
    @click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True)
    @click.option("--attention", type=click.Choice(ATTENTION), default="sdpa", show_default=True)
    @functools.wraps(command)
    def with_runtime(threads: int, device: str, dtype: str, attention: str, **others):
        return command(runtime=Runtime(threads, Placement(device, dtype, attention)), **others)

    return with_runtime


def use_runtime(runtime: Runtime) -> int:
    """Set up torch and return its threads: no more than the processors that this process may use.

    New tensors are made on the device. InputError for a device that is not there.
    """
    # cuBLAS repeats its sums in one order only with this, which it reads when it is loaded.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch
    from transformers.utils import logging

    threads = max(1, min(runtime.threads, available_processors()))
    torch.set_num_threads(threads)
    _use_device(runtime.placement.device)
    # On a GPU some kernels have no deterministic form; there a warning says which.
    torch.use_deterministic_algorithms(True, warn_only=runtime.placement.device != "cpu")
    # Every kernel in use writes all of its output; filling it first costs 3% of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False
    logging.disable_progress_bar()
    return threads


def _use_device(name: str) -> None:
    import torch

    try:
        # Of processes that were launched together, each has a GPU of its own.
        if name == "cuda" and "LOCAL_RANK" in os.environ:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        torch.empty(1, device=name)
        # With a default device every call of torch goes through Python first, 1% of a step.
        if name != "cpu":
            torch.set_default_device(name)
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"--device {name!r} cannot be used here: {reason}") from None
