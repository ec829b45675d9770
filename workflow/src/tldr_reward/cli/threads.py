"""Thread pools set to what the machine really gives, whatever number of cores was asked for."""

import os


def use_threads(asked: int) -> int:
    """Set torch's pool to the smaller of `asked` and the processors this process may use."""
    import torch

    threads = max(1, min(asked, len(os.sched_getaffinity(0))))
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    return threads
