"""WinoGround: 400 pairs of images, of which the paper's table 3 asks for captions."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tldr_reward.sources.archives import Zips, json_lines, source_file
from tldr_reward.sources.examples import Example, Row, Tally, example_of, is_plain_name

EXAMPLES = "data/examples.jsonl"
IMAGES = "data/images.zip"


def winoground_rows(folder: Path, tally: Tally) -> list[Row]:
    """Both images of every pair; their captions are not read, as models write their own."""
    rows: dict[str, Row] = {}
    for fields in json_lines(source_file(folder, EXAMPLES), tally):
        for name in (fields.get("image_0"), fields.get("image_1")):
            if not is_plain_name(name):
                tally.drop("image that is no plain name", name)
                continue
            stem = name.removesuffix(".png")
            image_id = f"winoground-{stem}"
            if image_id in rows:
                tally.drop("duplicate id", image_id)
            else:
                rows[image_id] = Row(image_id, "winoground", "winoground", f"images/{stem}.png")
    return list(rows.values())


def winoground_examples(folder: Path, rows: Sequence[Row], tally: Tally) -> Iterator[Example]:
    """Images of some rows, without captions; what cannot be read is counted."""
    with Zips([source_file(folder, IMAGES)]) as images:
        for row in rows:
            data = images.image(row.member, tally)
            if data is not None and (example := example_of(row, data, (), tally)):
                yield example
