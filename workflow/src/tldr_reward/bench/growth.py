"""How the time of training and scoring grows with images, captions of each, and their length."""

import dataclasses
import math
import statistics
from collections.abc import Sequence
from pathlib import Path

import torch

from tldr_reward.backbones.placement import Placement
from tldr_reward.bench import counting, measuring
from tldr_reward.bench.geometries import GEOMETRIES, features_of, random_items, random_pixels
from tldr_reward.bench.speed import Bench, make_bench, runs_of

FORMAT = "bench-growth/1"
VARIABLES = ("images", "captions", "length")


def order_of(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Exponent of the power law that fits best: the slope of log(value) over log(size)."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    return statistics.linear_regression(x, y).slope


def measured_growth(
    geometry: str,
    architecture: str,
    placement: Placement,
    rounds: int,
    folder: Path | None = None,
    clock: str = "wall",
) -> dict:
    """Times at three sizes of each variable, the others held, as a JSON object.

    The expected order is that of the counted operations at the same three sizes: 1 in images, less
    than 1 in captions and lengths as long as the image's own share is large.
    """
    bench = make_bench(geometry, architecture, placement, folder, clock)
    sizes = GEOMETRIES[geometry]
    middle = {name: grown[1] for name, grown in zip(VARIABLES, sizes.growth, strict=True)}
    found: dict = {
        "format": FORMAT,
        "geometry": geometry,
        "backbone": architecture,
        "device": bench.backbone.model.device.type,
        "clock": clock,
        "threads": torch.get_num_threads(),
        "held": middle,
    }
    for work in ("training", "scoring"):
        found[work] = {}
        for name, grown in zip(VARIABLES, sizes.growth, strict=True):
            some = [_resized(bench, middle | {name: size}) for size in grown]
            found[work][name] = _measured(some, grown, work, rounds, f"{work}, {name}")
    return found


def _resized(bench: Bench, numbers: dict[str, int]) -> Bench:
    pixels = random_pixels(bench.backbone, numbers["images"])
    count = (numbers["images"], numbers["captions"], numbers["length"], 0)
    items = random_items(bench.backbone, bench.shape.image_tokens, *count)
    features = features_of(bench.backbone, pixels)
    return dataclasses.replace(bench, pixels=pixels, features=features, items=items)


def _measured(
    benches: Sequence[Bench], grown: Sequence[int], work: str, rounds: int, label: str
) -> dict:
    # One batch an image at a time would hide how work is batched; a whole unit is one batch.
    runs = {
        str(size): lambda bench=bench: runs_of(bench, work)["ours"](len(bench.features))
        for size, bench in zip(grown, benches, strict=True)
    }
    for run in runs.values():
        run()
    seconds = measuring.in_turns(runs, rounds, label)
    medians = [statistics.median(seconds[str(size)]) for size in grown]
    counts = []
    for bench in benches:
        count = counting.shared_count(bench.shape, bench.items, bench.rank, 1)
        counts.append(count.training(True) if work == "training" else count.forward())
    return {
        "sizes": list(grown),
        "median_s": [round(one, 5) for one in medians],
        "counted_gflop": [round(one / 1e9, 4) for one in counts],
        "order": round(order_of(grown, medians), 3),
        "expected_order": round(order_of(grown, counts), 3),
    }
