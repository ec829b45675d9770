"""What all measurements of the bench are told: geometry, backbone, rounds, clock."""

from collections.abc import Callable
from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options

_OPTIONS = (
    click.option("--geometry", type=click.Choice(["mini", "paper", "full", "tiny"]), required=True),
    click.option("--architecture", type=click.Choice(["paligemma", "llama"]), required=True),
    click.option("--backbone", type=Path, help="its folder; else random weights of the geometry"),
    click.option("--rounds", type=click.IntRange(1), default=5, show_default=True),
    click.option(
        "--clock",
        type=click.Choice(["wall", "process"]),
        default="wall",
        show_default=True,
        help="process: processor time, where others use the machine (with one thread)",
    ),
    runtime_options,
    click.option("--out", type=Path, required=True, help="JSON to write"),
)


def bench_options(command: Callable) -> Callable:
    """Give a command the options of a measurement; its runtime comes as `runtime`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
