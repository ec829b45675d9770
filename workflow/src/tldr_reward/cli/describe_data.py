"""describe-data: counts of a data set by source and taxonomy, and its data card."""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.data_card import DataSet, count_shared, write_card
from tldr_reward.cli.perturb_captions import RejectCount
from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    read_records,
    read_rows,
    write_rows,
    writing,
)
from tldr_reward.world.scenes import Scene


@dataclasses.dataclass(frozen=True)
class StatisticsRow:
    """Responses of one source, task and split: a row of statistics.csv (table 8).

    Originals stand in the row with no taxonomy, and so do wrong answers, which have none.
    `rejected` counts edits tried and dropped, whatever the cause.
    """

    source: str
    task: str
    taxonomy: str
    split: str
    positives: int
    negatives: int
    rejected: int


def count_responses(
    images: Mapping[str, ImageRecord],
    responses: Sequence[CaptionRecord],
    rejects: Sequence[RejectCount],
) -> list[StatisticsRow]:
    """Positives, negatives and rejected edits by source, task, taxonomy and split."""
    positives: Counter[tuple[str, str, str, str]] = Counter()
    negatives: Counter[tuple[str, str, str, str]] = Counter()
    rejected: Counter[tuple[str, str, str, str]] = Counter()
    for response in responses:
        image = images[response.image_id]
        key = (image.source, response.task, response.taxonomy or "", image.split)
        (negatives if response.bad_spans else positives)[key] += 1
    for reject in rejects:
        rejected[reject.source, reject.task, reject.taxonomy, reject.split] += reject.count
    keys = sorted({*positives, *negatives, *rejected})
    return [StatisticsRow(*key, positives[key], negatives[key], rejected[key]) for key in keys]


@click.command()
@click.option("--captions", type=click.Path(path_type=Path), required=True, help="<split>.jsonl.")
@click.option("--rejects", type=click.Path(path_type=Path), required=True)
@click.option("--image-records", type=click.Path(path_type=Path), required=True)
@click.option("--scenes", type=click.Path(path_type=Path), help="Look for scenes in two splits.")
@click.option("--statistics", type=click.Path(path_type=Path), required=True)
@click.option("--card", type=click.Path(path_type=Path), required=True)
def command(
    captions: Path,
    rejects: Path,
    image_records: Path,
    scenes: Path | None,
    statistics: Path,
    card: Path,
) -> None:
    """Count a data set's responses, and look for what two splits share.

    Example: tldr-reward describe-data --captions data/captions --rejects data/rejects.csv
    --image-records data/images.jsonl --scenes data/scenes.jsonl
    --statistics data/statistics.csv --card data/card.md
    """
    images = {image.image_id: image for image in read_records(image_records, ImageRecord)}
    responses = _read_responses(captions, images)
    rejected = read_rows(rejects, RejectCount)
    duplicates = {
        "image (bytes of its file)": count_shared(
            (image.split, _digest(image_records.parent / image.path)) for image in images.values()
        ),
        "caption text": count_shared(
            (images[response.image_id].split, response.text)
            for response in responses
            if response.task == "caption"
        ),
    }
    if scenes is not None:
        duplicates["scene (however drawn)"] = count_shared(_scene_keys(scenes, images))
    causes: Counter[tuple[str, str, str, str]] = Counter()
    for reject in rejected:
        causes[reject.split, reject.task, reject.taxonomy, reject.cause] += reject.count
    data = DataSet(images, responses, causes, duplicates)
    write_rows(statistics, count_responses(images, responses, rejected), StatisticsRow)
    with writing(card) as file:
        file.write(write_card(data))


def _read_responses(folder: Path, images: Mapping[str, ImageRecord]) -> list[CaptionRecord]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise InputError(f"--captions {folder}: no <split>.jsonl in this folder")
    responses = [response for file in files for response in read_records(file, CaptionRecord)]
    for response in responses:
        if response.image_id not in images:
            raise InputError(
                f"caption {response.caption_id!r} is about image {response.image_id!r}, "
                "which has no record"
            )
    return responses


def _digest(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"no such image: {path}")
    return hashlib.sha256(path.read_bytes()).digest()


def _scene_keys(path: Path, images: Mapping[str, ImageRecord]) -> list[tuple[str, tuple]]:
    scenes = read_records(path, Scene)
    for scene in scenes:
        if scene.image_id not in images:
            raise InputError(f"{path}: scene of image {scene.image_id!r}, which has no record")
    return [(images[scene.image_id].split, scene.key()) for scene in scenes]
