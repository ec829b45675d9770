"""`make-table`: one published table, checked against its schema, as CSV and Markdown."""

import csv
from pathlib import Path

import click

from tldr_reward.cli.provenance import provenance_options, write_provenance
from tldr_reward.records import Metric, read_rows, writing

_FILE = click.Path(path_type=Path)
# The names of paper.makers, which loads what they need.
_TABLES = (
    *("table1", "table1_ood", "table2", "table3", "table4", "table5", "table6", "table7"),
    *("table8", "table9", "table10", "table11", "human_evaluation", "pixelprose"),
)


@click.command(short_help="One published table as CSV and Markdown.")
@click.argument("name", type=click.Choice(_TABLES))
@click.option("--metrics", type=_FILE, multiple=True, help="Metrics CSV (tables of measures).")
@click.option(
    "--responses",
    type=_FILE,
    multiple=True,
    help="Responses CSV, for TLDR against naive (table 1).",
)
@click.option(
    "--resamples",
    type=_FILE,
    multiple=True,
    help="Bootstrap values CSV, to pool several seeds (tables 1, 2, 11).",
)
@click.option("--models", type=_FILE, help="Registry TSV of the models (table 3).")
@click.option("--statistics", type=_FILE, help="Data statistics CSV (table 8).")
@click.option(
    "--settings",
    type=_FILE,
    multiple=True,
    help="Settings JSON of a trained reward model (tables 9, 10).",
)
@click.option("--reported", type=_FILE, required=True, help="CSV of the paper's numbers.")
@click.option("--scale", required=True, help="Scale of every input, e.g. mini.")
@click.option("--schema", type=_FILE, required=True, help="JSON schema of the table's rows.")
@click.option("--out", type=_FILE, required=True, help="CSV to write.")
@click.option("--markdown", type=_FILE, required=True, help="Markdown to write.")
@provenance_options
def command(
    name: str,
    metrics: tuple[Path, ...],
    responses: tuple[Path, ...],
    resamples: tuple[Path, ...],
    models: Path | None,
    statistics: Path | None,
    settings: tuple[Path, ...],
    reported: Path,
    scale: str,
    schema: Path,
    out: Path,
    markdown: Path,
    provenance: Path | None,
    workflow: Path | None,
    jobs: Path,
) -> None:
    """Make one table of the paper from measured files, with the paper's values beside ours.

    With --provenance, a JSON file beside it says what it comes from: commit, settings, versions,
    machine, inputs, and what the jobs behind them took.

    Example: tldr-reward make-table table1 --metrics metrics/tldr.csv --metrics metrics/naive.csv
    --reported workflow/reported/reported.csv --scale mini
    --schema workflow/schemas/table1.schema.json --out table1.csv --markdown table1.md
    """
    from tldr_reward.cli.measured import (
        read_columns,
        read_json,
        read_resamples,
        read_scale_rows,
    )
    from tldr_reward.metrics.rows import ResponseOutcome
    from tldr_reward.paper.data_table import STATISTICS_COLUMNS
    from tldr_reward.paper.makers import MAKERS
    from tldr_reward.paper.markdown import render
    from tldr_reward.paper.reported import ReportedValue
    from tldr_reward.paper.table import Sources, check_table

    sources = Sources(
        scale=scale,
        reported=read_rows(reported, ReportedValue),
        metrics=read_scale_rows(metrics, Metric, scale),
        outcomes=read_scale_rows(responses, ResponseOutcome, scale),
        resamples=read_resamples(resamples),
        statistics=read_columns(statistics, STATISTICS_COLUMNS) if statistics else (),
        settings=[read_json(path) for path in settings],
        models=read_columns(models, ("model", "kind", "reported_row"), "\t") if models else (),
    )
    table = MAKERS[name](sources)
    check_table(table, read_json(schema))
    _write_csv(out, table.columns, table.rows)
    with writing(markdown) as file:
        file.write(render(table))
    if provenance:
        given = (*metrics, *responses, *resamples, *settings, models, statistics, reported, schema)
        inputs = [path for path in given if path]
        write_provenance(provenance, out, inputs, workflow, jobs)


def _write_csv(path: Path, columns: tuple[str, ...], rows: tuple) -> None:
    with writing(path) as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
