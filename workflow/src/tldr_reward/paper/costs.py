"""What testing a claim may cost, and what its jobs did cost, from their benchmark files."""

import dataclasses
import fnmatch
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Budget:
    """Minutes of all jobs together, memory of the largest; `jobs` are patterns of their names."""

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
    """The cost of a budget's jobs; None where some of them have left no benchmark."""
    chosen: dict[str, Job] = {}
    for pattern in budget.jobs:
        names = fnmatch.filter(jobs, pattern)
        if not names:
            return None
        chosen |= {name: jobs[name] for name in names}
    minutes = sum(job.seconds for job in chosen.values()) / 60
    return Cost(minutes, max(job.megabytes for job in chosen.values()) / 1024)
