"""Where a published file comes from: the jobs behind it, as Snakemake recorded them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from tldr_reward.paper.costs import Job


@dataclasses.dataclass(frozen=True)
class JobRecord:
    """One job that wrote a file: its rule, its name, the files that it read; Unix seconds."""

    rule: str
    name: str
    inputs: tuple[str, ...]
    started: float
    ended: float


@dataclasses.dataclass(frozen=True)
class RuleCost:
    """What all jobs of one rule took: minutes together, memory of the largest in GB."""

    rule: str
    jobs: int
    job_minutes: float
    gigabytes: float


def jobs_behind(files: Iterable[str], records: Mapping[str, JobRecord]) -> list[JobRecord]:
    """Every job that `files` needed, directly or not; a file without a record was given.

    `records` has the job that wrote each file. A job that wrote several is there once.
    """
    found: dict[tuple[str, str], JobRecord] = {}
    waiting, seen = list(files), set()
    while waiting:
        name = waiting.pop()
        job = _writer(name, records)
        if name in seen or job is None:
            continue
        seen.add(name)
        found[job.rule, job.name] = job
        waiting += job.inputs
    return sorted(found.values(), key=lambda job: (job.rule, job.name))


def _writer(name: str, records: Mapping[str, JobRecord]) -> JobRecord | None:
    """The job that wrote a file, or the folder that it lies in."""
    folders = map(str, PurePosixPath(name).parents)
    return next((records[one] for one in (name, *folders) if one in records), None)


def costs_by_rule(jobs: Sequence[JobRecord], measured: Mapping[str, Job]) -> list[RuleCost]:
    """What the jobs of each rule took, by name of the rule.

    `measured` is by the jobs' names; a job that is not there is counted and adds nothing.
    """
    costs = []
    for rule in sorted({job.rule for job in jobs}):
        own = [job for job in jobs if job.rule == rule]
        took = [measured[job.name] for job in own if job.name in measured]
        minutes = sum(one.seconds for one in took) / 60
        memory = max((one.megabytes for one in took), default=0.0) / 1024
        costs.append(RuleCost(rule, len(own), round(minutes, 2), round(memory, 3)))
    return costs
