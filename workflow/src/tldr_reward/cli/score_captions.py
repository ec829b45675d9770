"""`tldr-reward score-captions`: P(good) of every token of captions, by models of one backbone."""

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option(
    "--reward-model",
    "reward_models",
    type=(str, Path),
    multiple=True,
    metavar="RUN FOLDER",
    help="a run's name and its reward model; repeatable",
)
@click.option(
    "--likelihood", metavar="RUN", help="name of the run that is the LM head's own likelihood"
)
@click.option("--image-records", type=Path, required=True)
@click.option(
    "--scores",
    type=(str, Path, Path),
    multiple=True,
    required=True,
    metavar="RUN CAPTIONS OUT",
    help="which run scores which captions, and the file to write; repeatable",
)
@click.option(
    "--task", type=click.Choice(["caption", "vqa"]), help="score this task alone; else both"
)
@click.option(
    "--shard",
    metavar="K-of-N",
    help="score the K-th of N parts of each file; gather-scores puts them together",
)
@click.option("--cut", is_flag=True, help="score of a caption too long for the context what fits")
@runtime_options
def command(
    backbone_folder, reward_models, likelihood, image_records, scores, task, shard, cut, runtime
) -> None:
    """Score caption files by one or more runs in one process; labels in them are not looked at.

    A response-level (naive) model judges the last token alone. With --likelihood the backbone's own
    LM head gives each token its likelihood (the prompting baseline). What a run says of a file
    does not depend on the other runs and files. A file without a caption gives one without a
    score: a model may have had nothing to say.

    With --shard 2-of-8 the second eighth of each file is scored, to the same numbers.

    Example: tldr-reward score-captions --backbone final/ --image-records images.jsonl
    --reward-model paligemma/tldr/seed0 reward_model/ --likelihood paligemma/prompting/seed0
    --scores paligemma/tldr/seed0 test.jsonl tldr/test.jsonl
    --scores paligemma/prompting/seed0 test.jsonl prompting/test.jsonl
    """
    from tldr_reward.backbones.batches import responses_together
    from tldr_reward.backbones.features import ImageFeatures
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import caption_items, read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.reward.scoring import AT_LEAST, score_items, scorer

    runs = [*reward_models, *([(likelihood, None)] if likelihood else [])]
    _check_runs([run for run, _ in runs], scores)
    part = parse_shard(shard) if shard else (1, 1)
    use_runtime(runtime)
    captions = {
        path: [one for one in read_records(path, CaptionRecord) if task in (None, one.task)]
        for path in dict.fromkeys(path for _, path, _ in scores)
    }
    if not any(captions.values()):
        for _, _, out in scores:
            write_records(out, [])
        return
    backbone = load_backbone(backbone_folder, runtime.placement)
    captions = {path: shard_of(backbone, some, part) for path, some in captions.items()}
    # Sorted: batches, and so the last digits of scores, do not depend on the other files.
    wanted = sorted({one.image_id for some in captions.values() for one in some})
    rows, images = read_images(image_records, wanted)
    features = ImageFeatures(backbone, images) if wanted else None
    items = {path: caption_items(backbone, some, rows, cut) for path, some in captions.items()}
    pad, size = backbone.tokenizer.pad_token_id, responses_together(backbone, AT_LEAST)
    for run, folder in runs:
        with scorer(backbone, folder) as (probabilities, first):
            for path, out in ((path, out) for name, path, out in scores if name == run):
                label = f"{run} scores {path.stem}"
                found = dict(score_items(items[path], features, pad, probabilities, label, size))
                write_records(out, _scored(run, captions[path], items[path], found, first))


def parse_shard(text: str) -> tuple[int, int]:
    """`2-of-8` as (2, 8); InputError for anything that is no part of a whole."""
    found = re.fullmatch(r"(\d+)-of-(\d+)", text)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise InputError(f"--shard {text!r}; as in 1-of-8, from 1 to the number of parts")
    return index, count


def shard_of(
    backbone, captions: Sequence[CaptionRecord], part: tuple[int, int]
) -> list[CaptionRecord]:
    """The K-th of N parts of a file, of whole batches: each is scored as it is without shards."""
    from tldr_reward.backbones.batches import responses_together
    from tldr_reward.reward.scoring import AT_LEAST, scoring_batches

    index, count = part
    if count == 1:
        return list(captions)
    ids = {prompt: tuple(backbone.prompt_ids(prompt)) for prompt in {c.prompt for c in captions}}
    keys = [(one.image_id, ids[one.prompt]) for one in captions]
    batches = scoring_batches(keys, responses_together(backbone, AT_LEAST))
    chosen = batches[len(batches) * (index - 1) // count : len(batches) * index // count]
    return [captions[place] for place in sorted(itertools.chain(*chosen))]


def _scored(run: str, captions: Sequence, items: Sequence, found: dict, first: int) -> Iterator:
    """A run's score records of captions, in their order, from the first token that it judges."""
    for index, (caption, item) in enumerate(zip(captions, items, strict=True)):
        p_good = tuple(float(f"{p:.6g}") for p in found[index][first:])
        yield ScoreRecord(caption.caption_id, run, item.response.offsets[first:], p_good)


def _check_runs(runs: Sequence[str], scores: Sequence[tuple[str, Path, Path]]) -> None:
    """InputError unless each run has one model and at least one score file, each file one run."""
    if not runs:
        raise InputError("no model to score with; give --reward-model or --likelihood")
    outs = [out for _, _, out in scores]
    for name, given in (("run", runs), ("score file", outs)):
        if twice := [str(one) for one in given if given.count(one) > 1]:
            raise InputError(f"{name} {twice[0]!r} is given twice")
    named = {run for run, _, _ in scores}
    if unknown := named - set(runs):
        raise InputError(f"--scores of run {min(unknown)!r}; models are {', '.join(runs)}")
    if idle := set(runs) - named:
        raise InputError(f"run {min(idle)!r} has a model and no --scores")
