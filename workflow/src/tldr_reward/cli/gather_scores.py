"""`tldr-reward gather-scores`: scores of a caption file's shards, as one file."""

import itertools
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--captions", type=_FILE, required=True, help="what was scored, in shards")
@click.option("--task", type=click.Choice(["caption", "vqa"]), help="of this task alone; else both")
@click.option(
    "--shard", "shards", type=_FILE, multiple=True, required=True, help="in order; repeatable"
)
@click.option("--out", type=_FILE, required=True, help="file to write")
def command(captions: Path, task: str | None, shards: tuple[Path, ...], out: Path) -> None:
    """Put the score files of shards together, in order; InputError unless each caption has one.

    Example: tldr-reward gather-scores --captions test.jsonl --shard 1-of-2/test.jsonl
    --shard 2-of-2/test.jsonl --out test.jsonl
    """
    scored = [
        one.caption_id for one in read_records(captions, CaptionRecord) if task in (None, one.task)
    ]
    scores = [score for shard in shards for score in read_records(shard, ScoreRecord)]
    found = [score.caption_id for score in scores]
    for wanted, there in itertools.zip_longest(scored, found):
        if wanted != there:
            raise InputError(
                f"{captions}: a score of {wanted!r} is next, the shards have {there!r}; "
                "score all shards of these captions, give them in order"
            )
    write_records(out, scores)
