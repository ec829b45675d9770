"""write-captions: truthful captions and question-answer pairs for the images of every split."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import ImageRecord, read_records, write_records
from tldr_reward.world.questions import KINDS
from tldr_reward.world.responses import ResponseWriter
from tldr_reward.world.scenes import Scene
from tldr_reward.world.splits import SPLITS, check_split, parse_counts


@click.command()
@click.option("--scenes", type=click.Path(path_type=Path), required=True)
@click.option("--image-records", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--captions-per-image", multiple=True, help="Split and captions: train=4; else 1.")
@click.option("--questions-per-image", multiple=True, help="Split and questions: train=4; else 0.")
@click.option(
    "--drills-per-image", multiple=True, help="Split and drills a kind: pretrain=2; else 0."
)
@click.option("--fixes-per-image", multiple=True, help="Split and sentences to fix; else 0.")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def command(
    scenes: Path,
    image_records: Path,
    seed: int,
    captions_per_image: tuple[str, ...],
    questions_per_image: tuple[str, ...],
    drills_per_image: tuple[str, ...],
    fixes_per_image: tuple[str, ...],
    out: Path,
) -> None:
    """Write the original responses: captions, drills, fixes, questions with answers.

    Example: tldr-reward write-captions --scenes data/scenes.jsonl --image-records
    data/images.jsonl --captions-per-image train=4 --questions-per-image train=2
    --out data/originals.jsonl
    """
    captions = parse_counts(captions_per_image, "--captions-per-image")
    questions = parse_counts(questions_per_image, "--questions-per-image")
    drills = parse_counts(drills_per_image, "--drills-per-image")
    fixes = parse_counts(fixes_per_image, "--fixes-per-image")
    _check_questions(questions)
    truth = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    images = read_records(image_records, ImageRecord)
    texts: dict[str, str] = {}
    writers = {
        split: ResponseWriter(
            split,
            captions.get(split, 1),
            questions.get(split, 0),
            texts,
            seed,
            drills.get(split, 0),
            fixes.get(split, 0),
        )
        for split in SPLITS
    }
    progress = Progress(len(images), "write-captions")
    records = []
    for image in images:
        check_split(image.split, f"image {image.image_id!r}")
        if image.image_id not in truth:
            raise InputError(f"{scenes} has no scene of image {image.image_id!r}")
        records += writers[image.split].of_image(image, truth[image.image_id])
        progress.step()
    write_records(out, records)
    for split, writer in writers.items():
        for cause, count in sorted(writer.redrawn.items()):
            print(f"{split}: {count} captions drawn again or left out: {cause}", file=sys.stderr)


def _check_questions(questions: Mapping[str, int]) -> None:
    for split, count in questions.items():
        if count > len(KINDS):
            raise InputError(
                f"--questions-per-image {split}={count}: at most {len(KINDS)}, one of each kind"
            )
