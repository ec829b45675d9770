"""`describe-workflow`: the settings of a run, and a digest of every file that it is made of."""

import hashlib
import json
from pathlib import Path

import click

from tldr_reward.errors import InputError

_FILE = click.Path(path_type=Path)
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


@click.command(short_help="Settings and digests of the code of a run.")
@click.option("--root", type=_FILE, required=True, help="Folder that holds the Snakefile.")
@click.option("--configuration", required=True, help="All settings of the run, a JSON object.")
@click.option("--out", type=_FILE, required=True, help="JSON to write.")
def command(root: Path, configuration: str, out: Path) -> None:
    """Write what a run is made of: its settings, and the SHA-256 of every file of the workflow.

    Provenance quotes it, and a later checkout tells from it which files have changed since.

    Example: tldr-reward describe-workflow --root . --configuration '{"scale": "mini"}'
    --out workflow.json
    """
    from tldr_reward.cli.provenance import WORKFLOW_FORMAT, write_json

    try:
        settings = json.loads(configuration)
    except ValueError as error:
        raise InputError(f"--configuration is not JSON ({error})") from None
    if not isinstance(settings, dict):
        raise InputError(f"--configuration is a {type(settings).__name__}; an object is needed")
    files = workflow_files(root)
    if not files:
        raise InputError(f"{root} holds no Snakefile and no workflow")
    found = {
        "format": WORKFLOW_FORMAT,
        "scale": settings.get("scale"),
        "configuration": settings,
        "configuration_sha256": _digest(json.dumps(settings, sort_keys=True)),
        "code_sha256": _digest(json.dumps(files)),
        "files": files,
    }
    write_json(out, found)


def workflow_files(root: Path) -> dict[str, str]:
    """SHA-256 of every file of a workflow, by its path below `root`."""
    from tldr_reward.cli.provenance import file_digest

    paths = {path for part in _PARTS for path in root.glob(part) if path.is_file()}
    named = {path.relative_to(root).as_posix(): path for path in paths}
    return {name: file_digest(named[name]) for name in sorted(named)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
