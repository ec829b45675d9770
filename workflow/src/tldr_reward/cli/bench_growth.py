"""`tldr-reward bench-growth`: how time grows with images, captions and their length."""

import click

from tldr_reward.cli.bench_options import bench_options


@click.command()
@bench_options
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
