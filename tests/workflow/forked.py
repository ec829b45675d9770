"""Snakemake in a process that is forked from one that has read it already.

Reading Snakemake and its plugins takes longer than planning this workflow does; tests do that a
hundred times.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from snakemake.cli import main

import tldr_reward
from tldr_reward.modules import content_digest

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__])

# Modules of the package are read beforehand too.
_SOURCE = Path(tldr_reward.__path__[0]).parent
for _path in (_SOURCE / "tldr_reward/cli").glob("*.py"):
    content_digest(_SOURCE, f"tldr_reward.cli.{_path.stem}")


def run_snakemake(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess:
    """As `python -m snakemake ARGUMENTS` in a folder, with its output as text."""
    with tempfile.TemporaryDirectory() as kept:
        files = [Path(kept) / name for name in ("stdout", "stderr")]
        process = SERVER.Process(target=_run, args=(arguments, folder, dict(environment), files))
        process.start()
        process.join()
        code = process.exitcode
        return subprocess.CompletedProcess(arguments, code, *(path.read_text() for path in files))


def _run(
    arguments: Sequence[str], folder: Path, environment: dict[str, str], files: Sequence[Path]
) -> None:
    for number, path in enumerate(files, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["snakemake", *arguments]
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    main()
