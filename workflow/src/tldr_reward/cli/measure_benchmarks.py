"""`tldr-reward measure-benchmarks`: what outcomes on benchmarks are worth at each tau."""

from pathlib import Path

import click

from tldr_reward.records import Metric, write_rows


@click.command()
@click.option("--outcomes", type=Path, multiple=True, required=True, help="CSV, one a run")
@click.option("--scale", required=True, help="scale of every input, e.g. mini")
@click.option("--metrics", type=Path, required=True, help="CSV to write")
def command(outcomes: tuple[Path, ...], scale: str, metrics: Path) -> None:
    """Measure accuracy at each tau, and compare it with tau = 0 on the same items.

    Holm's rule is applied over all comparisons of the files given.

    Example: tldr-reward measure-benchmarks --outcomes paligemma.csv --outcomes llama.csv
    --scale mini --metrics metrics.csv
    """
    from tldr_reward.cli.measured import read_scale_rows
    from tldr_reward.metrics.benchmarks import measure_benchmarks
    from tldr_reward.metrics.rows import BenchmarkOutcome

    write_rows(
        metrics, measure_benchmarks(read_scale_rows(outcomes, BenchmarkOutcome, scale)), Metric
    )
