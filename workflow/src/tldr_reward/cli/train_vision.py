"""`tldr-reward train-vision`: pre-train a mini backbone's vision tower."""

from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.records import CellLabels, ImageRecord, read_records


@click.command()
@click.option("--architecture", required=True, help="paligemma, llama or qwen2_vl")
@click.option("--image-records", type=Path, required=True)
@click.option("--cells", type=Path, required=True, help="cell labels of the images")
@click.option("--split", default="pretrain", show_default=True)
@click.option("--width", type=click.IntRange(8), default=128, show_default=True)
@click.option("--layers", type=click.IntRange(1), default=4, show_default=True)
@click.option("--heads", type=click.IntRange(1), default=4, show_default=True)
@click.option("--mlp", type=click.IntRange(8), default=512, show_default=True)
@click.option("--vision-width", type=click.IntRange(8), default=128, show_default=True)
@click.option("--vision-layers", type=click.IntRange(1), default=2, show_default=True)
@click.option("--vision-mlp", type=click.IntRange(8), default=256, show_default=True)
@click.option("--steps", type=click.IntRange(1), required=True)
@click.option("--batch-images", type=click.IntRange(1), required=True)
@click.option("--learning-rate", type=float, required=True, help="peak of Muon")
@click.option("--adamw-learning-rate", type=float, required=True, help="peak of AdamW")
@click.option("--warmup-steps", type=click.IntRange(0), required=True)
@click.option("--seed", type=int, default=0, show_default=True)
@runtime_options
@click.option("--out", type=Path, required=True, help="backbone folder to write")
def command(architecture, image_records, cells, split, steps, seed, runtime, out, **sizes) -> None:
    """Make a mini backbone and pre-train its vision tower on what stands in each cell.

    Example: tldr-reward train-vision --architecture paligemma --image-records images.jsonl
    --cells cells.jsonl --steps 300 --batch-images 128 --learning-rate 0.02
    --adamw-learning-rate 0.003 --warmup-steps 30 --out vision/
    """
    import dataclasses

    import numpy as np

    from tldr_reward.backbones.architectures import MiniSize, build_backbone
    from tldr_reward.backbones.folders import save_backbone
    from tldr_reward.backbones.vision import VisionSettings, train_vision
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.errors import InputError
    from tldr_reward.world.vocabulary import vocabulary

    use_runtime(runtime)
    names = {field.name for field in dataclasses.fields(MiniSize)} & set(sizes)
    size = MiniSize(**{name: sizes.pop(name) for name in names})
    records = read_records(image_records, ImageRecord)
    wanted = [record.image_id for record in records if record.split == split]
    if not wanted:
        raise InputError(f"split {split!r} has no images in {image_records}")
    _, images = read_images(image_records, wanted)
    known = {record.image_id: record for record in read_records(cells, CellLabels)}
    classes = known[wanted[0]].classes
    labels = {
        name: np.array([known[image_id].labels[name] for image_id in wanted]) for name in classes
    }
    backbone = build_backbone(architecture, size, vocabulary(), seed)
    settings = VisionSettings(steps=steps, seed=seed, **sizes)
    accuracy = train_vision(backbone, images, labels, classes, settings)
    shown = ", ".join(f"{name} {value:.3f}" for name, value in accuracy.items())
    click.echo(f"last batch, share right where present: {shown}", err=True)
    save_backbone(backbone, out)
