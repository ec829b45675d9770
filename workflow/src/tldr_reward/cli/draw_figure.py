"""`draw-figure`: one figure as PDF and PNG, from CSV files only."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import HistoryRow, Metric, read_rows, writing

_FILE = click.Path(path_type=Path)
_FIGURES = ("precision_recall", "response_accuracy_by_taxonomy", "training_curves")


@click.command(short_help="One figure as PDF and PNG.")
@click.argument("name", type=click.Choice(_FIGURES))
@click.option(
    "--curve",
    "curves",
    type=_FILE,
    multiple=True,
    help="Curve CSV (precision_recall); one without a point is left out.",
)
@click.option(
    "--metrics", type=_FILE, multiple=True, help="Metrics CSV (response_accuracy_by_taxonomy)."
)
@click.option(
    "--resamples", type=_FILE, multiple=True, help="Bootstrap values CSV, to pool several seeds."
)
@click.option(
    "--reported", type=_FILE, help="CSV of the paper's numbers (response_accuracy_by_taxonomy)."
)
@click.option(
    "--history",
    "histories",
    type=_FILE,
    multiple=True,
    help="Training history CSV (training_curves); with as many --run.",
)
@click.option("--run", "runs", multiple=True, help="Run id of each --history, in their order.")
@click.option("--scale", required=True, help="Scale of every input, e.g. mini.")
@click.option("--pdf", type=_FILE, required=True, help="PDF to write.")
@click.option("--png", type=_FILE, required=True, help="PNG to write.")
def command(
    name: str,
    curves: tuple[Path, ...],
    metrics: tuple[Path, ...],
    resamples: tuple[Path, ...],
    reported: Path | None,
    histories: tuple[Path, ...],
    runs: tuple[str, ...],
    scale: str,
    pdf: Path,
    png: Path,
) -> None:
    """Draw one figure; the same input gives the same bytes.

    Example: tldr-reward draw-figure training_curves --history history.csv
    --run paligemma/tldr/seed0 --scale mini --pdf training_curves.pdf --png training_curves.png
    """
    from tldr_reward.cli.measured import read_resamples, read_scale_rows
    from tldr_reward.metrics.rows import CurvePoint
    from tldr_reward.paper.accuracy_by_taxonomy import draw_accuracy_by_taxonomy
    from tldr_reward.paper.precision_recall import draw_precision_recall
    from tldr_reward.paper.reported import ReportedValue
    from tldr_reward.paper.training_curves import draw_training_curves

    given = {_FIGURES[0]: curves, _FIGURES[1]: metrics, _FIGURES[2]: histories}
    if not given[name]:
        option = dict(zip(_FIGURES, ("--curve", "--metrics", "--history"), strict=True))[name]
        raise InputError(f"{name}: {option} FILE is needed")
    if name == "precision_recall":
        figure = draw_precision_recall(read_scale_rows(curves, CurvePoint, scale), scale)
    elif name == "response_accuracy_by_taxonomy":
        figure = draw_accuracy_by_taxonomy(
            read_scale_rows(metrics, Metric, scale),
            read_rows(reported, ReportedValue) if reported else [],
            read_resamples(resamples),
            scale,
        )
    else:
        if len(set(runs)) != len(histories) or len(runs) != len(histories):
            raise InputError(f"{len(histories)} --history files and runs {list(runs)}: one each")
        read = {run: read_rows(path, HistoryRow) for run, path in zip(runs, histories, strict=True)}
        figure = draw_training_curves(read, scale)
    with writing(pdf, "wb") as file:
        # No date in the file: the same input gives the same bytes.
        figure.savefig(file, format="pdf", metadata={"CreationDate": None})
    with writing(png, "wb") as file:
        figure.savefig(file, format="png", dpi=200)
