"""A small data set of the scene world, made by the commands themselves."""

import sys
from pathlib import Path

import pytest

from tldr_reward.cli.main import main

IMAGES = {
    "pretrain": 40,
    "train": 60,
    "validation": 10,
    "test": 60,
    "ood_phrasing": 20,
    "ood_scene": 20,
}
SPLITS = tuple(IMAGES)


def stages(folder: Path, seed: int = 0) -> list[str]:
    """The command lines that make a data set in a folder."""
    images = " ".join(f"--split {split}={count}" for split, count in IMAGES.items())
    records = f"--scenes {folder}/scenes.jsonl --image-records {folder}/images.jsonl"
    return [
        f"draw-scenes {images} --seed {seed} --images {folder}/images {records} "
        f"--cells {folder}/cells.jsonl",
        f"write-captions {records} --seed {seed} --captions-per-image train=3 "
        f"--questions-per-image pretrain=4 --questions-per-image train=4 "
        f"--questions-per-image test=16 --out {folder}/originals.jsonl",
        f"perturb-captions {records} --seed {seed} --originals {folder}/originals.jsonl "
        f"--out {folder}/captions --rejects {folder}/rejects.csv",
        f"describe-data {records} --captions {folder}/captions --rejects {folder}/rejects.csv "
        f"--statistics {folder}/statistics.csv --card {folder}/card.md",
    ]


def make_data(folder: Path) -> Path:
    """Run all stages in this process; returns the folder."""
    with pytest.MonkeyPatch.context() as patch:
        for stage in stages(folder):
            patch.setattr(sys, "argv", ["tldr-reward", *stage.split()])
            main()
    return folder
