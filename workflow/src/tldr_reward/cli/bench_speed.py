"""`tldr-reward bench-speed`: training and scoring beside transformers' Trainer with PEFT."""

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
    """Measure training and scoring by this package and by its peer, in turns in one process.

    The peer is transformers' Trainer with PEFT, and a plain loop of it for scoring: a row for each
    response, dynamic padding, its best batch size and number format found by a sweep. Geometries:
    mini; paper (1,024 image tokens, width and depth cut for processors); full (the published
    sizes, for a GPU: --device cuda --dtype bfloat16); tiny (for tests).

    Example: tldr-reward bench-speed --geometry paper --architecture paligemma --threads 2
    --out speed.json
    """
    from tldr_reward.bench.speed import measured_speed
    from tldr_reward.cli.provenance import write_json
    from tldr_reward.cli.runtime import use_runtime

    use_runtime(runtime)
    placement = runtime.placement
    found = measured_speed(geometry, architecture, placement, rounds, backbone, clock)
    write_json(out, found)
