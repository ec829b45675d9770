"""`draw-figure`: one figure as PDF and PNG, from CSV files only."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import HistoryRow, Metric, read_rows, writing

_FILE = click.Path(path_type=Path)
_FIGURES = ("precision_recall", "response_accuracy_by_taxonomy", "training_curves")
_ZOO_FIGURES = (
    "token_rates",
    "exam_against_hallucination",
    "mix_against_hallucination",
    "estimated_against_true",
)


@click.command(short_help="One figure as PDF and PNG.")
@click.argument("name", type=click.Choice((*_FIGURES, *_ZOO_FIGURES, "tau_sweep", "reliability")))
@click.option(
    "--curve",
    "curves",
    type=_FILE,
    multiple=True,
    help="Curve CSV (precision_recall); one without a point is left out.",
)
@click.option(
    "--metrics",
    type=_FILE,
    multiple=True,
    help="Metrics CSV (response_accuracy_..., tau_sweep).",
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
@click.option("--tokens", type=_FILE, help="CSV of one caption's tokens (token_rates).")
@click.option("--points", type=_FILE, help="CSV of the zoo's points (the zoo's other figures).")
@click.option("--fits", type=_FILE, help="CSV of the lines through them.")
@click.option(
    "--reliability", "bins", type=_FILE, multiple=True, help="Reliability CSV (reliability)."
)
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
    tokens: Path | None,
    points: Path | None,
    fits: Path | None,
    bins: tuple[Path, ...],
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

    if name == "tau_sweep":
        _save(_tau_sweep(metrics, scale), pdf, png)
        return
    if name == "reliability":
        _save(_reliability(bins, scale), pdf, png)
        return
    if name in _ZOO_FIGURES:
        _save(_zoo_figure(name, tokens, points, fits, scale), pdf, png)
        return
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
    _save(figure, pdf, png)


def _tau_sweep(metrics: tuple[Path, ...], scale: str):
    from tldr_reward.cli.measured import read_scale_rows
    from tldr_reward.paper.tau_sweep import draw_tau_sweep

    if not metrics:
        raise InputError("tau_sweep: --metrics FILE is needed")
    return draw_tau_sweep(read_scale_rows(metrics, Metric, scale), scale)


def _reliability(bins: tuple[Path, ...], scale: str):
    from tldr_reward.cli.measured import read_scale_rows
    from tldr_reward.metrics.rows import ReliabilityBin
    from tldr_reward.paper.reliability import draw_reliability

    if not bins:
        raise InputError("reliability: --reliability FILE is needed")
    return draw_reliability(read_scale_rows(bins, ReliabilityBin, scale), scale)


def _zoo_figure(name: str, tokens: Path | None, points: Path | None, fits: Path | None, scale: str):
    """A figure of the zoo, from the files that it needs."""
    from tldr_reward.cli.measured import read_scale_rows
    from tldr_reward.metrics.zoo import ExampleToken
    from tldr_reward.metrics.zoo_correlation import ZooFit, ZooPoint
    from tldr_reward.paper.token_rates import draw_token_rates
    from tldr_reward.paper.zoo_figures import (
        draw_estimated_against_true,
        draw_score_against_hallucination,
    )

    if name == "token_rates":
        if tokens is None:
            raise InputError(f"{name}: --tokens FILE is needed")
        return draw_token_rates(read_scale_rows([tokens], ExampleToken, scale), scale)
    if points is None or fits is None:
        raise InputError(f"{name}: --points FILE and --fits FILE are needed")
    placed = read_scale_rows([points], ZooPoint, scale)
    lines = read_scale_rows([fits], ZooFit, scale)
    if name == "estimated_against_true":
        return draw_estimated_against_true(placed, lines, scale)
    return draw_score_against_hallucination(placed, lines, name.partition("_")[0], scale)


def _save(figure, pdf: Path, png: Path) -> None:
    with writing(pdf, "wb") as file:
        # No date in the file: the same input gives the same bytes.
        figure.savefig(file, format="pdf", metadata={"CreationDate": None})
    with writing(png, "wb") as file:
        figure.savefig(file, format="png", dpi=200)
