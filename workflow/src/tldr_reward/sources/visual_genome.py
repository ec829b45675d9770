"""Visual Genome (VG100K): 108,077 images with question-answer pairs, about 16 an image."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tldr_reward.records import CaptionRecord
from tldr_reward.sources.archives import Zips, source_file, zipped_json_array
from tldr_reward.sources.examples import Example, Row, Tally, example_of, original

QUESTIONS = "question_answers.json.zip"
IMAGE_DATA = "image_data.json.zip"
IMAGES = ("images.zip", "images2.zip")
FOLDERS = ("VG_100K", "VG_100K_2")


def visual_genome_rows(folder: Path, tally: Tally) -> list[Row]:
    """All listed images, for training; their questions are read with the images."""
    rows: dict[str, Row] = {}
    for fields in zipped_json_array(source_file(folder, IMAGE_DATA)):
        number = fields.get("image_id") if isinstance(fields, dict) else None
        if not _is_id(number):
            tally.drop("id that is no number", number)
            continue
        image_id = f"vg100k-{number}"
        if image_id in rows:
            tally.drop("duplicate id", image_id)
        else:
            rows[image_id] = Row(image_id, "vg100k", "train", f"{number}.jpg")
    return list(rows.values())


def visual_genome_examples(folder: Path, rows: Sequence[Row], tally: Tally) -> Iterator[Example]:
    """Images of some rows, in the order of the questions' file; what is left out is counted."""
    left = {row.image_id: row for row in rows}
    with Zips([source_file(folder, name) for name in IMAGES]) as images:
        for fields in zipped_json_array(source_file(folder, QUESTIONS)):
            if not isinstance(fields, dict) or not isinstance(fields.get("qas"), list):
                tally.drop("entry without questions", fields)
                continue
            row = left.pop(f"vg100k-{fields.get('id')}", None)
            if row is None:
                continue
            captions = _answers(row, fields["qas"], tally)
            if not captions:
                tally.drop("image without a question", row.image_id)
                continue
            data = images.image(_member(images, row.member), tally)
            if data is not None and (example := example_of(row, data, captions, tally)):
                yield example
    for image_id in left:
        tally.drop("image without a question", image_id)


def _answers(row: Row, pairs: Sequence, tally: Tally) -> list[CaptionRecord]:
    found: dict[str, CaptionRecord] = {}
    for pair in pairs:
        fields: Mapping = pair if isinstance(pair, dict) else {}
        number, question, answer = (fields.get(name) for name in ("qa_id", "question", "answer"))
        caption_id = f"{row.image_id}-{number}"
        if not _is_id(number):
            tally.drop("question whose id is no number", number)
        elif not all(isinstance(text, str) and text.strip() for text in (question, answer)):
            tally.drop("question or answer without a text", caption_id)
        elif caption_id in found:
            tally.drop("duplicate question id", caption_id)
        else:
            texts = (question.strip(), answer.strip())
            found[caption_id] = original(caption_id, row.image_id, *texts, "vqa")
    return list(found.values())


def _member(images: Zips, name: str) -> str:
    """An image's name within the archives: which folder it is in, they alone tell."""
    names = [f"{folder}/{name}" for folder in FOLDERS]
    return next((name for name in names if name in images.places), names[0])


def _is_id(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
