"""`verify`: what a run shows of each of the paper's claims."""

from collections.abc import Sequence
from pathlib import Path

import click

from tldr_reward.cli.provenance import (
    FORMAT,
    WORKFLOW_FORMAT,
    hardware,
    provenance_options,
    read_format,
    versions,
    write_provenance,
)
from tldr_reward.errors import InputError
from tldr_reward.records import write_rows, writing

_FILE = click.Path(path_type=Path)


@click.command(short_help="Verdicts on the paper's claims.")
@click.option("--claims", type=_FILE, required=True, help="YAML registry of claims.")
@click.option("--schema", type=_FILE, required=True, help="JSON schema of the registry.")
@click.option("--table", "tables", type=_FILE, multiple=True, help="CSV that claims name.")
@click.option("--audit", type=_FILE, help="CSV of the audit: how strong printed numbers are.")
@click.option("--benchmarks", type=_FILE, help="Folder of the benchmark files of the run's jobs.")
@click.option("--scale", required=True, help="Scale that ran, e.g. mini.")
@click.option("--out", type=_FILE, required=True, help="CSV of claims to write.")
@click.option("--effects", type=_FILE, required=True, help="CSV of their effects to write.")
@click.option("--markdown", type=_FILE, required=True, help="Markdown to write.")
@click.option("--reference", type=_FILE, help="Folder of an unpacked reference run.")
@click.option("--compared", type=_FILE, help="CSV of files beside the reference's to write.")
@provenance_options
def command(
    claims: Path,
    schema: Path,
    tables: tuple[Path, ...],
    audit: Path | None,
    benchmarks: Path | None,
    scale: str,
    out: Path,
    effects: Path,
    markdown: Path,
    reference: Path | None,
    compared: Path | None,
    provenance: Path | None,
    workflow: Path | None,
    jobs: Path,
) -> None:
    """Test each claim on the tables of a run: holds, does not hold, inconclusive, not run.

    A claim whose table is not given was not run. Tables are named as the registry names them.
    With --reference, what this folder holds is compared with a run that collect-run kept.

    Example: tldr-reward verify --claims workflow/config/claims.yaml
    --schema workflow/schemas/claims.schema.json --table paper_tables/table1.csv
    --audit results/audit.csv --scale mini --out claims.csv --effects effects.csv
    --markdown claims.md
    """
    from tldr_reward.cli.measured import read_columns, read_jobs
    from tldr_reward.paper.claims import ClaimEffect, ClaimRow, judge_claims
    from tldr_reward.paper.claims_page import render_claims
    from tldr_reward.paper.reference import FileAgreement

    registry = read_registry(claims, schema)
    found = {str(path): read_columns(path, ()) for path in tables}
    audited = read_columns(audit, ("id", "verdict")) if audit else []
    strengths = {row["id"]: row["verdict"] for row in audited}
    took = read_jobs(benchmarks) if benchmarks else {}
    rows, told = judge_claims(registry, found, scale, strengths, took)
    page = render_claims(rows, told, scale)
    if reference:
        if not (workflow and compared):
            raise InputError("--reference needs --workflow and --compared")
        page += compare_with_reference(reference, workflow, rows, compared)
    elif compared:
        write_rows(compared, [], FileAgreement)
    write_rows(out, rows, ClaimRow)
    write_rows(effects, told, ClaimEffect)
    with writing(markdown) as file:
        file.write(page)
    if provenance:
        inputs = [path for path in (claims, schema, *tables, audit) if path]
        write_provenance(provenance, out, inputs, workflow, jobs)


def read_registry(claims: Path, schema: Path) -> list:
    """The claims of a YAML registry that fits the schema; InputError for one that does not."""
    import jsonschema
    import yaml

    from tldr_reward.cli.measured import read_json
    from tldr_reward.paper.claims import read_claims

    if not claims.is_file():
        raise InputError(f"no such file: {claims}")
    try:
        registry = yaml.safe_load(claims.read_text(encoding="utf-8"))
        jsonschema.validate(registry, read_json(schema), jsonschema.Draft202012Validator)
    except yaml.YAMLError as error:
        raise InputError(f"{claims}: no YAML ({' '.join(str(error).split())[:200]})") from None
    except jsonschema.ValidationError as error:
        where = "/".join(map(str, error.absolute_path))
        raise InputError(f"{claims}: {where}: {error.message}") from None
    return read_claims(registry)


def compare_with_reference(reference: Path, workflow: Path, rows: Sequence, compared: Path) -> str:
    """Compare files of this folder with the reference's; writes their CSV, returns Markdown."""
    from tldr_reward.cli.measured import read_columns
    from tldr_reward.paper.reference import FileAgreement, compare_rows, compare_surroundings
    from tldr_reward.paper.reference_page import render_reference

    if workflow.is_absolute():
        raise InputError(f"--workflow {workflow}: a path below this folder is needed")
    around = compare_surroundings(
        {"hardware": hardware(), "versions": versions()},
        read_format(reference / "paper_tables/claims.provenance.json", FORMAT),
        read_format(workflow, WORKFLOW_FORMAT),
        read_format(reference / workflow, WORKFLOW_FORMAT),
    )
    # The reference's own verdicts and text are no measurements.
    own = {workflow.with_name(name) for name in ("claims.csv", "effects.csv", compared.name)}
    kept = [path.relative_to(reference) for path in sorted(reference.rglob("*.csv"))]
    kept = [path for path in kept if path not in own and path.parts[0] != "workflow"]
    found = [
        compare_rows(
            path.as_posix(), read_columns(path, ()), read_columns(reference / path, ()), around.same
        )
        for path in kept
        if path.is_file()
    ]
    write_rows(compared, found, FileAgreement)
    claims = read_columns(reference / workflow.with_name("claims.csv"), ("claim", "verdict"))
    then = {row["claim"]: row["verdict"] for row in claims}
    other = [(row, then.get(row.claim, "")) for row in rows if then.get(row.claim) != row.verdict]
    return render_reference(found, len(kept) - len(found), around, other)
