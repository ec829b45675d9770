"""perturb-with-llm: negatives of captions and answers by a language model, checked by another."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.asking import Asking, Conversation, asking_options
from tldr_reward.cli.perturb_captions import RejectCount
from tldr_reward.errors import InputError
from tldr_reward.perturb.prompts import AGGREGATED
from tldr_reward.perturb.rounds import Ask, Perturber, Rules, Truth
from tldr_reward.perturb.taxonomies import TAXONOMIES
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    read_records,
    write_records,
    write_rows,
)

_WAVE = 512  # originals whose negatives are asked for before taxonomies are counted again
_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--originals", type=_FILE, multiple=True, required=True, help="repeatable")
@click.option("--image-records", type=_FILE, required=True)
@click.option("--checker", help="https://host/v1#model of the checks, if not the --endpoint")
@click.option(
    "--negatives-per-caption", type=click.IntRange(1, len(TAXONOMIES)), default=1, show_default=True
)
@click.option(
    "--largest-edit",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.25,
    show_default=True,
    help="share of a caption's words; three may always change",
)
@asking_options(temperature=0.7)
@click.option("--out", type=_FILE, required=True, help="folder; <split>.jsonl are written there")
@click.option("--rejects", type=_FILE, required=True, help="CSV of counts to write")
def command(
    originals: tuple[Path, ...],
    image_records: Path,
    checker: str | None,
    negatives_per_caption: int,
    largest_edit: float,
    asking: Asking,
    out: Path,
    rejects: Path,
) -> None:
    """Ask a language model for negatives of captions, and for wrong answers to questions.

    Any OpenAI-compatible endpoint does, and it is sent text only. Its key is read from its host's
    own variable (TLDR_REWARD_API_KEY_API_OPENAI_COM), else from TLDR_REWARD_API_KEY; that of a
    checker on another server from TLDR_REWARD_CHECKER_API_KEY, else from its host's. What was
    replied is kept in the cache, so that a run that broke off goes on when the command is given
    again.

    Example: tldr-reward perturb-with-llm --originals docci.jsonl --originals vg.jsonl
    --image-records images.jsonl --endpoint https://host/v1#model --cache replies.jsonl
    --out captions --rejects rejects.csv --requests-per-minute 300 --estimate
    """
    images = {image.image_id: image for image in read_records(image_records, ImageRecord)}
    records = [record for path in originals for record in read_records(path, CaptionRecord)]
    by_split = _by_split(records, images)
    truth = _truth(records)
    conversation = Conversation(asking, checker)

    def run_with(assumed: str | None):
        rules = Rules(negatives_per_caption, largest_edit, asking.seed, assumed)
        return lambda ask: [_perturbed(found, ask, truth, rules) for found in by_split.values()]

    left = conversation.estimated(run_with(None), run_with("assumed"))
    if asking.estimate:
        return
    conversation.begin(left)
    rules = Rules(negatives_per_caption, largest_edit, asking.seed)
    made: dict[str, list[CaptionRecord]] = {}
    counts: list[RejectCount] = []
    done = 0

    def wave_done(originals: int) -> None:
        nonlocal done
        done += originals
        conversation.settled(done, len(records))

    for split, found in by_split.items():
        made[split], rejected = _perturbed(found, conversation.ask, truth, rules, wave_done)
        counts += _reject_counts(split, rejected, images)
    for split, responses in made.items():
        write_records(out / f"{split}.jsonl", responses)
    write_rows(rejects, counts, RejectCount)


def _by_split(
    records: Sequence[CaptionRecord], images: Mapping[str, ImageRecord]
) -> dict[str, list[CaptionRecord]]:
    """Originals by their images' split; InputError for what is no original or stands twice."""
    by_split: dict[str, list[CaptionRecord]] = {}
    seen: set[str] = set()
    for record in records:
        what = f"caption {record.caption_id!r}"
        if record.image_id not in images:
            raise InputError(f"{what}: no image record of image {record.image_id!r}")
        if record.origin != "original":
            raise InputError(f"{what} has origin {record.origin!r}; allowed: original")
        if record.caption_id in seen:
            raise InputError(f"{what} stands twice in --originals; ids must differ")
        seen.add(record.caption_id)
        by_split.setdefault(images[record.image_id].split, []).append(record)
    return by_split


def _truth(records: Sequence[CaptionRecord]) -> Truth:
    responses: dict[tuple[str, str], list[str]] = {}
    aggregated: dict[str, str] = {}
    for record in records:
        responses.setdefault((record.image_id, record.prompt), []).append(record.text)
        if record.caption_id.endswith(AGGREGATED):
            aggregated[record.image_id] = record.text
    return Truth(responses, aggregated)


def _perturbed(
    originals: Sequence[CaptionRecord],
    ask: Ask,
    truth: Truth,
    rules: Rules,
    wave_done: Callable[[int], None] = lambda originals: None,
) -> tuple[list[CaptionRecord], Counter[tuple[str, str, str, str]]]:
    """A split's originals, each followed by its negatives, and counts of what was dropped."""
    perturber = Perturber(ask, truth, rules)
    responses: list[CaptionRecord] = []
    for first in range(0, len(originals), _WAVE):
        wave = originals[first : first + _WAVE]
        for original, negatives in zip(wave, perturber.wave(wave), strict=True):
            responses += [original, *negatives]
        wave_done(len(wave))
    return responses, perturber.rejected


def _reject_counts(
    split: str,
    rejected: Mapping[tuple[str, str, str, str], int],
    images: Mapping[str, ImageRecord],
) -> list[RejectCount]:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for (image_id, *others), count in rejected.items():
        counts[images[image_id].source, *others] += count
    return [RejectCount(split, *key, count) for key, count in sorted(counts.items())]
