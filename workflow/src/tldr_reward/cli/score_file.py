"""`tldr-reward score-file`: many captions of many images, as a run that can be cut off."""

import collections
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from tldr_reward.cli.detectives import Chosen, detective_options, load_detective, warn
from tldr_reward.errors import InputError
from tldr_reward.progress import Progress
from tldr_reward.records import writing

FORMAT = "score-file/1"
_FILE = click.Path(path_type=Path)
_SHOWN = 10  # bad rows that are printed
_FIELDS = {"image": str, "caption": str, "prompt": str, "id": (str, int)}


@click.command()
@click.argument("captions", type=_FILE)
@click.option("--images", type=_FILE, required=True, help="folder that the rows' images are in")
@click.option("--out", type=_FILE, required=True, help="JSON lines to write, one a caption")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
@detective_options
def command(
    captions: Path, images: Path, out: Path, threshold: float, batch_size: int, chosen: Chosen
) -> None:
    """Score captions from a file of JSON lines, each with "image", "caption" (and "prompt", "id").

    Rows of one image that follow each other are scored together. What is done is kept in
    OUT.part: a run that broke off goes on from there. A row that cannot be scored is set aside
    in OUT with the ending .bad.jsonl, with its line number and what is wrong; the others are done,
    and the exit status is 1.

    Example: tldr-reward score-file captions.jsonl --images photos/ --out scores.jsonl
    """
    if not captions.is_file():
        raise InputError(f"no such file: {captions}")
    if not images.is_dir():
        raise InputError(f"no such folder: {images}")
    part, aside = out.with_name(f"{out.name}.part"), out.with_suffix(".bad.jsonl")
    if captions.resolve() in {path.resolve() for path in (out, part, aside)}:
        raise InputError(f"--out {out} would overwrite the captions, {captions}")
    lines, digest = _counted(captions)
    job = {"format": FORMAT, "captions_sha256": digest, "images": str(images.absolute())}
    job |= {"threshold": threshold, "model": chosen.model, "backbone": chosen.backbone}
    job |= {"base_rate": chosen.base_rate}
    done = _taken_up(part, job)
    if len(done) < lines:
        detective = load_detective(chosen)
        progress = Progress(lines, "captions", start=len(done))
        with open(part, "a", encoding="utf-8") as file:
            waiting: collections.deque[tuple[int, dict]] = collections.deque()
            pairs = _pairs(captions, images, done, waiting, file, progress)
            found = detective.score_many(pairs, batch_size, threshold, keep_errors=True)
            for score in found:
                number, row = waiting.popleft()
                fields = {"line": number} | ({"id": row["id"]} if "id" in row else {})
                if isinstance(score, InputError):
                    _set_aside(file, number, row, str(score))
                else:
                    _put(file, fields | score.as_dict() | {"image": row["image"]})
                progress.step()
    bad = _finished(part, out, aside)
    if bad:
        raise SystemExit(1)


def _counted(captions: Path) -> tuple[int, str]:
    """Lines that are not empty, and the file's digest."""
    lines, digest = 0, hashlib.sha256()
    with open(captions, "rb") as file:
        for line in file:
            digest.update(line)
            lines += bool(line.strip())
    return lines, digest.hexdigest()


def _pairs(
    captions: Path,
    images: Path,
    done: set[int],
    waiting: collections.deque,
    file: IO,
    progress: Progress,
) -> Iterator[tuple[Path, str, str | None]]:
    """Pairs of the rows that are left; what is no row is set aside on the way."""
    with open(captions, "rb") as rows:
        for number, line in enumerate(rows, start=1):
            if number in done or not line.strip():
                continue
            try:
                row = _row(line, images)
            except InputError as error:
                _set_aside(file, number, line.decode("utf-8", "replace").strip(), str(error))
                progress.step()
                continue
            waiting.append((number, row))
            yield images / row["image"], row["caption"], row.get("prompt")


def _row(line: bytes, images: Path) -> dict:
    """A row's fields, checked; its image lies below the images' folder."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"not a JSON record ({error})") from None
    if not isinstance(row, dict):
        raise InputError(f"a JSON object is needed, not {type(row).__name__}")
    for name in ("image", "caption"):
        if name not in row:
            raise InputError(f"no field {name!r}; image and caption are needed")
    for name, kind in _FIELDS.items():
        if name in row and not isinstance(row[name], kind):
            raise InputError(f"field {name!r} is {type(row[name]).__name__}, not a text")
    path = os.path.normpath(row["image"])
    if os.path.isabs(path) or path.split(os.sep)[0] == os.pardir or "\0" in path:
        raise InputError(f"image {row['image']!r} lies outside {images}")
    return row


def _put(file: IO, fields: dict) -> None:
    file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    file.flush()


def _set_aside(file: IO, number: int, row: object, reason: str) -> None:
    _put(file, {"line": number, "error": reason, "row": row})


def _taken_up(part: Path, job: dict) -> set[int]:
    """Lines that a run of the same job has done before it broke off; else the file is begun."""
    header = json.dumps(job)
    kept: list[str] = []
    if part.is_file():
        with open(part, encoding="utf-8") as file:
            if next(file, "").rstrip("\n") == header:
                kept = [line for line in file if _line_number(line)]
    done = {_line_number(line): line for line in kept}
    with writing(part) as file:
        file.write(header + "\n")
        file.writelines(done.values())
    return set(done)


def _line_number(line: str) -> int:
    """Number of the row that a line of the part file is about; 0 for one that was cut off."""
    try:
        return int(json.loads(line)["line"]) if line.endswith("\n") else 0
    except (ValueError, KeyError, TypeError):
        return 0


def _finished(part: Path, out: Path, aside: Path) -> int:
    """Part the scores from what was set aside, and say what that is; returns how many rows."""
    bad, doubted, warning = 0, 0, None
    with open(part, encoding="utf-8") as file, writing(out) as good, writing(aside) as others:
        next(file)
        for line in file:
            fields = json.loads(line)
            if "error" not in fields:
                good.write(line)
                doubted += bool(fields["warning"])
                warning = warning or fields["warning"]
                continue
            others.write(line)
            bad += 1
            if bad <= _SHOWN:
                click.echo(f"line {fields['line']}: {fields['error']}", err=True)
    part.unlink()
    if doubted:
        warn(f"{doubted} scores come with a warning, the first: {warning}")
    if bad:
        click.echo(f"{bad} rows were set aside in {aside}", err=True)
    else:
        aside.unlink()
    return bad
