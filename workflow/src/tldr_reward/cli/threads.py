"""Thread pools set to what the machine really gives, whatever number of cores was asked for."""

from tldr_reward.cli.processors import available_processors


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
