"""`write-model-card`: a reward model's folder as it can be published, with its card."""

import json
import os
import shutil
from pathlib import Path

import click

from tldr_reward.cli.measured import read_json
from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration
from tldr_reward.paper.model_card import Subject, write_model_card
from tldr_reward.records import CaptionRecord, Metric, read_records, read_rows, writing_folder

FORMAT = "model-card/1"
_FILE = click.Path(path_type=Path)
_WEIGHTS = ("adapter_model.safetensors", "head.safetensors")


@click.command(short_help="A reward model's folder as it can be published.")
@click.option("--reward-model-folder", type=_FILE, required=True, help="What train-reward wrote.")
@click.option("--backbone-folder", type=_FILE, help="Backbone to put into the folder.")
@click.option("--base-model", default="", help="Or the hub's owner/name@commit that it adapts.")
@click.option("--captions", type=_FILE, required=True, help="Labelled captions it learned from.")
@click.option("--calibration", type=_FILE, required=True, help="calibrate-reward-model's file.")
@click.option("--metrics", type=_FILE, multiple=True, required=True, help="repeatable")
@click.option("--run", required=True)
@click.option("--backbone", required=True)
@click.option("--reward-model", required=True)
@click.option("--seed", required=True)
@click.option("--scale", required=True)
@click.option("--prompt", required=True, help="Prompt of the captions.")
@click.option("--licence", required=True, help="Licence of the weights, as the hub spells it.")
@click.option("--out", type=_FILE, required=True, help="Folder to write.")
def command(
    reward_model_folder: Path,
    backbone_folder: Path | None,
    base_model: str,
    captions: Path,
    calibration: Path,
    metrics: tuple[Path, ...],
    run: str,
    backbone: str,
    reward_model: str,
    seed: str,
    scale: str,
    prompt: str,
    licence: str,
    out: Path,
) -> None:
    """Put a reward model, its card (README.md), calibration and facts into one folder.

    With --backbone-folder the backbone lies in it too, and the folder needs nothing else. Weights
    are linked, not copied, where the file system can. `Detective.load` reads the folder, here or
    from the hub.

    Example: tldr-reward write-model-card --reward-model-folder reward_model/
    --backbone-folder final/ --captions captions/train.jsonl --calibration calibration.json
    --metrics metrics/test.csv --run paligemma/tldr/seed0 --backbone paligemma
    --reward-model tldr --seed 0 --scale mini --prompt "describe the image."
    --licence apache-2.0 --out detective/
    """
    if bool(backbone_folder) == bool(base_model):
        raise InputError("--backbone-folder or --base-model is needed, and not both")
    settings = read_json(reward_model_folder / "settings.json")
    measured = read_json(calibration)
    if measured.get("run") != run:
        raise InputError(f"{calibration}: of the run {measured.get('run')!r}; --run is {run!r}")
    if fitted := measured["calibration"]:
        Calibration(**fitted)
    rows = [row for path in metrics for row in read_rows(path, Metric)]
    records = read_records(captions, CaptionRecord)
    subject = Subject(
        run, backbone, reward_model, scale, seed, licence, base_model, settings,
        images=len({record.image_id for record in records}),
        captions=len(records),
        negatives=sum(bool(record.bad_spans) for record in records),
    )  # fmt: skip
    facts = {"format": FORMAT, "run": run, "scale": scale, "prompt": prompt}
    facts |= {"licence": licence, "base_model": base_model or None, "backbone": backbone}
    overall = [row for row in rows if row.split == "test" and "/" not in row.metric]
    facts["metrics"] = {row.metric: row.value for row in overall}
    _check_replaceable(out)
    with writing_folder(out, "*") as folder:
        for name in _WEIGHTS:
            _place(reward_model_folder / name, folder / name)
        if backbone_folder:
            for path in sorted(backbone_folder.glob("[!.]*")):
                _place(path, folder / "backbone" / path.name)
        _write(folder / "adapter_config.json", _adapter(reward_model_folder, base_model))
        _write(folder / "settings.json", settings)
        _write(folder / "calibration.json", measured)
        _write(folder / "card.json", facts)
        text = write_model_card(subject, rows, measured)
        (folder / "README.md").write_text(text, encoding="utf-8")


def _adapter(folder: Path, base_model: str) -> dict:
    """The adapter's configuration, which names its backbone: the hub's, or the folder beside."""
    name, _, revision = base_model.partition("@")
    config = read_json(folder / "adapter_config.json")
    return config | {
        "base_model_name_or_path": name or "backbone",
        "revision": revision or None,
    }


def _place(source: Path, target: Path) -> None:
    """Put a file at a place: as a link to the same bytes, else as a copy."""
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise InputError(f"no such file: {source}") from None
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _write(path: Path, fields: dict) -> None:
    path.write_text(json.dumps(fields, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _check_replaceable(out: Path) -> None:
    """InputError when the folder holds something that no earlier card has left there."""
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").is_file():
        raise InputError(f"folder {out} is not empty and holds no card.json; it is not replaced")
