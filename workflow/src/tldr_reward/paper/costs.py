"""What testing a claim may cost, and what its jobs did cost, from their benchmark files."""

import dataclasses
import fnmatch
import re
from collections.abc import Mapping

_SEED = re.compile(r"/seed(\d+)(?:/|$)")


@dataclasses.dataclass(frozen=True)
class Budget:
    """With one seed: minutes of all jobs together, memory of the largest.

    `jobs` are patterns of their names.
    """

    job_minutes: float
    gigabytes: float
    gpu_hours: float
    jobs: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Job:
    """What a job took: wall clock, and most memory at once."""

    seconds: float
    megabytes: float


@dataclasses.dataclass(frozen=True)
class Cost:
    """What the jobs of a budget took."""

    job_minutes: float
    gigabytes: float


def measured_cost(budget: Budget, jobs: Mapping[str, Job]) -> Cost | None:
    """The cost of a budget's jobs; None where some of them have left no benchmark.

    Of jobs that stand there for several seeds, those of the lowest count.
    """
    seeds = sorted({int(found[1]) for name in jobs if (found := _SEED.search(name))})
    others = {f"seed{seed}" for seed in seeds[1:]}
    one_seed = [name for name in jobs if not others & set(name.split("/"))]
    chosen: dict[str, Job] = {}
    for pattern in budget.jobs:
        names = fnmatch.filter(one_seed, pattern)
        if not names:
            return None
        chosen |= {name: jobs[name] for name in names}
    minutes = sum(job.seconds for job in chosen.values()) / 60
    return Cost(minutes, max(job.megabytes for job in chosen.values()) / 1024)
