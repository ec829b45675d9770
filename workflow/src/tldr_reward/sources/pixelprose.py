"""PixelProse: captions that Gemini wrote for images of the web; the table holds their addresses."""

import dataclasses
import heapq
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tldr_reward.progress import Progress
from tldr_reward.records import CaptionRecord, read_rows
from tldr_reward.sources.archives import read_image, source_file
from tldr_reward.sources.examples import (
    DESCRIBE,
    Example,
    Row,
    Tally,
    draw_key,
    example_of,
    is_member_name,
)
from tldr_reward.sources.tables import parquet_files, table_rows

TABLES = "data/vlm_captions_*.parquet"
IMAGES = "images"  # folder of fetched images
FETCHED = "images.csv"
COLUMNS = ("uid", "url", "vlm_caption", "sha256")
_BATCH = 4096  # rows of text alone
_UID = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class Link:
    """One row of the table: an image's address, its caption, and the digest that it once had."""

    uid: str
    url: str
    caption: str
    sha256: str


@dataclasses.dataclass(frozen=True)
class FetchedImage:
    """An image that was got; `unchanged` tells whether it has the digest of the table.

    `file` is a name within the folder of images.
    """

    uid: str
    url: str
    file: str
    bytes: int
    sha256: str
    unchanged: str
    caption: str


@dataclasses.dataclass(frozen=True)
class DeadLink:
    """An address that gave no image, and why."""

    uid: str
    url: str
    cause: str


def drawn_links(folder: Path, count: int, seed: int, tally: Tally) -> list[Link]:
    """At most `count` rows of the tables, drawn by seed, in the order in which they are drawn.

    16.9 million rows pass by; only what may be drawn is kept.
    """
    files = parquet_files(folder, TABLES)
    links = _links(_rows(files), tally)
    return _distinct(heapq.nsmallest(count, links, lambda link: draw_key(link.uid, seed)), tally)


def _rows(files: Sequence[Path]) -> Iterator[dict]:
    progress = Progress(len(files), "drawing captions (tables)")
    for path in files:
        yield from table_rows([path], COLUMNS, _BATCH)
        progress.step()


def _links(rows: Iterator[dict], tally: Tally) -> Iterator[Link]:
    for row in rows:
        uid, url, caption = row["uid"], row["url"], row["vlm_caption"]
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            tally.drop("uid that is no digest", uid)
        elif not isinstance(caption, str) or not caption.strip():
            tally.drop("empty text", uid)
        else:
            yield Link(uid, str(url), caption.strip(), str(row["sha256"] or ""))


def _distinct(links: Sequence[Link], tally: Tally) -> list[Link]:
    found: dict[str, Link] = {}
    for link in links:
        if link.uid in found:
            tally.drop("duplicate id", link.uid)
        found.setdefault(link.uid, link)
    return list(found.values())


def pixelprose_rows(folder: Path, tally: Tally) -> list[Row]:
    """Images that were fetched, each with its generated caption, which nobody has labelled."""
    rows: dict[str, Row] = {}
    for image in read_rows(source_file(folder, FETCHED), FetchedImage):
        image_id = f"pixelprose-{image.uid}"
        if not _UID.fullmatch(image.uid) or not is_member_name(image.file):
            tally.drop("id or file that is no plain name", image.uid)
        elif not image.caption.strip():
            tally.drop("empty text", image.uid)
        elif image_id in rows:
            tally.drop("duplicate id", image_id)
        else:
            caption = CaptionRecord(
                f"{image_id}-0", image_id, DESCRIBE, image.caption, "caption", "generated"
            )
            rows[image_id] = Row(image_id, "pixelprose", "pixelprose", image.file, (caption,))
    return list(rows.values())


def pixelprose_examples(folder: Path, rows: Sequence[Row], tally: Tally) -> Iterator[Example]:
    """Fetched images of some rows; what cannot be read is counted."""
    for row in rows:
        data = read_image(folder / IMAGES / row.member, tally)
        if data is not None and (example := example_of(row, data, row.captions, tally)):
            yield example
