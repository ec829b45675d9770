"""What the model commands read: images as they are asked for, captions as token items."""

import bisect
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Backbone, Response
from tldr_reward.cli.pictures import Pictures
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ImageRecord, read_records
from tldr_reward.spans import overlaps
from tldr_reward.world.determined import determined_words
from tldr_reward.world.scenes import Scene


def read_images(image_records: Path, wanted: Sequence[str]) -> tuple[dict[str, int], Pictures]:
    """Images by id: the row of each wanted id, and the images in that order."""
    paths = {
        record.image_id: image_records.parent / record.path
        for record in read_records(image_records, ImageRecord)
    }
    rows: dict[str, int] = {}
    for image_id in wanted:
        if image_id not in paths:
            raise InputError(f"image {image_id!r} is not among the records of {image_records}")
        rows.setdefault(image_id, len(rows))
    return rows, Pictures([paths[image_id] for image_id in rows])


def caption_items(
    backbone: Backbone,
    captions: Sequence[CaptionRecord],
    rows: dict[str, int],
    cut: bool = False,
) -> list[Item]:
    """Tokenized responses with their prompts.

    One that exceeds the context is an InputError, or with `cut` ends where the context does.
    """
    prompts = {
        prompt: tuple(backbone.prompt_ids(prompt))
        for prompt in dict.fromkeys(caption.prompt for caption in captions)
    }
    responses = backbone.tokenize_all([caption.text for caption in captions])
    items = []
    for caption, response in zip(captions, responses, strict=True):
        prompt = prompts[caption.prompt]
        if cut:
            response = backbone.cut_to_length(prompt, response)
        backbone.check_length(prompt, response, f"caption {caption.caption_id!r}")
        items.append(Item(rows[caption.image_id], prompt, response))
    return items


def determined_places(scene: Scene, caption: CaptionRecord, response: Response) -> dict[int, str]:
    """Places of a caption's tokens that its scene determines, each with its slot (colour, ...).

    Answers to questions have none: there every word is asked for.
    """
    if caption.task != "caption":
        return {}
    starts = [start for start, _ in response.offsets]
    found = {}
    for word in determined_words(scene, caption.text):
        first, last = word.span
        for place in range(max(0, bisect.bisect_right(starts, first) - 1), len(starts)):
            if starts[place] >= last:
                break
            if overlaps(response.offsets[place], [word.span]):
                found[place] = word.slot
    return found


def file_digests(files: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of each named file's bytes; of a model's folder, of all its weights."""
    found = {}
    for name, path in files.items():
        digest = hashlib.sha256()
        for part in sorted(path.glob("*.safetensors")) if path.is_dir() else [path]:
            with open(part, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        found[name] = digest.hexdigest()
    return found
