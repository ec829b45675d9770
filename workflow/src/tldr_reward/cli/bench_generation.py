"""`tldr-reward bench-generation`: greedy captions of many images together, beside one by one."""

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
@click.option("--images", type=click.IntRange(1), default=64, show_default=True)
@click.option(
    "--clock",
    type=click.Choice(["wall", "process"]),
    default="wall",
    show_default=True,
    help="process: processor time, where others use the machine (with one thread)",
)
@runtime_options
@click.option("--out", type=Path, required=True, help="JSON to write")
def command(geometry, architecture, backbone, rounds, images, clock, runtime, out) -> None:
    """Measure greedy captions of many images together, and `generate` image by image, in turns.

    Example: tldr-reward bench-generation --geometry paper --architecture paligemma --threads 2
    --out generation.json
    """
    from tldr_reward.bench.generation import measured_generation
    from tldr_reward.cli.provenance import write_json
    from tldr_reward.cli.runtime import use_runtime

    use_runtime(runtime)
    placement = runtime.placement
    settings = (placement, rounds, images, backbone, clock)
    found = measured_generation(geometry, architecture, *settings)
    write_json(out, found)
