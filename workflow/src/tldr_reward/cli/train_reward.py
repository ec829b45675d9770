"""`tldr-reward train-reward`: train a token-level or a response-level reward model."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, read_records, write_rows
from tldr_reward.spans import good_tokens

# Settings that this command does not vary, for tables 9 and 10.
FIXED = {
    "optimizer": "Muon on LoRA matrices, AdamW on the head; cosine with warm-up",
    "gradient_accumulation_steps": 1,
}


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--image-records", type=Path, required=True)
@click.option("--captions", type=Path, required=True, help="labelled captions to learn from")
@click.option("--loss", required=True, help="tldr (every token) or naive (the last one)")
@click.option("--parts", required=True, help="LoRA on: projector,decoder")
@click.option("--rank", type=click.IntRange(1), required=True)
@click.option("--alpha", type=float, required=True)
@click.option("--dropout", type=click.FloatRange(0, 1), required=True)
@click.option("--steps", type=click.IntRange(1), required=True)
@click.option("--batch-images", type=click.IntRange(1), required=True)
@click.option("--learning-rate", type=float, required=True, help="peak of Muon (LoRA)")
@click.option("--adamw-learning-rate", type=float, required=True, help="peak of AdamW (head)")
@click.option("--warmup-steps", type=click.IntRange(0), required=True)
@click.option("--bad-weight", type=float, default=1.0, show_default=True)
@click.option("--checkpoint-steps", type=click.IntRange(1), default=100, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--state", type=Path, required=True, help="folder from which a killed run goes on")
@click.option("--out", type=Path, required=True, help="reward model folder to write")
@click.option("--history", type=Path, required=True, help="CSV of losses to write")
def command(
    backbone_folder,
    image_records,
    captions,
    loss,
    parts,
    rank,
    alpha,
    dropout,
    threads,
    state,
    out,
    history,
    **settings,
) -> None:
    """Train LoRA and a linear head on a frozen backbone to tell good tokens from bad.

    Example: tldr-reward train-reward --backbone final/ --image-records images.jsonl
    --captions train.jsonl --loss tldr --parts projector,decoder --rank 64 --alpha 64
    --dropout 0.1 --steps 600 --batch-images 16 --learning-rate 0.01
    --adamw-learning-rate 0.003 --warmup-steps 30 --state state/ --out reward_model/
    --history history.csv
    """
    from tldr_reward.backbones.checkpoints import Checkpoints
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.backbones.language import HistoryRow
    from tldr_reward.cli.inputs import cached_features, caption_items, file_digest, read_images
    from tldr_reward.cli.threads import use_threads
    from tldr_reward.reward.model import (
        Adapter,
        new_reward_model,
        parse_parts,
        save_reward_model,
        trained_parameters,
    )
    from tldr_reward.reward.training import LabelledItem, RewardSettings, train_reward

    use_threads(threads)
    records = read_records(captions, CaptionRecord)
    unlabelled = [record.caption_id for record in records if record.bad_spans is None]
    if unlabelled:
        raise InputError(f"{captions}: caption {unlabelled[0]!r} has no labels (bad_spans)")
    rows, images = read_images(image_records, [record.image_id for record in records])
    backbone = load_backbone(backbone_folder)
    adapter = Adapter(parse_parts(parts), rank, alpha, dropout)
    features = cached_features(backbone, images)
    groups: dict[int, list] = {}
    items = caption_items(backbone, records, rows)
    for record, item in zip(records, items, strict=True):
        good = tuple(good_tokens(item.response.offsets, record.bad_spans))
        groups.setdefault(item.image, []).append(LabelledItem(item, good))
    model = new_reward_model(backbone, adapter, settings["seed"])
    job = settings | {
        "loss": loss,
        "adapter": [parts, rank, alpha, dropout],
        "captions": file_digest(captions),
        "backbone": file_digest(backbone_folder / "model.safetensors"),
    }
    checkpoints = Checkpoints(state, job)
    chosen = RewardSettings(**settings)
    written = train_reward(model, list(groups.values()), features, loss, chosen, checkpoints)
    facts = {
        "loss": loss,
        "captions_per_image": round(len(records) / len(groups), 2),
        "parameters_trained": trained_parameters(model),
    }
    adapted = {
        "parts": list(adapter.parts),
        "lora_rank": rank,
        "lora_alpha": alpha,
        "lora_dropout": dropout,
    }
    facts |= settings | adapted | FIXED | {"backbone": geometry(backbone, features.shape[1])}
    save_reward_model(model, out, facts)
    write_rows(history, written, HistoryRow)
    checkpoints.clear()


def geometry(backbone, image_tokens: int) -> dict[str, int]:
    """What tables 9 and 10 say of a backbone: image side in pixels, image tokens, width."""
    return {
        "image_resolution": backbone.model.config.vision_config.image_size,
        "image_tokens": image_tokens,
        "hidden_size": backbone.text_config.hidden_size,
    }
