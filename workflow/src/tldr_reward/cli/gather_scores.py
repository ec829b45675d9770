"""`tldr-reward gather-scores`: scores of a caption file's shards, as one file."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--captions", type=_FILE, required=True, help="what was scored, in shards")
@click.option("--task", type=click.Choice(["caption", "vqa"]), help="of this task alone; else both")
@click.option("--shard", "shards", type=_FILE, multiple=True, required=True, help="repeatable")
@click.option("--out", type=_FILE, required=True, help="file to write")
def command(captions: Path, task: str | None, shards: tuple[Path, ...], out: Path) -> None:
    """Put the score files of shards together, in the captions' order.

    InputError unless each caption has one score.

    Example: tldr-reward gather-scores --captions test.jsonl --shard 1-of-2/test.jsonl
    --shard 2-of-2/test.jsonl --out test.jsonl
    """
    found: dict[str, ScoreRecord] = {}
    for shard in shards:
        for score in read_records(shard, ScoreRecord):
            if score.caption_id in found:
                raise InputError(f"{shard}: caption {score.caption_id!r} has a score already")
            found[score.caption_id] = score
    wanted = [c.caption_id for c in read_records(captions, CaptionRecord) if task in (None, c.task)]
    if missing := [caption_id for caption_id in wanted if caption_id not in found]:
        raise InputError(
            f"caption {missing[0]!r} of {captions} has no score in {len(shards)} shards; give all"
        )
    if unknown := found.keys() - set(wanted):
        raise InputError(f"{captions} has no caption {min(unknown)!r}, which has a score")
    write_records(out, [found[caption_id] for caption_id in wanted])
