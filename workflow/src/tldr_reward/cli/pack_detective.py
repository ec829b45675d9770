"""`pack-detective`: a reward model's folder in half precision, to be kept or sent."""

import json
import shutil
from pathlib import Path

import click

from tldr_reward.cli.measured import read_json
from tldr_reward.errors import InputError
from tldr_reward.records import writing_folder

_FILE = click.Path(path_type=Path)
# What such a folder holds; nothing else is taken along.
_KINDS = (".json", ".jinja", ".md", ".model", ".safetensors", ".txt")


@click.command()
@click.argument("folder", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="Folder to write.")
@click.option("--provenance", type=_FILE, help="Provenance (JSON) of the run, to lie beside it.")
def command(folder: Path, out: Path, provenance: Path | None) -> None:
    """Copy what write-model-card wrote, its weights in half precision.

    Half the size; probabilities differ from the third decimal on. Weights that half precision
    cannot hold are refused.

    Example: tldr-reward pack-detective results/mini/reward/paligemma/tldr/seed0/detective
    --out packed/
    """
    import numpy as np
    from safetensors.numpy import load_file, save_file

    if not (folder / "card.json").is_file():
        raise InputError(f"no reward model's card at {folder}: it has no card.json")
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").is_file():
        raise InputError(f"folder {out} is not empty and holds no card.json; it is not replaced")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in _KINDS]
    with writing_folder(out, "*") as packed:
        for path in files:
            target = packed / path.relative_to(folder)
            target.parent.mkdir(exist_ok=True)
            if path.suffix != ".safetensors":
                shutil.copyfile(path, target)
                continue
            weights = {name: array.astype(np.float16) for name, array in load_file(path).items()}
            lost = [name for name, array in weights.items() if not np.isfinite(array).all()]
            if lost:
                raise InputError(f"{path}: {lost[0]!r} does not fit into half precision")
            save_file(weights, target, {"format": "pt"})
        if provenance:
            text = json.dumps(read_json(provenance), indent=1, sort_keys=True)
            (packed / "provenance.json").write_text(text + "\n", encoding="utf-8")
