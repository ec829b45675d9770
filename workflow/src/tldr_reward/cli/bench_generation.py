"""`tldr-reward bench-generation`: greedy captions of many images together, beside one by one."""

import click

from tldr_reward.cli.bench_options import bench_options


@click.command()
@bench_options
@click.option("--images", type=click.IntRange(1), default=64, show_default=True)
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
