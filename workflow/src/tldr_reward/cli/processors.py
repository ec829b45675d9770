"""What the machine really gives: processors that a process may use."""

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/cpu.max")


def available_processors(quota_file: Path = _CGROUP) -> int:
    """Processors that this process may use: its affinity, or a container's CPU quota if less.

    Where processes have no affinity (macOS), all of the machine's.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity else os.cpu_count() or 1
    if not quota_file.is_file():
        return allowed
    quota, period = quota_file.read_text().split()[:2]
    return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
