"""`tldr-reward bench-growth`: how time grows with images, captions and their length."""

from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options

GEOMETRIES = ("mini", "paper", "full", "tiny")
ARCHITECTURES = ("paligemma", "llama")


@click.command()
@click.option("--geometry", type=click.Choice(GEOMETRIES), required=True)
@click.option("--architecture", type=click.Choice(ARCHITECTURES), required=True)
@click.option("--backbone", type=Path, help="its folder; else random weights of the geometry")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--clock",
    type=click.Choice(["wall", "process"]),
    default="wall",
    show_default=True,
    help="process: processor time, where others use the machine (with one thread)",
)
@runtime_options
@click.option("--out", type=Path, required=True, help="JSON to write")
def command(geometry, architecture, backbone, rounds, clock, runtime, out) -> None:
    """Measure training and scoring at three sizes of images, captions of each, and their length.

    The exponent that fits the times stands beside that of the counted operations.

    Example: tldr-reward bench-growth --geometry paper --architecture paligemma --threads 2
    --out growth.json
    """
    from tldr_reward.bench.growth import measured_growth
    from tldr_reward.cli.provenance import write_json
    from tldr_reward.cli.runtime import use_runtime

    use_runtime(runtime)
    placement = runtime.placement
    found = measured_growth(geometry, architecture, placement, rounds, backbone, clock)
    write_json(out, found)
