"""Times of things that are compared: taken in turns, told as medians with their spread."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch

from tldr_reward.bench.memory import PeakMemory, release
from tldr_reward.progress import Progress

# Processor time says more than the wall's clock where others use the machine; of
# one thread, it is what the wall's would be without them.
CLOCKS = {"wall": time.perf_counter, "process": time.process_time}
_PEAK_SIDE = {"cpu": 1024, "cuda": 8192}


def in_turns(
    runs: Mapping[str, Callable[[], float]], rounds: int, label: str
) -> dict[str, list[float]]:
    """Seconds of each run in each of `rounds` rounds, the order turned from round to round."""
    names = list(runs)
    found: dict[str, list[float]] = {name: [] for name in names}
    progress = Progress(rounds * len(names), label)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            gc.collect()
            found[name].append(runs[name]())
            progress.step({name: f"{found[name][-1]:.2f} s"})
    return found


def timed(run: Callable[[], object], device: torch.device, clock: str = "wall") -> float:
    """Seconds of a call, a GPU's queue included."""
    now = CLOCKS[clock]
    _wait(device)
    began = now()
    run()
    _wait(device)
    return now() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def summary(seconds: Sequence[float]) -> dict[str, float | list[float]]:
    """Median, least and greatest of times, and the times."""
    return {
        "median_s": round(statistics.median(seconds), 5),
        "min_s": round(min(seconds), 5),
        "max_s": round(max(seconds), 5),
        "seconds": [round(one, 5) for one in seconds],
    }


def ratio(slow: Sequence[float], fast: Sequence[float]) -> dict[str, float]:
    """Ratio of medians, and the least and greatest of the rounds' own ratios."""
    own = [one / other for one, other in zip(slow, fast, strict=True)]
    median = statistics.median(slow) / statistics.median(fast)
    return {"ratio": round(median, 3), "low": round(min(own), 3), "high": round(max(own), 3)}


def matrix_products(
    device: torch.device, dtype: torch.dtype, clock: str = "wall"
) -> Callable[[], float]:
    """A run of ten products of square matrices, whose operations are `matrix_operations`."""
    side = _PEAK_SIDE[device.type]
    first = torch.randn(side, side, device=device, dtype=dtype)
    out = first @ first

    def products() -> None:
        for _ in range(10):
            torch.mm(first, first, out=out)

    return lambda: timed(products, device, clock)


def matrix_operations(device: torch.device) -> float:
    """Operations of a run of `matrix_products`."""
    return 10 * 2.0 * _PEAK_SIDE[device.type] ** 3


def peak_megabytes(run: Callable[[], object], device: torch.device) -> float:
    """Memory that a call takes at most beyond what was held before, in 10^6 bytes."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        return (torch.cuda.max_memory_allocated(device) - before) / 1e6
    release()
    with PeakMemory() as peak:
        run()
    return peak.megabytes
