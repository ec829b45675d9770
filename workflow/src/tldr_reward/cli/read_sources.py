"""`read-sources`: images and original captions of the real data sets, in the pipeline's records."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    write_records,
    writing_folder,
)
from tldr_reward.sources.docci import docci_examples, docci_rows
from tldr_reward.sources.examples import Example, Row, Tally, limited
from tldr_reward.sources.visual_genome import visual_genome_examples, visual_genome_rows
from tldr_reward.sources.winoground import winoground_examples, winoground_rows

_PATH = click.Path(path_type=Path)


@dataclasses.dataclass(frozen=True)
class Reader:
    """One data set: its folder, how its rows are listed, how their images are read."""

    folder: Path
    tally: Tally
    rows: Sequence[Row]
    examples: Callable[[Path, Sequence[Row], Tally], Iterator[Example]]


@click.command()
@click.option("--docci", type=_PATH, help="folder of fetch-source docci")
@click.option("--visual-genome", type=_PATH, help="folder of fetch-source visual_genome")
@click.option("--winoground", type=_PATH, help="folder of fetch-source winoground")
@click.option("--pixelprose", type=_PATH, help="folder of fetch-images")
@click.option(
    "--validation-images", type=click.IntRange(0), required=True, help="of DOCCI's training images"
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--limit", "limits", multiple=True, help="split and images at most: train=1000")
@click.option("--images", type=_PATH, required=True, help="folder of images to write")
@click.option("--image-records", type=_PATH, required=True)
@click.option("--originals", type=_PATH, required=True, help="true captions and answers")
@click.option("--generated", type=_PATH, help="captions of PixelProse, which nobody has labelled")
def command(
    docci: Path | None,
    visual_genome: Path | None,
    winoground: Path | None,
    pixelprose: Path | None,
    validation_images: int,
    seed: int,
    limits: tuple[str, ...],
    images: Path,
    image_records: Path,
    originals: Path,
    generated: Path | None,
) -> None:
    """Write the images and original captions of DOCCI, Visual Genome, WinoGround, PixelProse.

    Images are the bytes that were published. What cannot be read is left out, counted by cause.

    Example: tldr-reward read-sources --docci raw/docci --visual-genome raw/visual_genome
    --winoground raw/winoground --validation-images 500 --seed 0 --images data/images
    --image-records data/images.jsonl --originals data/originals.jsonl
    """
    if bool(pixelprose) != bool(generated):
        raise InputError("--pixelprose and --generated; both or neither is needed")
    folders = (docci, visual_genome, winoground, pixelprose)
    readers = list(_readers(*folders, validation_images, seed))
    if not readers:
        raise InputError("no source; --docci, --visual-genome, --winoground or --pixelprose")
    for one in readers:
        if not one.rows:
            one.tally.report()
            raise InputError(f"{one.folder}: {one.tally.source} lists no image that can be used")
    kept = limited((row for one in readers for row in one.rows), parse_limits(limits), seed)
    output = Output(images, image_records, originals, generated)
    try:
        output.write([dataclasses.replace(one, rows=_of(one, kept)) for one in readers])
    finally:
        for reader in readers:
            reader.tally.report()


def _readers(
    docci: Path | None,
    visual_genome: Path | None,
    winoground: Path | None,
    pixelprose: Path | None,
    validation_images: int,
    seed: int,
) -> Iterator[Reader]:
    """A reader of every source whose folder is given, with its rows listed."""
    if docci:
        tally = Tally("docci")
        rows = docci_rows(docci, validation_images, seed, tally)
        yield Reader(docci, tally, rows, docci_examples)
    if visual_genome:
        tally = Tally("visual_genome")
        rows = visual_genome_rows(visual_genome, tally)
        yield Reader(visual_genome, tally, rows, visual_genome_examples)
    if winoground:
        tally = Tally("winoground")
        rows = winoground_rows(winoground, tally)
        yield Reader(winoground, tally, rows, winoground_examples)
    if pixelprose:
        # Its module loads the library of tables, which takes seconds.
        from tldr_reward.sources.pixelprose import pixelprose_examples, pixelprose_rows

        tally = Tally("pixelprose")
        rows = pixelprose_rows(pixelprose, tally)
        yield Reader(pixelprose, tally, rows, pixelprose_examples)


def _of(reader: Reader, kept: Sequence[Row]) -> list[Row]:
    ids = {row.image_id for row in reader.rows}
    return [row for row in kept if row.image_id in ids]


def parse_limits(pairs: Sequence[str]) -> dict[str, int]:
    """`("train=1000",)` as `{"train": 1000}`; InputError names the bad one."""
    limits: dict[str, int] = {}
    for pair in pairs:
        split, _, number = pair.partition("=")
        if not split or not number.isdecimal() or int(number) < 1:
            raise InputError(f"--limit {pair!r}; as in train=1000, with 1 or more")
        if split in limits:
            raise InputError(f"--limit {pair!r}: split {split!r} is given twice")
        limits[split] = int(number)
    return limits


@dataclasses.dataclass(frozen=True)
class Output:
    """The files to write; the image records come last, when all that they name is there."""

    images: Path
    image_records: Path
    originals: Path
    generated: Path | None

    def write(self, readers: Sequence[Reader]) -> None:
        """Write everything, image by image; InputError when a source gives nothing at all."""
        records: list[ImageRecord] = []
        unlabelled: list[CaptionRecord] = []
        with writing_folder(self.images, "*-*.*") as folder:
            captions = self._captions(readers, folder, records, unlabelled)
            write_records(self.originals, captions)
        if self.generated:
            write_records(self.generated, unlabelled)
        write_records(self.image_records, records)

    def _captions(
        self,
        readers: Sequence[Reader],
        folder: Path,
        records: list[ImageRecord],
        unlabelled: list[CaptionRecord],
    ) -> Iterator[CaptionRecord]:
        """Original captions; on the way, images are written and records collected."""
        beside = Path(os.path.relpath(self.images, self.image_records.parent))
        progress = Progress(sum(len(reader.rows) for reader in readers), "read-sources")
        for reader in readers:
            before = len(records)
            for example in reader.examples(reader.folder, reader.rows, reader.tally):
                row = example.row
                name = f"{row.image_id}{example.ending}"
                (folder / name).write_bytes(example.data)
                path = (beside / name).as_posix()
                records.append(ImageRecord(row.image_id, path, row.source, row.split))
                labelled = [one for one in example.captions if one.origin == "original"]
                unlabelled += [one for one in example.captions if one.origin != "original"]
                yield from labelled
                progress.step()
            if reader.rows and len(records) == before:
                raise InputError(
                    f"{reader.folder}: none of {len(reader.rows)} images of "
                    f"{reader.tally.source} can be read"
                )
