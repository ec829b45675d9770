"""`fetch-images`: images of PixelProse's captions, from wherever on the web they are."""

import collections
import sys
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import write_rows


@click.command()
@click.option("--pixelprose", type=click.Path(path_type=Path), required=True, help="its folder")
@click.option("--count", type=click.IntRange(1), required=True, help="captions with an image")
@click.option("--candidates", type=click.IntRange(1), help="rows to draw  [default: 4 times count]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--at-once", type=click.IntRange(1, 256), default=16, show_default=True)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=30.0)
@click.option("--retries", type=click.IntRange(0), default=2, show_default=True)
@click.option("--pause", type=click.FloatRange(min=0), default=1.0, help="before the first retry")
@click.option("--dead-again", is_flag=True, help="ask again for what was dead in an earlier run")
def command(
    pixelprose: Path,
    count: int,
    candidates: int | None,
    seed: int,
    at_once: int,
    timeout: float,
    retries: int,
    pause: float,
    dead_again: bool,
) -> None:
    """Fetch the images of captions that are drawn from PixelProse, which has addresses only.

    Images come into the folder's images/, and into images.csv with their digests; addresses that
    give none are listed in dead.csv with the cause, and others are drawn in their place. A run
    that was stopped goes on.

    Example: tldr-reward fetch-images --pixelprose raw/pixelprose --count 3000 --seed 0
    """
    from tldr_reward.sources.examples import Tally
    from tldr_reward.sources.links import fetch_images, forget_dead
    from tldr_reward.sources.pixelprose import FETCHED, DeadLink, FetchedImage, drawn_links
    from tldr_reward.sources.transport import Patience

    if dead_again:
        forget_dead(pixelprose)
    tally = Tally("pixelprose")
    links = drawn_links(pixelprose, candidates or 4 * count, seed, tally)
    tally.report()
    patience = Patience(timeout, retries, pause)
    alive, dead = fetch_images(links, count, pixelprose, patience, at_once)
    write_rows(pixelprose / "dead.csv", dead, DeadLink)
    for cause, number in sorted(collections.Counter(link.cause for link in dead).items()):
        print(f"pixelprose: {number} dead links: {cause}", file=sys.stderr)
    if not alive:
        raise InputError(f"none of {len(links)} links of {pixelprose} gives an image: see dead.csv")
    write_rows(pixelprose / FETCHED, alive, FetchedImage)
    if len(alive) < count:
        print(f"pixelprose: {len(alive)} images of {count} asked for", file=sys.stderr)
