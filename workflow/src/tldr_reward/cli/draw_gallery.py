"""`draw-gallery`: captions to look at, with what reward models say of their tokens."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.metrics.gallery import draw_captions, gallery_items
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records

_FILE = click.Path(path_type=Path)


@click.command(short_help="Captions to look at, drawn by lot.")
@click.option("--captions", type=_FILE, required=True, help="Labelled captions.")
@click.option(
    "--scores",
    type=(str, _FILE),
    multiple=True,
    required=True,
    help="Backbone's name and a token-level model's scores of the captions.",
)
@click.option(
    "--each",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Captions of every taxonomy, and without an error.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=_FILE, required=True, help="JSON lines to write.")
def command(
    captions: Path,
    scores: tuple[tuple[str, Path], ...],
    each: int,
    threshold: float,
    seed: int,
    out: Path,
) -> None:
    """Draw captions by lot within each taxonomy, without a look at scores, and join the scores.

    Example: tldr-reward draw-gallery --captions captions/test.jsonl
    --scores paligemma scores/test.jsonl --out gallery.jsonl
    """
    drawn = draw_captions(read_records(captions, CaptionRecord), each, seed)
    if not any(drawn.values()):
        raise InputError(f"{captions}: no labelled caption")
    items = [
        item
        for backbone, path in scores
        for item in gallery_items(drawn, read_records(path, ScoreRecord), backbone, threshold)
    ]
    if not items:
        raise InputError(f"{scores[0][1]}: scores of other captions than those of {captions}")
    write_records(out, items)
