"""`tldr-reward train-language`: pre-train a mini backbone's decoder and projector."""

import dataclasses
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, HistoryRow, read_records, write_rows
from tldr_reward.world.drills import DRILLED_QUESTION, DRILLS, PLACES
from tldr_reward.world.fixes import FIX_PROMPT
from tldr_reward.world.lists import LIST_PROMPT, decided_words
from tldr_reward.world.scenes import Scene

# What is learned from: lists of all that an image shows, drills, drilled questions (where two
# things stand, and how relative to each other), captions, other questions, sentences to fix.
SOURCES = ("lists", "drills", "places", "relations", "captions", "questions", "fixes")
_PHASE = r"(\d+):(\d+)-(\d*)"
_PHASES = re.compile(rf"{_PHASE}(,{_PHASE})*")


@click.command()
@click.option("--vision", type=Path, required=True, help="backbone folder with a trained tower")
@click.option("--image-records", type=Path, required=True)
@click.option("--captions", type=Path, required=True, help="captions and questions to learn from")
@click.option("--scenes", type=Path, required=True, help="what the images show")
@click.option(
    "--determined-weight",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="weight in the loss of words that the scene leaves no choice about",
)
@click.option("--steps", type=click.IntRange(1), required=True)
@click.option(
    "--draw",
    multiple=True,
    required=True,
    metavar="SOURCE=COUNT:FIRST-LAST,...",
    help="groups a step of a source, from one step on until another; without LAST, to the end",
)
@click.option("--learning-rate", type=float, required=True, help="peak of Muon")
@click.option(
    "--query-key-learning-rate",
    type=float,
    required=True,
    help="peak of Muon for the matrices that decide what is attended to",
)
@click.option("--adamw-learning-rate", type=float, required=True, help="peak of AdamW")
@click.option("--warmup-steps", type=click.IntRange(0), required=True)
@click.option("--decay-share", type=click.FloatRange(0, 1), default=1.0, show_default=True)
@click.option("--checkpoint-steps", type=click.IntRange(1), default=100, show_default=True)
@click.option("--keep-at", default="", help="steps whose backbones are kept: 100,200")
@click.option("--keep", type=Path, help="folder for the kept backbones")
@click.option("--seed", type=int, default=0, show_default=True)
@runtime_options
@click.option("--state", type=Path, required=True, help="folder from which a killed run goes on")
@click.option("--out", type=Path, required=True, help="backbone folder to write")
@click.option("--history", type=Path, required=True, help="CSV of losses to write")
def command(
    vision,
    image_records,
    captions,
    scenes,
    determined_weight,
    draw,
    keep_at,
    keep,
    runtime,
    state,
    out,
    history,
    **settings,
) -> None:
    """Pre-train decoder, projector and LM head; the vision tower is frozen.

    Sources are lists, drills, places, relations, captions, questions and fixes. A group is what is
    said of one image to one prompt.

    Example: tldr-reward train-language --vision vision/ --image-records images.jsonl
    --captions pretrain.jsonl --scenes scenes.jsonl --determined-weight 4 --steps 700
    --draw lists=48:0-120,12:120- --draw drills=24:120- --draw captions=16:250-
    --learning-rate 0.02 --query-key-learning-rate 0.003 --adamw-learning-rate 0.002
    --warmup-steps 30 --state state/ --out final/ --history history.csv
    """
    from tldr_reward.backbones.checkpoints import Checkpoints
    from tldr_reward.backbones.features import ImageFeatures
    from tldr_reward.backbones.folders import load_backbone, save_backbone
    from tldr_reward.backbones.language import LanguageSettings, train_language
    from tldr_reward.cli.inputs import caption_items, file_digests, read_images
    from tldr_reward.cli.runtime import use_runtime

    drawn = parse_draws(draw, settings["steps"])
    use_runtime(runtime)
    records = read_records(captions, CaptionRecord)
    rows, images = read_images(image_records, [record.image_id for record in records])
    backbone = load_backbone(vision, runtime.placement)
    features = ImageFeatures(backbone, images)
    known = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    items = weighted(caption_items(backbone, records, rows), records, known, determined_weight)
    sources = drawn_sources(grouped(records, items), drawn, captions)
    job = settings | {
        "drawn": str(drawn),
        "keep_at": keep_at,
        "determined_weight": determined_weight,
    }
    job |= file_digests({"captions": captions, "scenes": scenes, "vision": vision})
    steps_kept = parse_steps(keep_at)
    # Kept with the state until all is done: a killed run goes on behind some of these steps.
    kept = state / "kept"

    def keep_backbone(step: int) -> None:
        if step in steps_kept:
            save_backbone(backbone, kept / f"step{step}")

    checkpoints = Checkpoints(state, job)
    rows_written = train_language(
        backbone,
        sources,
        features,
        LanguageSettings(**settings),
        checkpoints,
        keep_backbone,
    )
    save_backbone(backbone, out)
    write_rows(history, rows_written, HistoryRow)
    if keep:
        publish(kept, keep)
    checkpoints.clear()


def weighted(
    items: Sequence, records: Sequence[CaptionRecord], scenes: Mapping[str, Scene], weight: float
) -> list:
    """Items whose determined words weigh `weight` in the loss and all others 1.

    What a caption speaks of next is a free choice; its noise drowns what can be learned by
    looking at the image.
    """
    from tldr_reward.cli.inputs import determined_places

    if missing := [record.image_id for record in records if record.image_id not in scenes]:
        raise InputError(f"image {missing[0]!r} has no scene among those of --scenes")
    found = []
    for item, record in zip(items, records, strict=True):
        if record.prompt == LIST_PROMPT:
            decided = decided_words(record.text)
        else:
            places = determined_places(scenes[record.image_id], record, item.response)
            decided = [place in places for place in range(len(item.response.ids))]
        weights = tuple(weight if is_decided else 1.0 for is_decided in decided)
        found.append(dataclasses.replace(item, weights=weights if any(decided) else ()))
    return found


def parse_draws(texts: Sequence[str], steps: int) -> dict[str, list[tuple[int, int, int]]]:
    """`lists=48:0-120,12:120-` as {"lists": [(48, 0, 120), (12, 120, steps)]}.

    Each is how many groups are drawn, from which step on and until which.
    """
    found: dict[str, list[tuple[int, int, int]]] = {}
    for text in texts:
        source, _, phases = text.partition("=")
        if source not in SOURCES or not _PHASES.fullmatch(phases):
            allowed = f"COUNT:FIRST-LAST of {', '.join(SOURCES)}"
            raise InputError(f"--draw {text!r}; as in lists=48:0-120, {allowed}")
        if source in found:
            raise InputError(f"--draw {text!r}: {source} is given twice")
        found[source], free = [], 0
        for count, first, last in re.findall(_PHASE, phases):
            phase = int(count), int(first), int(last or steps)
            if not phase[0] or not free <= phase[1] < phase[2] <= steps:
                rule = f"counts of 1 or more, steps that rise up to the last of {steps}"
                raise InputError(f"--draw {text!r}; {rule} are needed")
            found[source].append(phase)
            free = phase[2]
    return found


def drawn_sources(
    groups: Mapping[str, Sequence],
    drawn: Mapping[str, Sequence[tuple[int, int, int]]],
    captions: Path,
) -> list:
    """The sources with what is drawn of each; InputError for one with nothing to learn from."""
    from tldr_reward.backbones.batches import Source

    if missing := [name for name in drawn if not groups[name]]:
        raise InputError(f"{captions} has no {missing[0]}; it needs {', '.join(drawn)}")
    return [Source(name, groups[name], *phase) for name in drawn for phase in drawn[name]]


def publish(kept: Path, keep: Path) -> None:
    """Move the kept backbones to where they belong, in place of those of a run before."""
    kept.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(keep, ignore_errors=True)
    shutil.move(kept, keep)


def grouped(records: Sequence[CaptionRecord], items: Sequence) -> dict[str, list[list]]:
    """Items by source; lists, drills of a prompt, and captions, of an image are one group.

    Their prefix is computed once.
    """
    groups: dict[str, list[list]] = {name: [] for name in SOURCES}
    together: dict[tuple[str, str], list] = {}
    for record, item in zip(records, items, strict=True):
        if record.caption_id.endswith(PLACES):
            groups["places"].append([item])
        elif record.caption_id.endswith(DRILLED_QUESTION):  # its multiple-choice twins do not
            groups["relations"].append([item])
        elif record.prompt.startswith(FIX_PROMPT):
            groups["fixes"].append([item])
        elif record.task == "vqa" and record.prompt != LIST_PROMPT:
            groups["questions"].append([item])
        else:
            together.setdefault((record.prompt, record.image_id), []).append(item)
    for (prompt, _), group in together.items():
        name = "lists" if prompt == LIST_PROMPT else "drills" if prompt in DRILLS else "captions"
        groups[name].append(group)
    return groups


def parse_steps(text: str) -> set[int]:
    """`100,200` as a set of steps."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal() or not int(word):
            raise InputError(f"--keep-at {text!r}: {word!r} is no step; as in 100,200")
    return {int(word) for word in words}
