"""`read-benchmarks`: items of BLINK and IsoBench, one file a benchmark, and their images."""

import dataclasses
import os
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import BenchmarkItem, write_records, writing_folder


@click.command()
@click.option("--blink", type=click.Path(path_type=Path), required=True, help="its raw folder")
@click.option("--isobench", type=click.Path(path_type=Path), required=True, help="its raw folder")
@click.option("--images", type=click.Path(path_type=Path), required=True, help="folder of images")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder of JSONL")
def command(blink: Path, isobench: Path, images: Path, out: Path) -> None:
    """Write the five benchmarks of table 5 from BLINK and IsoBench, images as published.

    Example: tldr-reward read-benchmarks --blink raw/blink --isobench raw/isobench
    --images items/images --out items
    """
    from tldr_reward.sources import blink as of_blink
    from tldr_reward.sources import isobench as of_isobench
    from tldr_reward.sources.examples import Tally

    readers = {name: (of_blink.blink_pictures, blink) for name in of_blink.TASKS}
    readers |= {name: (of_isobench.isobench_pictures, isobench) for name in of_isobench.TASKS}
    beside = Path(os.path.relpath(images, out))
    written: dict[str, list[BenchmarkItem]] = {}
    progress = Progress(len(readers), "read-benchmarks")
    with writing_folder(images, "*-*.*") as folder:
        for name, (pictures_of, source) in readers.items():
            tally = Tally(name)
            written[name] = []
            for picture in pictures_of(source, name, tally):
                (folder / picture.item.path).write_bytes(picture.data)
                path = (beside / picture.item.path).as_posix()
                written[name].append(dataclasses.replace(picture.item, path=path))
            tally.report()
            if not written[name]:
                raise InputError(f"{source}: no item of {name} can be read")
            progress.step()
    for name, items in written.items():
        write_records(out / f"{name}.jsonl", items)
