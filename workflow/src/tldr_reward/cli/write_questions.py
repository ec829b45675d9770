"""`write-questions`: three question sets over the scenes of a held-out split."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import ImageRecord, read_records, write_records
from tldr_reward.world.exams import write_choice, write_exam, write_mix
from tldr_reward.world.scenes import Scene
from tldr_reward.world.splits import check_split

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--scenes", type=_FILE, required=True)
@click.option("--image-records", type=_FILE, required=True)
@click.option("--split", default="test", show_default=True, help="Split of the images asked about.")
@click.option("--questions-per-image", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--exam", type=_FILE, required=True, help="Open questions of the hard kinds to write."
)
@click.option("--mix", type=_FILE, required=True, help="Open questions of all kinds to write.")
@click.option("--choice", type=_FILE, required=True, help="Multiple-choice questions to write.")
def command(
    scenes: Path,
    image_records: Path,
    split: str,
    questions_per_image: int,
    seed: int,
    exam: Path,
    mix: Path,
    choice: Path,
) -> None:
    """Write scene-exam, scene-mix and scene-choice: questions with their answers.

    Example: tldr-reward write-questions --scenes data/scenes.jsonl --image-records
    data/images.jsonl --exam questions/exam.jsonl --mix questions/mix.jsonl
    --choice questions/choice.jsonl
    """
    check_split(split, "--split")
    truth = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    chosen = []
    for image in read_records(image_records, ImageRecord):
        if image.split == split:
            if image.image_id not in truth:
                raise InputError(f"{scenes} has no scene of image {image.image_id!r}")
            chosen.append(truth[image.image_id])
    if not chosen:
        raise InputError(f"split {split!r} has no images in {image_records}")
    for path, write in ((exam, write_exam), (mix, write_mix), (choice, write_choice)):
        write_records(path, write(chosen, questions_per_image, seed))
