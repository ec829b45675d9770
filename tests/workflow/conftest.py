"""Snakemake in a process of its own, on the workflow of this checkout or on a copy of it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.forked import run_snakemake

ROOT = Path(__file__).parents[2]
# What the workflow is made of; results and tests are not.
PARTS = ("Snakefile", "workflow", "profiles", "envs")


@pytest.fixture
def snakemake(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Runs Snakemake with arguments in an empty folder.

    `root` holds the Snakefile; `programs` is a folder whose programs come before all others.
    """

    def run(
        *arguments: str, root: Path = ROOT, programs: Path | None = None
    ) -> subprocess.CompletedProcess:
        folder = tmp_path / "elsewhere"
        folder.mkdir(exist_ok=True)
        # The caches of Snakemake stay out of the user's home.
        environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        if programs:
            environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
        return run_snakemake(["-s", str(root / "Snakefile"), *arguments], folder, environment)

    return run


@pytest.fixture
def workflow_copy(tmp_path: Path) -> Path:
    """A copy of the workflow that a test may edit."""
    copy = tmp_path / "copy"
    for part in PARTS:
        if (ROOT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / part, copy / part, ignore=ignored)
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, copy / part)
    return copy
