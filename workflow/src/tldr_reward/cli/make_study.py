"""`make-study`: a folder of captions, images and guidance that `annotate` serves."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from tldr_reward.annotations import GUIDANCES
from tldr_reward.apps.annotators import false_captions
from tldr_reward.apps.study import ITEMS_FILE, STUDY_FILE, Study, StudyItem, check_guidances
from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    ScoreRecord,
    read_records,
    write_records,
    writing_folder,
)
from tldr_reward.spans import overlaps, word_spans

_FILE = click.Path(path_type=Path)


@click.command(short_help="Make an annotation study from captions, images, scores.")
@click.option("--captions", type=_FILE, required=True, help="Labelled captions, with originals.")
@click.option("--image-records", type=_FILE, required=True)
@click.option("--tldr-scores", type=_FILE, required=True, help="Flag words (token guidance).")
@click.option("--naive-scores", type=_FILE, required=True, help="Judge captions (binary).")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--guidance", "guidances", multiple=True, default=GUIDANCES, show_default=True)
@click.option("--per-guidance", type=click.IntRange(2), required=True, help="Captions a person.")
@click.option("--practice", type=click.IntRange(0), default=1, show_default=True, help="Likewise.")
@click.option(
    "--true-share",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of captions without an error.",
)
@click.option("--idle-seconds", type=click.FloatRange(1, 3600), default=60, show_default=True)
@click.option("--title", default="Correct the captions", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=_FILE, required=True, help="Folder to write; one of ours is replaced.")
def command(
    captions: Path,
    image_records: Path,
    tldr_scores: Path,
    naive_scores: Path,
    threshold: float,
    guidances: tuple[str, ...],
    per_guidance: int,
    practice: int,
    true_share: float,
    idle_seconds: float,
    title: str,
    seed: int,
    out: Path,
) -> None:
    """Draw captions to correct, at most one an image, and put what guides people beside them.

    As in table 7's simulated rows, captions are those with an error, unless --true-share mixes
    others in. Words that overlap a token of P(good) up to the threshold are flagged; a caption is
    called bad when its own P(good) is. Practice captions open every block and are not measured.

    Example: tldr-reward make-study --captions captions/test.jsonl --image-records images.jsonl
    --tldr-scores tldr/test.jsonl --naive-scores naive/test.jsonl --per-guidance 12 --out study
    """
    check_guidances(guidances)
    measured, trial = (count * len(guidances) for count in (per_guidance, practice))
    rng = np.random.default_rng(seed)
    records = read_records(captions, CaptionRecord)
    drawn = draw_items(records, measured + trial, true_share, rng)
    tldr, naive = (
        {score.caption_id: score for score in read_records(path, ScoreRecord)}
        for path in (tldr_scores, naive_scores)
    )
    paths = {
        record.image_id: image_records.parent / record.path
        for record in read_records(image_records, ImageRecord)
    }
    with writing_folder(out, "study*") as folder:
        items = []
        for number, caption in enumerate(drawn):
            flags = _score(tldr, caption, tldr_scores)
            judged = _score(naive, caption, naive_scores).p_good[-1] > threshold
            image = _copied(paths, caption, folder / f"study-image-{number:04d}")
            flagged = flagged_words(caption.text, flags, threshold)
            fields = (caption.caption_id, image, caption.text, judged, flagged, number < trial)
            items.append(StudyItem(*fields))
        runs = (tldr[drawn[0].caption_id].run, naive[drawn[0].caption_id].run)
        write_records(folder / ITEMS_FILE, items)
        settings = Study(title, guidances, idle_seconds, seed, *runs)
        write_records(folder / STUDY_FILE, [settings])
    click.echo(f"{measured} captions and {trial} for practice in {out}")


def draw_items(
    captions: Sequence[CaptionRecord], count: int, true_share: float, rng: np.random.Generator
) -> list[CaptionRecord]:
    """Captions by lot, each of another image: true ones to a share, else those with an error."""
    true = round(true_share * count)
    false = [caption for caption, _ in false_captions(captions)]
    good = [
        caption
        for caption in sorted(captions, key=lambda caption: caption.caption_id)
        if (caption.task, caption.origin, caption.bad_spans) == ("caption", "original", ())
    ]
    used: set[str] = set()
    found: list[CaptionRecord] = []
    for pool, needed, kind in ((false, count - true, "with"), (good, true, "without")):
        chosen: list[CaptionRecord] = []
        for place in rng.permutation(len(pool)):
            if len(chosen) < needed and pool[place].image_id not in used:
                used.add(pool[place].image_id)
                chosen.append(pool[place])
        if len(chosen) < needed:
            raise InputError(
                f"{needed} captions {kind} an error are needed, each of another image; "
                f"there are {len(chosen)}"
            )
        found += chosen
    return [found[place] for place in rng.permutation(len(found))]


def flagged_words(text: str, score: ScoreRecord, threshold: float) -> tuple:
    """Words that share a character with a flagged token (eq. 1)."""
    flagged = [
        offset
        for offset, p_good in zip(score.offsets, score.p_good, strict=True)
        if p_good <= threshold
    ]
    return tuple(word for word in word_spans(text) if overlaps(word, flagged))


def _score(scores: Mapping[str, ScoreRecord], caption: CaptionRecord, source: Path) -> ScoreRecord:
    if caption.caption_id not in scores:
        raise InputError(f"{source} has no score of caption {caption.caption_id!r}")
    return scores[caption.caption_id]


def _copied(paths: Mapping[str, Path], caption: CaptionRecord, base: Path) -> str:
    """Name of the caption's image in the study's folder."""
    path = paths.get(caption.image_id)
    if path is None or not path.is_file():
        raise InputError(f"no image {caption.image_id!r} of caption {caption.caption_id!r}")
    copy = base.with_suffix(path.suffix.lower())
    shutil.copyfile(path, copy)
    return copy.name
