"""`judge-captions`: the oracle on generated captions of scenes, several files in one process."""

from pathlib import Path

import click

from tldr_reward.cli.judge_responses import judge_captions
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, read_records, write_records
from tldr_reward.world.scenes import Scene

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--scenes", type=_FILE, required=True, help="what the images show")
@click.option("--captions", type=_FILE, multiple=True, required=True, help="repeatable")
@click.option("--judgements", type=_FILE, multiple=True, required=True, help="to write, of each")
def command(scenes: Path, captions: tuple[Path, ...], judgements: tuple[Path, ...]) -> None:
    """Judge generated captions word by word by what the scenes hold.

    Example: tldr-reward judge-captions --scenes scenes.jsonl --captions tau0.jsonl
    --judgements judged/tau0.jsonl
    """
    if len(captions) != len(judgements):
        raise InputError(f"{len(captions)} caption files, {len(judgements)} to write; as many")
    known = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    for path, out in zip(captions, judgements, strict=True):
        write_records(out, judge_captions(read_records(path, CaptionRecord), known, path))
