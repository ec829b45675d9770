"""`tldr-reward train`: a reward model of one's own, from what `perturb` wrote."""

import importlib
from collections.abc import Mapping
from pathlib import Path

import click

from tldr_reward.cli.processors import available_processors
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, read_records

# Settings of train-reward: those of the mini scale for small backbones, the paper's for others.
RECIPES: Mapping[str, Mapping[str, object]] = {
    "small": {"rank": 64, "alpha": 64, "dropout": 0, "steps": 230, "batch-images": 8,
              "batch-questions": 48, "batch-excerpts": 32, "excerpt-steps": 160,
              "learning-rate": 0.02, "lora-a-learning-rate": 0.005,
              "adamw-learning-rate": 0.003, "warmup-steps": 30, "decay-share": 0.4,
              "contrast-weight": 15, "correction-weight": 0.5},
    "large": {"rank": 512, "alpha": 128, "dropout": 0.1, "steps": 4000, "batch-images": 64,
              "batch-questions": 64, "accumulation": 8, "optimizer": "adamw", "schedule": "cosine",
              "learning-rate": 0.001, "lora-a-learning-rate": 0.001,
              "adamw-learning-rate": 0.001, "warmup-steps": 200},
}  # fmt: skip
_FILE = click.Path(path_type=Path)
_SPLITS = ("validation", "test")


@click.command()
@click.argument("data", type=_FILE)
@click.option("--backbone", required=True, help="folder, or hub's owner/name@<commit>")
@click.option("--recipe", type=click.Choice(list(RECIPES)), default="small", show_default=True)
@click.option("--steps", type=click.IntRange(1), help="[default: the recipe's]")
@click.option(
    "--loss", type=click.Choice(("tldr", "plain", "naive")), default="tldr", show_default=True
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1), help="[default: all processors]")
@click.option("--device", default="cpu", show_default=True)
@click.option("--dtype", default="float32", show_default=True)
@click.option("--licence", default="other", show_default=True, help="of the weights")
@click.option("--out", type=_FILE, required=True, help="folder to write; a --model of score")
def command(
    data: Path,
    backbone: str,
    recipe: str,
    steps: int | None,
    loss: str,
    seed: int,
    threads: int | None,
    device: str,
    dtype: str,
    licence: str,
    out: Path,
) -> None:
    """Train a reward model on one's own data, measure and calibrate it, write its card.

    DATA is the folder that perturb wrote: images.jsonl, and captions/ with train.jsonl,
    validation.jsonl and test.jsonl. Recipes: small is what the mini scale uses (minutes for
    a backbone of 2 million parameters on two cores), large the paper's settings (GPUs). A training
    that was killed goes on when the command is given again. It runs train-reward, score-captions,
    measure-scores, calibrate-reward-model and write-model-card, which have all settings.

    Example: tldr-reward train data/ --backbone owner/name@<commit> --recipe large
    --device cuda --dtype bfloat16 --out my_detective/
    """
    from tldr_reward.backbones.hub import downloaded

    records = data / "images.jsonl"
    captions = {split: data / "captions" / f"{split}.jsonl" for split in ("train", *_SPLITS)}
    for path in (records, *captions.values()):
        if not path.is_file():
            raise InputError(f"no such file: {path}; tldr-reward perturb writes it")
    base_model = "" if Path(backbone).is_dir() else backbone
    folder = downloaded(backbone) if base_model else Path(backbone)
    settings = dict(RECIPES[recipe])
    if not any(record.task == "vqa" for record in read_records(captions["train"], CaptionRecord)):
        del settings["batch-questions"]
    if steps:
        # The first part of a recipe keeps its share.
        settings["excerpt-steps"] = (
            int(settings.get("excerpt-steps", 0)) * steps // int(settings["steps"])
        )
        settings |= {"steps": steps}
    where = {"threads": threads or available_processors(), "device": device, "dtype": dtype}
    run = f"own/{loss}/seed{seed}"
    identity = {"run": run, "backbone": folder.name, "reward-model": loss, "seed": seed}
    identity |= {"scale": "own"}
    _run("train-reward", {"backbone": folder, "image-records": records,
         "captions": captions["train"], "loss": loss, "parts": "projector,decoder", "seed": seed,
         "state": out / "state", "out": out / "reward_model", "history": out / "history.csv"}
         | settings | where)  # fmt: skip
    scores = {split: out / "scores" / f"{split}.jsonl" for split in _SPLITS}
    _run("score-captions", {"backbone": folder, "image-records": records, "task": "caption",
         "reward-model": (run, out / "reward_model"),
         "scores": [(run, captions[split], scores[split]) for split in _SPLITS]}
         | where)  # fmt: skip
    _run("measure-scores", {"captions": captions["test"], "scores": scores["test"],
         "split": "test", "metrics": out / "metrics" / "test.csv"} | identity)  # fmt: skip
    _run("calibrate-reward-model", {"captions": captions["validation"],
         "scores": scores["validation"], "test-captions": captions["test"],
         "test-scores": scores["test"], "out": out / "calibration.json",
         "metrics": out / "calibration" / "metrics.csv",
         "reliability": out / "calibration" / "reliability.csv"} | identity)  # fmt: skip
    prompt = read_records(captions["train"], CaptionRecord)[0].prompt
    _run("write-model-card", {"reward-model-folder": out / "reward_model",
         "captions": captions["train"], "calibration": out / "calibration.json",
         "metrics": [out / "metrics" / "test.csv", out / "calibration" / "metrics.csv"],
         "prompt": prompt, "licence": licence, "out": out / "detective"}
         | ({"base-model": base_model} if base_model else {"backbone-folder": folder})
         | identity)  # fmt: skip
    click.echo(f"{out} is ready: tldr-reward score IMAGE --caption TEXT --model {out}")


def _run(name: str, options: Mapping[str, object]) -> None:
    """Run another command in this process; an option with several values is given once for each."""
    words: list[str] = []
    for option, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            parts = one if isinstance(one, tuple) else (one,)
            words += [f"--{option}", *map(str, parts)]
    module = importlib.import_module(f"tldr_reward.cli.{name.replace('-', '_')}")
    module.command.main(words, standalone_mode=False)
