"""`tldr-reward score-captions`: P(good) of every token of captions, by one reward model."""

from pathlib import Path

import click

from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--reward-model", type=Path, help="without it, the LM head's likelihood scores")
@click.option("--image-records", type=Path, required=True)
@click.option("--captions", type=Path, multiple=True, required=True, help="repeatable, as --out")
@click.option("--out", type=Path, multiple=True, required=True, help="score file of each")
@click.option(
    "--task", type=click.Choice(["caption", "vqa"]), help="score this task alone; else both"
)
@click.option("--cut", is_flag=True, help="score of a caption too long for the context what fits")
@click.option("--run", "run_id", required=True, help="name written into the score records")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def command(
    backbone_folder, reward_model, image_records, captions, out, task, cut, run_id, threads
) -> None:
    """Score caption files in one process; labels in them are not looked at.

    Files without a caption give files without a score: a model may have had nothing to say.

    A response-level (naive) model judges the last token alone. Without --reward-model the
    backbone's own LM head gives each token its likelihood (the prompting baseline).

    Example: tldr-reward score-captions --backbone final/ --reward-model reward_model/
    --image-records images.jsonl --captions test.jsonl --out scores/test.jsonl
    --run paligemma/tldr/seed0
    """
    import json

    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import cached_features, caption_items, read_images
    from tldr_reward.cli.threads import use_threads
    from tldr_reward.errors import InputError
    from tldr_reward.reward.model import load_reward_model
    from tldr_reward.reward.scoring import (
        likelihood_probabilities,
        reward_probabilities,
        score_items,
    )

    if len(captions) != len(out):
        raise InputError(
            f"{len(captions)} caption files and {len(out)} score files; as many needed"
        )
    use_threads(threads)
    records = [
        [record for record in read_records(path, CaptionRecord) if task in (None, record.task)]
        for path in captions
    ]
    wanted = [record.image_id for some in records for record in some]
    if not wanted:
        for path in out:
            write_records(path, [])
        return
    rows, images = read_images(image_records, wanted)
    backbone = load_backbone(backbone_folder)
    features = cached_features(backbone, images)
    last_only = False
    if reward_model is None:
        probabilities = lambda batch: likelihood_probabilities(backbone, batch)  # noqa: E731
    else:
        model = load_reward_model(backbone, reward_model)
        last_only = json.loads((reward_model / "settings.json").read_text())["loss"] == "naive"
        probabilities = lambda batch: reward_probabilities(model, batch)  # noqa: E731
    pad = backbone.tokenizer.pad_token_id
    for some, path in zip(records, out, strict=True):
        items = caption_items(backbone, some, rows, cut)
        scores = dict(score_items(items, features, pad, probabilities, f"scoring {path.stem}"))
        first = -1 if last_only else 0
        write_records(
            path,
            (
                ScoreRecord(
                    record.caption_id,
                    run_id,
                    items[index].response.offsets[first:],
                    tuple(float(f"{p:.6g}") for p in scores[index][first:]),
                )
                for index, record in enumerate(some)
            ),
        )
