"""`tldr-reward train-language`: pre-train a mini backbone's decoder and projector."""

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, HistoryRow, read_records, write_rows
from tldr_reward.world.drills import DRILLED_QUESTION, DRILLS, LOOK_PROMPTS, PLACES
from tldr_reward.world.fixes import FIX_PROMPT
from tldr_reward.world.scenes import Scene

# What is learned from; "looks" are those drills that look things up, which come first, and
# "places" and "relations" are the drilled questions.
SOURCES = ("looks", "drills", "places", "relations", "captions", "questions", "fixes")
# The options that say how many groups a step draws, in the sources' order.
BATCHES = ("looks", "drills", "places", "relations", "images", "questions", "fixes")


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
    "--look-steps",
    type=click.IntRange(0),
    required=True,
    help="steps at first that drill looking up alone",
)
@click.option(
    "--drill-steps",
    type=click.IntRange(0),
    required=True,
    help="steps until which there are drills alone, the former included",
)
@click.option("--batch-looks", type=click.IntRange(1), required=True)
@click.option("--batch-drills", type=click.IntRange(1), required=True)
@click.option("--batch-places", type=click.IntRange(1), required=True)
@click.option("--batch-relations", type=click.IntRange(1), required=True)
@click.option("--batch-images", type=click.IntRange(1), required=True)
@click.option("--batch-questions", type=click.IntRange(1), required=True)
@click.option("--batch-fixes", type=click.IntRange(1), required=True)
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
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--state", type=Path, required=True, help="folder from which a killed run goes on")
@click.option("--out", type=Path, required=True, help="backbone folder to write")
@click.option("--history", type=Path, required=True, help="CSV of losses to write")
def command(
    vision,
    image_records,
    captions,
    scenes,
    determined_weight,
    look_steps,
    drill_steps,
    keep_at,
    keep,
    threads,
    state,
    out,
    history,
    **settings,
) -> None:
    """Pre-train decoder, projector and LM head; the vision tower is frozen.

    First on drills that look things up, then on all drills, then on captions, questions and
    sentences to fix too.

    Example: tldr-reward train-language --vision vision/ --image-records images.jsonl
    --captions pretrain.jsonl --scenes scenes.jsonl --determined-weight 4
    --steps 900 --look-steps 200 --drill-steps 400 --batch-looks 48
    --batch-drills 24 --batch-places 32 --batch-relations 40 --batch-images 16 --batch-questions 32
    --batch-fixes 16 --learning-rate 0.02 --query-key-learning-rate 0.003
    --adamw-learning-rate 0.002 --warmup-steps 30 --state state/ --out final/ --history history.csv
    """
    from tldr_reward.backbones.checkpoints import Checkpoints
    from tldr_reward.backbones.folders import load_backbone, save_backbone
    from tldr_reward.backbones.language import LanguageSettings, train_language
    from tldr_reward.cli.inputs import cached_features, caption_items, file_digests, read_images
    from tldr_reward.cli.threads import use_threads

    counts = [settings.pop(f"batch_{name}") for name in BATCHES]
    drawn = phases(counts, look_steps, drill_steps, settings["steps"])
    use_threads(threads)
    records = read_records(captions, CaptionRecord)
    rows, images = read_images(image_records, [record.image_id for record in records])
    backbone = load_backbone(vision)
    features = cached_features(backbone, images)
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
        places = determined_places(scenes[record.image_id], record, item.response)
        weights = tuple(weight if n in places else 1.0 for n in range(len(item.response.ids)))
        found.append(dataclasses.replace(item, weights=weights if places else ()))
    return found


def phases(
    counts: Sequence[int], look_steps: int, drill_steps: int, steps: int
) -> dict[str, tuple[int, int, int]]:
    """How many groups of each source are drawn, from which step on and until which.

    Looking up is the first of the drills, and drills alone end before the run does.
    """
    if not look_steps <= drill_steps < steps:
        raise InputError(
            f"--drill-steps {drill_steps}; "
            f"at least --look-steps {look_steps}, below --steps {steps}"
        )
    first = (0, look_steps, look_steps, *[drill_steps] * 4)
    last = (look_steps, *[steps] * 6)
    return dict(zip(SOURCES, zip(counts, first, last, strict=True), strict=True))


def drawn_sources(
    groups: Mapping[str, Sequence], drawn: Mapping[str, tuple[int, int, int]], captions: Path
) -> list:
    """The sources with what is drawn of each; InputError for one with nothing to learn from."""
    from tldr_reward.backbones.batches import Source

    if missing := [name for name in SOURCES if not groups[name]]:
        raise InputError(f"{captions} has no {missing[0]}; it needs {', '.join(SOURCES)}")
    return [Source(name, groups[name], *drawn[name]) for name in SOURCES]


def publish(kept: Path, keep: Path) -> None:
    """Move the kept backbones to where they belong, in place of those of a run before."""
    kept.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(keep, ignore_errors=True)
    shutil.move(kept, keep)


def grouped(records: Sequence[CaptionRecord], items: Sequence) -> dict[str, list[list]]:
    """Items by source; the drills of a prompt, and the captions, of an image are one group.

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
        elif record.task == "vqa":
            groups["questions"].append([item])
        else:
            together.setdefault((record.prompt, record.image_id), []).append(item)
    for (prompt, _), group in together.items():
        groups["drills" if prompt in DRILLS else "captions"].append(group)
        if prompt in LOOK_PROMPTS:
            groups["looks"].append(group)
    return groups


def parse_steps(text: str) -> set[int]:
    """`100,200` as a set of steps."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal() or not int(word):
            raise InputError(f"--keep-at {text!r}: {word!r} is no step; as in 100,200")
    return {int(word) for word in words}
