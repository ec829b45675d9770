"""`tldr-reward bench-speed`: training and scoring beside transformers' Trainer with PEFT."""

import click

from tldr_reward.cli.bench_options import bench_options


@click.command()
@bench_options
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
