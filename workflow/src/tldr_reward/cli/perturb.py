"""`tldr-reward perturb`: labelled data for `train`, from one's own images and captions."""

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import CaptionRecord, ImageRecord, reading, write_records

PROMPT = "Describe the image in detail."
# Shares of the images, by a digest of their names: one that is added moves no other.
_SPLITS = (("validation", 0.1), ("test", 0.2), ("train", 1.0))
_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("captions", type=_FILE)
@click.option("--images", type=_FILE, required=True, help="folder that the rows' images are in")
@click.option("--endpoint", required=True, help="https://host/v1#model, OpenAI-compatible")
@click.option("--checker", help="of the checks, if not the --endpoint")
@click.option("--prompt", default=PROMPT, show_default=True, help="that the captions answer")
@click.option("--negatives-per-caption", type=click.IntRange(1), default=1, show_default=True)
@click.option("--requests-per-minute", type=click.FloatRange(min=0, min_open=True))
@click.option("--estimate", is_flag=True, help="say what it would take, and ask nothing")
@click.option("--out", type=_FILE, required=True, help="folder to write, for train")
def command(
    captions: Path,
    images: Path,
    endpoint: str,
    checker: str | None,
    prompt: str,
    negatives_per_caption: int,
    requests_per_minute: float | None,
    estimate: bool,
    out: Path,
) -> None:
    """Make wrong versions of true captions, with the wrong words known: what `train` learns from.

    CAPTIONS are JSON lines with "image" and "caption". A language model, which sees text only,
    changes a caption by one of the paper's eight kinds of error and checks what it did; its key is
    read from TLDR_REWARD_API_KEY. Images are split into train, validation and test. A run that
    broke off goes on where it was; `tldr-reward perturb-with-llm` has all settings. Drawings of the
    scene world need no language model: `tldr-reward perturb-captions` has an oracle.

    Example: tldr-reward perturb captions.jsonl --images photos/ --out data/
    --endpoint http://127.0.0.1:8000/v1#model --estimate
    """
    from tldr_reward.cli.perturb_with_llm import command as perturb_with_llm

    rows = read_pairs(captions, images)
    check_splits({_name(image) for image, _ in rows})
    records, originals = own_records(rows, images, out, prompt)
    write_records(out / "images.jsonl", records)
    write_records(out / "originals.jsonl", originals)
    arguments = ["--originals", out / "originals.jsonl", "--image-records", out / "images.jsonl"]
    arguments += ["--endpoint", endpoint, "--cache", out / "replies.jsonl"]
    arguments += ["--negatives-per-caption", negatives_per_caption]
    arguments += ["--out", out / "captions", "--rejects", out / "rejects.csv"]
    arguments += ["--checker", checker] if checker else []
    arguments += ["--requests-per-minute", requests_per_minute] if requests_per_minute else []
    arguments += ["--estimate"] if estimate else []
    perturb_with_llm.main([str(part) for part in arguments], standalone_mode=False)


def read_pairs(captions: Path, images: Path) -> list[tuple[str, str]]:
    """(image, caption) of each line; InputError names the line that has none, or no such image."""
    with reading(captions) as file:
        rows = [
            _pair(line, images, f"{captions}:{number}")
            for number, line in enumerate(file, start=1)
            if line.strip()
        ]
    if not rows:
        raise InputError(f"{captions} holds no caption")
    return rows


def check_splits(names: Collection[str]) -> None:
    """InputError where images are so few that a split has none: `train` needs all three."""
    splits = set(map(_split, names))
    if missing := [split for split, _ in _SPLITS if split not in splits]:
        raise InputError(
            f"none of {len(names)} images falls into {missing[0]}, a tenth of all; more are "
            "needed, some 50"
        )


def _pair(line: str, images: Path, where: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
        image, caption = row["image"], row["caption"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f'{where}: a JSON object with "image" and "caption" is needed') from None
    if not isinstance(caption, str) or not caption.strip():
        raise InputError(f"{where}: an empty caption; a word is needed")
    if not isinstance(image, str) or not (images / image).is_file():
        raise InputError(f"{where}: no such image: {images / str(image)}")
    return image, caption


def own_records(
    rows: Sequence[tuple[str, str]], images: Path, out: Path, prompt: str
) -> tuple[list[ImageRecord], list[CaptionRecord]]:
    """Image and caption records of (image, caption) rows; images are named, not copied."""
    beside = Path(os.path.relpath(images, out))
    found: dict[str, ImageRecord] = {}
    captions = []
    progress = Progress(len(rows), "captions")
    for number, (image, caption) in enumerate(rows):
        name = _name(image)
        if found.setdefault(name, _image(name, beside / image)).path != str(beside / image):
            raise InputError(f"two images are named {name!r}, with different endings")
        captions.append(
            CaptionRecord(f"{name}-{number}", name, prompt, caption, "caption", "original",
                          bad_spans=())
        )  # fmt: skip
        progress.step()
    return list(found.values()), captions


def _name(image: str) -> str:
    return Path(image).with_suffix("").as_posix()


def _split(name: str) -> str:
    place = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32
    return next(split for split, end in _SPLITS if place < end)


def _image(name: str, path: Path) -> ImageRecord:
    return ImageRecord(name, str(path), "own", _split(name))
