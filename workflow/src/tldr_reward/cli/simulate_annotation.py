"""`simulate-annotation`: a log of simulated annotators who correct false captions."""

from collections.abc import Sequence
from pathlib import Path

import click

from tldr_reward.annotations import AnnotationRow
from tldr_reward.apps.annotators import Annotator, Task, TimeModel, false_captions, simulate
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_rows
from tldr_reward.spans import word_spans
from tldr_reward.world.lexicon import word_categories

_FILE = click.Path(path_type=Path)
_SECONDS = click.FloatRange(min=0)
_SHARE = click.FloatRange(0, 1)


@click.command(short_help="A log of simulated annotators who correct captions.")
@click.option("--captions", type=_FILE, required=True, help="Labelled captions, with originals.")
@click.option(
    "--scores", type=_FILE, help="A TLDR model's scores of them; else bad words are highlighted."
)
@click.option(
    "--threshold", type=_SHARE, default=0.5, show_default=True, help="Flagged up to this P(good)."
)
@click.option("--per-guidance", type=click.IntRange(1), required=True, help="Captions a person.")
@click.option("--reads", multiple=True, required=True, help="Person and words a minute: a=300.")
@click.option("--vigilance", multiple=True, help="Person and share: a=0.5; else 0.")
@click.option("--words-per-minute", type=click.FloatRange(min=1), required=True)
@click.option("--check-seconds", type=_SECONDS, required=True, help="One claim, at the image.")
@click.option("--mental-seconds", type=_SECONDS, required=True)
@click.option("--point-seconds", type=_SECONDS, required=True)
@click.option("--home-seconds", type=_SECONDS, required=True)
@click.option("--key-seconds", type=_SECONDS, required=True)
@click.option("--notice", type=_SHARE, required=True, help="Chance to see a checked error.")
@click.option("--noise", type=_SECONDS, required=True, help="Deviation of log seconds a caption.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=_FILE, required=True, help="Annotation log (CSV) to write.")
def command(
    captions: Path,
    scores: Path | None,
    threshold: float,
    per_guidance: int,
    reads: tuple[str, ...],
    vigilance: tuple[str, ...],
    words_per_minute: float,
    check_seconds: float,
    mental_seconds: float,
    point_seconds: float,
    home_seconds: float,
    key_seconds: float,
    notice: float,
    noise: float,
    seed: int,
    out: Path,
) -> None:
    """Simulate people who correct false captions, told that they are bad or shown where.

    What is highlighted are a detector's real scores, or without --scores exactly the words that
    are bad, as the best detector would; the times are a model's.

    Example: tldr-reward simulate-annotation --captions captions/test.jsonl
    --scores scores/test.jsonl --per-guidance 100 --reads a=300 --reads b=175 --vigilance b=0.67
    --words-per-minute 238 --check-seconds 1.35 --mental-seconds 1.35 --point-seconds 1.1
    --home-seconds 0.4 --key-seconds 0.2 --notice 0.97 --noise 0.21 --out log.csv
    """
    model = TimeModel(
        words_per_minute,
        check_seconds,
        mental_seconds,
        point_seconds,
        home_seconds,
        key_seconds,
        notice,
        noise,
    )
    rates = named_numbers(reads, "--reads")
    shares = named_numbers(vigilance, "--vigilance")
    check_people(rates, shares)
    annotators = [Annotator(name, rate, shares.get(name, 0.0)) for name, rate in rates.items()]
    records = read_records(captions, CaptionRecord)
    flagged = _flagged(scores, threshold) if scores else _labels(records)
    tasks = _tasks(records, flagged, scores or captions)
    write_rows(out, simulate(tasks, annotators, model, per_guidance, seed), AnnotationRow)


def named_numbers(texts: Sequence[str], option: str) -> dict[str, float]:
    """`name=number` texts as a mapping; InputError for another form or a name given twice."""
    found: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not (name and equals and 0 <= value < float("inf")):
            raise InputError(f"{option} {text!r}: name=number is needed, at least 0")
        if name in found:
            raise InputError(f"{option}: {name!r} is given twice")
        found[name] = value
    return found


def check_people(rates: dict[str, float], shares: dict[str, float]) -> None:
    """Everybody reads at some rate; a vigilance is a share, of somebody who is there."""
    for name, rate in rates.items():
        if rate == 0:
            raise InputError(f"--reads {name}=0: more than 0 words a minute are needed")
    for name, share in shares.items():
        if name not in rates:
            raise InputError(f"--vigilance {name}: no --reads of that name; has {list(rates)}")
        if share > 1:
            raise InputError(f"--vigilance {name}={share:g}: a share from 0 to 1 is needed")


def _flagged(path: Path, threshold: float) -> dict[str, tuple]:
    """Offsets of the tokens that each score flags (eq. 1), by caption_id."""
    return {
        score.caption_id: tuple(
            offset
            for offset, p_good in zip(score.offsets, score.p_good, strict=True)
            if p_good <= threshold
        )
        for score in read_records(path, ScoreRecord)
    }


def _labels(captions: Sequence[CaptionRecord]) -> dict[str, tuple]:
    """Bad spans of the labelled captions, by caption_id."""
    return {
        caption.caption_id: caption.bad_spans
        for caption in captions
        if caption.bad_spans is not None
    }


def _tasks(captions: Sequence[CaptionRecord], flagged: dict[str, tuple], source: Path) -> list:
    claims = {word for words in word_categories().values() for word in words}
    tasks = []
    for caption, truth in false_captions(captions):
        if caption.caption_id not in flagged:
            raise InputError(f"{source} has no score of caption {caption.caption_id!r}")
        text = caption.text
        said = tuple(span for span in word_spans(text) if text[slice(*span)] in claims)
        tasks.append(Task(caption.caption_id, text, truth, flagged[caption.caption_id], said))
    return tasks
