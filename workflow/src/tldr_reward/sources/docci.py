"""DOCCI: photographs with dense descriptions (9,647 for training, 5,000 for testing)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tldr_reward.sources.archives import json_lines, source_file, tar_members
from tldr_reward.sources.examples import (
    DESCRIBE,
    Example,
    Row,
    Tally,
    drawn,
    example_of,
    is_member_name,
    is_plain_name,
    original,
)

DESCRIPTIONS = "docci_descriptions.jsonlines"
IMAGES = "docci_images.tar.gz"
# The two others are 100 images each, which the authors looked at; the paper uses neither.
SPLITS = {"train": "train", "test": "test"}


def docci_rows(folder: Path, validation: int, seed: int, tally: Tally) -> list[Row]:
    """Images with their descriptions; `validation` of the training images are drawn by seed."""
    rows: dict[str, Row] = {}
    for fields in json_lines(source_file(folder, DESCRIPTIONS), tally):
        row = _row(fields, tally)
        if row and row.image_id in rows:
            tally.drop("duplicate id", row.image_id)
        elif row:
            rows[row.image_id] = row
    train = [row.image_id for row in rows.values() if row.split == "train"]
    held_out = set(drawn(train, validation, seed))
    return [
        Row(row.image_id, row.source, "validation", row.member, row.captions)
        if row.image_id in held_out
        else row
        for row in rows.values()
    ]


def _row(fields: Mapping, tally: Tally) -> Row | None:
    name, member = fields.get("example_id"), fields.get("image_file")
    split, text = fields.get("split"), fields.get("description")
    if split not in SPLITS:
        tally.drop(f"split {ascii(split)}, which has no use here", name)
    elif not is_plain_name(name):
        tally.drop("id that is no plain name", name)
    elif not is_member_name(member):
        tally.drop("image file that is no plain name", member)
    elif not isinstance(text, str) or not text.strip():
        tally.drop("empty text", name)
    else:
        image_id = f"docci-{name}"
        caption = original(f"{image_id}-0", image_id, DESCRIBE, text.strip(), "caption")
        return Row(image_id, "docci", SPLITS[split], f"images/{member}", (caption,))
    return None


def docci_examples(folder: Path, rows: Sequence[Row], tally: Tally) -> Iterator[Example]:
    """Images of some rows, in the archive's order; what cannot be read is counted."""
    by_member: dict[str, Row] = {}
    for row in rows:
        if row.member in by_member:
            tally.drop("image of two rows", row.member)
        by_member.setdefault(row.member, row)
    for member, data in tar_members(source_file(folder, IMAGES), by_member, tally):
        row = by_member[member]
        if example := example_of(row, data, row.captions, tally):
            yield example
