"""What a published file comes from, written beside it: code, settings, machine, inputs, costs."""

import base64
import dataclasses
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.processors import available_processors
from tldr_reward.errors import InputError
from tldr_reward.paper.provenance import JobRecord, costs_by_rule, jobs_behind
from tldr_reward.records import writing

FORMAT = "provenance/1"
WORKFLOW_FORMAT = "workflow/1"  # of what describe_workflow writes
_FILE = click.Path(path_type=Path)
_ROOT = Path(__file__).parents[4]  # of a checkout
# What a checkout's results come from; tests, pages and generated files are not.
_PARTS = (
    "Snakefile",
    "envs/*.yaml",
    "workflow/config/*",
    "workflow/reported/*",
    "workflow/rules/*.smk",
    "workflow/schemas/*.json",
    "workflow/src/**/*.py",
    "workflow/tasks/*",
    "workflow/notebooks/*.py",
)


def provenance_options(function: Callable) -> Callable:
    """The options of a command that writes provenance beside what it publishes."""
    for option in (
        click.option("--provenance", type=_FILE, help="Provenance JSON to write beside it."),
        click.option(
            "--workflow", type=_FILE, help="workflow.json of the run, for the provenance."
        ),
        click.option(
            "--jobs",
            type=_FILE,
            default=Path(".snakemake/metadata"),
            show_default=True,
            help="Snakemake's records of the jobs behind the inputs.",
        ),
    ):
        function = option(function)
    return function


def describe_workflow(root: Path, configuration: Mapping, out: Path) -> None:
    """Write what a run is made of: its settings, and the SHA-256 of every file of the workflow.

    Provenance quotes it, and a later checkout tells from it which files have changed since. `root`
    is the folder that holds the Snakefile; InputError where there is none.
    """
    files = workflow_files(root)
    if "Snakefile" not in files:
        raise InputError(f"{root} holds no Snakefile")
    found = {
        "format": WORKFLOW_FORMAT,
        "scale": configuration.get("scale"),
        "configuration": dict(configuration),
        "configuration_sha256": _text_digest(json.dumps(configuration, sort_keys=True)),
        "code_sha256": _text_digest(json.dumps(files)),
        "files": files,
    }
    write_json(out, found)


def workflow_files(root: Path) -> dict[str, str]:
    """SHA-256 of every file of a workflow, by its path below `root`."""
    paths = {path for part in _PARTS for path in root.glob(part) if path.is_file()}
    named = {path.relative_to(root).as_posix(): path for path in paths}
    return {name: file_digest(named[name]) for name in sorted(named)}


def write_provenance(
    out: Path, published: Path, inputs: Sequence[Path], workflow: Path | None, jobs: Path
) -> None:
    """Write what a published file comes from as one JSON object.

    Costs are read from the benchmark files in the folder of `workflow`.
    """
    from tldr_reward.cli.measured import read_jobs

    described = read_format(workflow, WORKFLOW_FORMAT) if workflow else {}
    results = workflow.parent if workflow else Path()
    records = read_job_records(jobs, results / "logs")
    behind = jobs_behind(map(str, inputs), records)
    costs = costs_by_rule(behind, read_jobs(results / "benchmarks"))
    found = {
        "format": FORMAT,
        "file": str(published),
        "sha256": file_digest(published),
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "scale": described.get("scale"),
        "seeds": described.get("configuration", {}).get("seeds"),
        **commit(),
        "configuration_sha256": described.get("configuration_sha256"),
        "code_sha256": described.get("code_sha256"),
        "environments_sha256": _environments(described.get("files", {})),
        "versions": versions(),
        "hardware": hardware(),
        "inputs_sha256": {str(path): file_digest(path) for path in inputs},
        "job_minutes": round(sum(cost.job_minutes for cost in costs), 2),
        "gigabytes": max((cost.gigabytes for cost in costs), default=0.0),
        "rules": [dataclasses.asdict(cost) for cost in costs],
    }
    write_json(out, found)


def read_format(path: Path, wanted: str) -> dict:
    """A JSON object of one format; InputError for another."""
    from tldr_reward.cli.measured import read_json

    found = read_json(path)
    if found.get("format") != wanted:
        raise InputError(f"{path}: format {found.get('format')!r}; this version reads {wanted!r}")
    return found


def write_json(path: Path, value: Mapping) -> None:
    """One JSON object, indented for reading."""
    with writing(path) as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def file_digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the names and bytes of what it holds."""
    if not path.is_dir():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for inner in sorted(path.rglob("*")):
        if inner.is_file():
            digest.update(f"{inner.relative_to(path)} {file_digest(inner)}\n".encode())
    return digest.hexdigest()


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_job_records(folder: Path, logs: Path) -> dict[str, JobRecord]:
    """The job that wrote each file, from Snakemake's metadata: a JSON file for each.

    Its name is the file's, in base64; a long one is cut into folders whose names begin with @.
    A job is named after its log below `logs`, as its benchmark file is.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
        try:
            written = base64.urlsafe_b64decode(name).decode()
            record = json.loads(path.read_text(encoding="utf-8"))
            log = Path(record["log"][0]).with_suffix("")
            job = log.relative_to(logs).as_posix() if log.is_relative_to(logs) else str(log)
            times = (float(record["starttime"]), float(record["endtime"]))
            found[written] = JobRecord(record["rule"], job, tuple(record["input"]), *times)
        except (ValueError, LookupError, TypeError):  # no record of a job that has a log
            continue
    return found


def commit() -> dict[str, str | bool | None]:
    """The commit of the checkout that runs, and whether files differ from it; None unknown."""
    head = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no") if head else None
    return {"commit": head, "dirty": None if changed is None else bool(changed)}


def _git(*arguments: str) -> str | None:
    # Only of this checkout: an installed package may lie within somebody else's.
    if not (_ROOT / ".git").exists():
        return None
    try:
        shown = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return shown.stdout.strip() if shown.returncode == 0 else None


def versions() -> dict[str, str]:
    """Version of Python and of every distribution that is installed beside this package."""
    found = {
        distribution.metadata["Name"].lower(): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    return {"python": platform.python_version()} | dict(sorted(found.items()))


def hardware() -> dict[str, str | int | float]:
    """Processor, how many of them this process may use, memory in GB, system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "processors": available_processors(),
        "memory_gb": round(memory / 1024**3, 1),
        "machine": platform.machine(),
        "system": platform.system(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2] for line in text.splitlines() if line.startswith("model name")]
    return names[0].strip() if names else platform.processor()


def _environments(files: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in files.items() if name.startswith("envs/")}
