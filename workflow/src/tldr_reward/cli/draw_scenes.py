"""draw-scenes: the images of the scene world, their records, their truth, and their cell labels."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click

from tldr_reward.cli.processors import available_processors
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import ImageRecord, write_records, writing_folder
from tldr_reward.world.drawing import draw_image, encode_png
from tldr_reward.world.scenes import Scene, cell_labels
from tldr_reward.world.splits import draw_splits, parse_counts, source_of


@click.command()
@click.option("--split", "splits", multiple=True, required=True, help="Split and images: test=800.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--images", type=click.Path(path_type=Path), required=True, help="Folder of PNGs.")
@click.option("--image-records", type=click.Path(path_type=Path), required=True)
@click.option("--scenes", type=click.Path(path_type=Path), required=True)
@click.option("--cells", type=click.Path(path_type=Path), required=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def command(
    splits: tuple[str, ...],
    seed: int,
    images: Path,
    image_records: Path,
    scenes: Path,
    cells: Path,
    threads: int,
) -> None:
    """Draw the scenes of every split; no scene is drawn twice.

    Example: tldr-reward draw-scenes --split train=100 --split test=20 --images data/images
    --image-records data/images.jsonl --scenes data/scenes.jsonl --cells data/cells.jsonl
    """
    drawn = draw_splits(parse_counts(splits, "--split"), seed)
    everything = [scene for of_split in drawn.values() for scene in of_split]
    if not everything:
        raise InputError(f"--split {' '.join(splits)}: no images at all; at least 1 is needed")
    progress = Progress(len(everything), "draw-scenes")
    with writing_folder(images, "*.png") as folder:
        with ProcessPoolExecutor(min(threads, available_processors())) as workers:
            pngs = workers.map(_draw_png, everything, chunksize=32)
            for scene, png in zip(everything, pngs, strict=True):
                (folder / f"{scene.image_id}.png").write_bytes(png)
                progress.step()
    relative = Path(os.path.relpath(images, image_records.parent))
    records = [
        ImageRecord(
            image_id=scene.image_id,
            path=(relative / f"{scene.image_id}.png").as_posix(),
            source=source_of(split, index),
            split=split,
        )
        for split, of_split in drawn.items()
        for index, scene in enumerate(of_split)
    ]
    write_records(image_records, records)
    write_records(scenes, everything)
    write_records(cells, map(cell_labels, everything))


def _draw_png(scene: Scene) -> bytes:
    return encode_png(draw_image(scene))
