"""`collect-run`: what a run published and measured, as one Workflow Run RO-Crate."""

import datetime
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError

_FILE = click.Path(path_type=Path)
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
}
# Terms that these profiles have beside those of RO-Crate itself.
_CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
_LICENCE = "https://spdx.org/licenses/Apache-2.0"
_NAME = "Tables, figures and measurements of a run of tldr-reward at scale {scale}"
_DESCRIPTION = (
    "What the workflow published, and the measurements that it was made from; each table's "
    "provenance stands beside it as JSON. Paths are those of the run's folder."
)


@click.command(short_help="What a run published and measured, as an RO-Crate.")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--root", type=_FILE, required=True, help="Folder that holds the Snakefile.")
@click.option("--workflow", type=_FILE, required=True, help="workflow.json of the run.")
@click.option("--published", type=_FILE, multiple=True, help="Published file to keep.")
@click.option(
    "--jobs",
    type=_FILE,
    default=Path(".snakemake/metadata"),
    show_default=True,
    help="Snakemake's records of the jobs behind the files.",
)
@click.option("--out", type=_FILE, required=True, help="Zip file to write.")
def command(
    files: tuple[Path, ...],
    root: Path,
    workflow: Path,
    published: tuple[Path, ...],
    jobs: Path,
    out: Path,
) -> None:
    """Keep FILES (what was measured) and what was published from them, with the workflow's text.

    Paths are kept. Unpacked in another folder, the files are what tables and figures are made
    from, and `tldr-reward verify --reference` compares another run with them.

    Example: tldr-reward collect-run --root . --workflow results/mini/workflow.json
    --published paper_tables/table1.csv --out run.zip results/mini/baselines/random/metrics/test.csv
    """
    from tldr_reward.cli.provenance import WORKFLOW_FORMAT, read_format, read_job_records
    from tldr_reward.paper.provenance import jobs_behind

    described = read_format(workflow, WORKFLOW_FORMAT)
    for path in (*files, *published, workflow):
        _check_path(path)
    behind = jobs_behind(map(str, published), read_job_records(jobs, workflow.parent / "logs"))
    times = (min(job.started for job in behind), max(job.ended for job in behind)) if behind else ()
    crate = make_crate(root, described, workflow, (*files, *published), times)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        whole = Path(folder, out.name)
        crate.write_zip(whole)
        os.replace(whole, out)


def make_crate(
    root: Path,
    described: dict,
    workflow: Path,
    files: Sequence[Path],
    times: Sequence[float],
):
    """An ROCrate of the files at their paths, as results of one run of the workflow.

    The run starts from nothing but its settings, which the file `workflow` describes. `times` are
    its start and end in Unix seconds, or empty where they are not known.
    """
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    crate.name = _NAME.format(scale=described["scale"])
    crate.description = _DESCRIPTION
    crate.license = _LICENCE
    crate.metadata.extra_contexts.append(_CONTEXT)
    version = {"version": described["code_sha256"]}
    main = crate.add_workflow(
        root / "Snakefile", "Snakefile", main=True, lang="snakemake", properties=version
    )
    for name in described["files"]:
        if name.startswith(("workflow/rules/", "workflow/config/", "envs/")):
            main.append_to("hasPart", crate.add_file(root / name, name))
    for address, name in _PROFILES.items():
        entity = {"@type": "CreativeWork", "name": name, "version": "0.5"}
        profile = crate.add(ContextEntity(crate, address, properties=entity))
        crate.root_dataset.append_to("conformsTo", profile)
    settings = _add(crate, workflow)
    made = [_add(crate, path) for path in files]
    run = {"@type": "CreateAction", "name": "Run of the workflow"}
    if times:
        run |= {"startTime": _time(times[0]), "endTime": _time(times[1])}
        run["actionStatus"] = "http://schema.org/CompletedActionStatus"
    action = crate.add_action(main, "#run", object=[settings], result=made, properties=run)
    crate.root_dataset["mentions"] = action
    return crate


def _add(crate, path: Path):
    name = path.as_posix()
    return crate.add_file(path, name, properties={"name": name}, record_size=True)


def _check_path(path: Path) -> None:
    """InputError for a file that is missing or lies outside this folder."""
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{path} lies elsewhere; paths below this folder are needed")


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
