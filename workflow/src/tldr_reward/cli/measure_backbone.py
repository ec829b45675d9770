"""`tldr-reward measure-backbone`: what a mini backbone sees, on held-out scenes."""

import collections
import dataclasses
from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.errors import InputError
from tldr_reward.metrics.exact import binomial_p_value
from tldr_reward.metrics.intervals import wilson
from tldr_reward.records import CaptionRecord, read_records, write_rows
from tldr_reward.world.lexicon import word_choices
from tldr_reward.world.responses import question_kind
from tldr_reward.world.scenes import Scene

# Rows and columns are one thing to get right: where.
GROUPS = {"row": "position", "column": "position", "letter": "letters", "kind": "tiny_kind"}


@dataclasses.dataclass(frozen=True)
class AccuracyRow:
    """Share right of n determined words or answers; `majority` is what a constant answer gets.

    `p_value` is of the exact one-sided binomial test against the majority share.
    """

    backbone: str
    scale: str
    measure: str
    accuracy: float
    low: float
    high: float
    n: int
    majority: float
    p_value: float


def accuracy_row(backbone: str, scale: str, measure: str, hits, answers) -> AccuracyRow:
    """Accuracy with its Wilson interval beside that of the most frequent answer."""
    n, right = len(hits), sum(hits)
    low, high = wilson(right, n)
    majority = max(collections.Counter(answers).values()) / n
    p_value = binomial_p_value(right, n, majority)
    numbers = (round(value, 6) for value in (right / n, low, high))
    return AccuracyRow(backbone, scale, measure, *numbers, n, round(majority, 6), p_value)


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--name", required=True, help="backbone name for the rows")
@click.option("--scale", required=True)
@click.option("--image-records", type=Path, required=True)
@click.option("--scenes", type=Path, required=True)
@click.option("--originals", type=Path, required=True, help="true captions and answers")
@click.option("--split", default="test", show_default=True)
@runtime_options
@click.option("--out", type=Path, required=True, help="CSV to write")
def command(
    backbone_folder, name, scale, image_records, scenes, originals, split, runtime, out
) -> None:
    """Measure a backbone under teacher forcing: words that the scene determines, and answers.

    A determined word is chosen among the words of its kind: "a [big] red ..." may go on in
    other ways than with a size, and those are not wrong.

    Example: tldr-reward measure-backbone --backbone final/ --name paligemma --scale mini
    --image-records images.jsonl --scenes scenes.jsonl --originals originals.jsonl
    --out accuracy.csv
    """
    from tldr_reward.backbones.features import ImageFeatures
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.backbones.teaching import next_token_hits
    from tldr_reward.cli.inputs import (
        caption_items,
        determined_places,
        read_images,
    )
    from tldr_reward.cli.runtime import use_runtime

    use_runtime(runtime)
    known = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    captions = [
        record
        for record in read_records(originals, CaptionRecord)
        if record.image_id.rpartition("-")[0] == split
    ]
    if not captions:
        raise InputError(f"split {split!r} has no captions in {originals}")
    rows, images = read_images(image_records, [caption.image_id for caption in captions])
    backbone = load_backbone(backbone_folder, runtime.placement)
    features = ImageFeatures(backbone, images)
    items = caption_items(backbone, captions, rows)
    places = [
        determined_places(known[caption.image_id], caption, item.response)
        for caption, item in zip(captions, items, strict=True)
    ]
    ids = backbone.tokenizer.convert_tokens_to_ids
    choices = [
        {
            place: ids(word_choices(slot, caption.text[slice(*item.response.offsets[place])]))
            for place, slot in slots.items()
        }
        for slots, caption, item in zip(places, captions, items, strict=True)
    ]
    found = collections.defaultdict(list)
    for index, hits in next_token_hits(backbone, items, features, "teacher forcing", choices):
        caption, offsets = captions[index], items[index].response.offsets
        for place, slot in places[index].items():
            word = caption.text[slice(*offsets[place])]
            found[f"words/{GROUPS.get(slot, slot)}"].append((hits[place], word))
        if caption.task == "vqa":
            found[f"answers/{question_kind(caption.caption_id)}"].append((all(hits), caption.text))
    table = [
        accuracy_row(name, scale, key, *zip(*found[key], strict=True)) for key in sorted(found)
    ]
    write_rows(out, table, AccuracyRow)
