"""`tldr-reward write-benchmarks`: the items of the benchmarks, one file each, and their images."""

import os
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import ImageRecord, read_records, write_records, writing_folder
from tldr_reward.world.benchmarks import (
    BENCHMARKS,
    SCENE_BENCHMARKS,
    UNTAUGHT_BENCHMARKS,
    scene_items,
    untaught_items,
)
from tldr_reward.world.drawing import encode_png
from tldr_reward.world.scenes import Scene


@click.command()
@click.option("--items", multiple=True, required=True, help="benchmark and items: counting=120")
@click.option("--split", default="test", show_default=True, help="whose scenes are asked about")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--image-records", type=click.Path(path_type=Path), required=True)
@click.option("--scenes", type=click.Path(path_type=Path), required=True)
@click.option("--images", type=click.Path(path_type=Path), required=True, help="folder of PNGs")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder of JSONL")
def command(
    items: tuple[str, ...],
    split: str,
    seed: int,
    image_records: Path,
    scenes: Path,
    images: Path,
    out: Path,
) -> None:
    """Write benchmark items about held-out scenes, function plots and chess boards.

    Example: tldr-reward write-benchmarks --items counting=120 --items chess_winner=257
    --image-records images.jsonl --scenes scenes.jsonl --images items/images --out items
    """
    counts = dict(map(parse_count, items))
    if len(counts) < len(items):
        raise InputError(f"--items {' '.join(items)}: a benchmark is given twice")
    paths = {
        record.image_id: Path(os.path.relpath(image_records.parent / record.path, out)).as_posix()
        for record in read_records(image_records, ImageRecord)
        if record.split == split
    }
    held_out = [scene for scene in read_records(scenes, Scene) if scene.image_id in paths]
    written = {
        name: scene_items(name, held_out, paths, counts[name], seed)
        for name in SCENE_BENCHMARKS
        if name in counts
    }
    folder = Path(os.path.relpath(images, out)).as_posix()
    drawn = [name for name in UNTAUGHT_BENCHMARKS if name in counts]
    progress = Progress(sum(counts[name] for name in drawn), "plots and boards")
    with writing_folder(images, "*.png") as pictures:
        for name in drawn:
            written[name] = []
            for item, picture in untaught_items(name, folder, counts[name], seed):
                (pictures / f"{item.item_id}.png").write_bytes(encode_png(picture))
                written[name].append(item)
                progress.step()
    for name, of_benchmark in written.items():
        write_records(out / f"{name}.jsonl", of_benchmark)


def parse_count(pair: str) -> tuple[str, int]:
    """`counting=120` as name and number; InputError says what is allowed."""
    name, _, number = pair.partition("=")
    if name not in BENCHMARKS:
        raise InputError(
            f"--items {pair!r}: no benchmark {name!r}; allowed: {', '.join(BENCHMARKS)}"
        )
    if not number.isdecimal() or int(number) < 1:
        raise InputError(f"--items {pair!r}: a number of 1 or more is needed, as in {name}=120")
    return name, int(number)
