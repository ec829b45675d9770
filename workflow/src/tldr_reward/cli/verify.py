"""`verify`: what a run shows of each of the paper's claims."""

from pathlib import Path

import click

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
) -> None:
    """Test each claim on the tables of a run: holds, does not hold, inconclusive, not run.

    A claim whose table is not given was not run. Tables are named as the registry names them.

    Example: tldr-reward verify --claims workflow/config/claims.yaml
    --schema workflow/schemas/claims.schema.json --table paper_tables/table1.csv
    --audit results/audit.csv --scale mini --out claims.csv --effects effects.csv
    --markdown claims.md
    """
    import jsonschema
    import yaml

    from tldr_reward.cli.measured import read_columns, read_json
    from tldr_reward.paper.claims import ClaimEffect, ClaimRow, judge_claims, read_claims
    from tldr_reward.paper.claims_page import render_claims

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
    found = {str(path): read_columns(path, ()) for path in tables}
    audited = read_columns(audit, ("id", "verdict")) if audit else []
    strengths = {row["id"]: row["verdict"] for row in audited}
    jobs = read_jobs(benchmarks) if benchmarks else {}
    rows, told = judge_claims(read_claims(registry), found, scale, strengths, jobs)
    write_rows(out, rows, ClaimRow)
    write_rows(effects, told, ClaimEffect)
    with writing(markdown) as file:
        file.write(render_claims(rows, told, scale))


def read_jobs(folder: Path) -> dict:
    """What jobs took, by the names of their benchmark files below a folder."""
    from tldr_reward.cli.measured import read_columns
    from tldr_reward.paper.costs import Job

    found = {}
    for path in sorted(folder.rglob("*.tsv")):
        for row in read_columns(path, ("s", "max_rss"), "\t"):
            # A job that ended before it was looked at has no memory.
            memory = float(row["max_rss"]) if row["max_rss"] not in ("", "-", "NA") else 0.0
            name = path.relative_to(folder).with_suffix("").as_posix()
            found[name] = Job(float(row["s"]), memory)
    return found
