"""`audit`: what the paper's printed numbers say of each other, as CSV and Markdown."""

import dataclasses
from pathlib import Path

import click

_FILE = click.Path(path_type=Path)


@click.command(short_help="Checks of the paper's own numbers against each other.")
@click.option("--reported", type=_FILE, required=True, help="CSV of the paper's numbers.")
@click.option(
    "--reported-schema", type=_FILE, required=True, help="JSON schema of the paper's numbers."
)
@click.option(
    "--functions",
    type=_FILE,
    required=True,
    help="CSV of IsoBench functions: index, code, label as published.",
)
@click.option("--schema", type=_FILE, required=True, help="JSON schema of the audit's rows.")
@click.option("--out", type=_FILE, required=True, help="CSV to write.")
@click.option("--markdown", type=_FILE, required=True, help="Markdown to write.")
def command(
    reported: Path, reported_schema: Path, functions: Path, schema: Path, out: Path, markdown: Path
) -> None:
    """Recompute what the paper's printed numbers allow; no model is needed.

    Sums, whole counts behind percentages, regression lines, differences between the two sources,
    text against tables, and the strength of every comparison.

    Example: tldr-reward audit --reported workflow/reported/reported.csv
    --reported-schema workflow/schemas/reported.schema.json
    --functions workflow/reported/isobench_functions.csv
    --schema workflow/schemas/audit.schema.json --out audit.csv --markdown audit.md
    """
    from tldr_reward.cli.measured import read_json
    from tldr_reward.paper.audit.labels import LabelledFunction
    from tldr_reward.paper.audit.make import audit_rows
    from tldr_reward.paper.audit.page import render_audit
    from tldr_reward.paper.audit.rows import AuditRow
    from tldr_reward.paper.reported import ReportedValue, check_reported
    from tldr_reward.paper.table import Table, check_table
    from tldr_reward.records import read_rows, write_rows, writing
    from tldr_reward.world.rational import parse_function

    values = read_rows(reported, ReportedValue)
    check_reported(values, read_json(reported_schema))
    labelled = read_rows(functions, LabelledFunction)
    rows = audit_rows(values, [(item, parse_function(item.code).parity()) for item in labelled])
    columns = tuple(field.name for field in dataclasses.fields(AuditRow))
    cells = tuple(dataclasses.asdict(row) for row in rows)
    check_table(Table("audit", "", columns, cells, ()), read_json(schema))
    write_rows(out, rows, AuditRow)
    with writing(markdown) as file:
        file.write(render_audit(rows))
