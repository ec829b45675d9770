"""`tldr-reward bench-startup`: how long the command line takes to start."""

from pathlib import Path

import click


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@click.option("--out", type=Path, required=True, help="JSON to write")
def command(rounds: int, out: Path) -> None:
    """Measure the import of the command line (python -X importtime) and of whole processes.

    Example: tldr-reward bench-startup --out results/bench/startup.json
    """
    from tldr_reward.bench.startup import measured_startup
    from tldr_reward.cli.provenance import write_json

    write_json(out, measured_startup(rounds))
