"""`measure-correlation`: models' scores against their hallucination rates (figures 5 and 6)."""

from pathlib import Path

import click

_FILE = click.Path(path_type=Path)


@click.command(short_help="Scores against hallucination rates over the models of the zoo.")
@click.option("--metrics", type=_FILE, multiple=True, required=True, help="One CSV a model.")
@click.option("--reported", type=_FILE, required=True, help="CSV of the paper's numbers.")
@click.option("--scale", required=True, help="Scale of every input, e.g. mini.")
@click.option("--points", type=_FILE, required=True, help="CSV of the panels' points to write.")
@click.option("--fits", type=_FILE, required=True, help="CSV of the panels' lines to write.")
def command(
    metrics: tuple[Path, ...], reported: Path, scale: str, points: Path, fits: Path
) -> None:
    """Fit a line to score against -ln(rate), for the paper's ten models and for ours.

    A panel with fewer than three points has no line. Of the paper's numbers those of its
    camera-ready form are used.

    Example: tldr-reward measure-correlation --metrics a.csv --metrics b.csv --metrics c.csv
    --reported workflow/reported/reported.csv --scale mini --points points.csv --fits fits.csv
    """
    from tldr_reward.cli.measured import read_scale_rows
    from tldr_reward.metrics.zoo_correlation import (
        ZooFit,
        ZooPoint,
        reported_points,
        zoo_fits,
        zoo_points,
    )
    from tldr_reward.paper.reported import ReportedValue, printed_values
    from tldr_reward.records import Metric, read_rows, write_rows

    rows = read_scale_rows(metrics, Metric, scale)
    printed = [
        entry for entry in read_rows(reported, ReportedValue) if "camera_ready" in entry.source
    ]
    found = reported_points(printed_values(printed, "table3"), scale) + zoo_points(rows, scale)
    write_rows(points, found, ZooPoint)
    write_rows(fits, zoo_fits(found), ZooFit)
