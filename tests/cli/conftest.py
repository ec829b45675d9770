"""A tiny world with small backbones, made once by the commands themselves."""

import dataclasses
import sys
from pathlib import Path

import pytest

from tldr_reward.cli.main import main

SIZES = "--width 32 --layers 3 --heads 2 --mlp 48 --vision-width 32 --vision-mlp 48"
RATES = "--learning-rate 0.02 --adamw-learning-rate 0.003 --warmup-steps 1"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended: exit status, standard output and standard error."""

    status: int
    out: str
    err: str


@dataclasses.dataclass(frozen=True)
class TinyWorld:
    """Files of a drawn world and the folder of a small PaliGemma that was trained on it."""

    folder: Path

    @property
    def image_records(self) -> Path:
        return self.folder / "images.jsonl"

    @property
    def train(self) -> Path:
        return self.folder / "captions" / "train.jsonl"

    @property
    def test(self) -> Path:
        return self.folder / "captions" / "test.jsonl"

    @property
    def backbone(self) -> Path:
        return self.folder / "final"


def run_main(arguments: str, monkeypatch, capsys) -> Outcome:
    """Run the console command in this process, as a shell would."""
    monkeypatch.setattr(sys, "argv", ["tldr-reward", *arguments.split()])
    capsys.readouterr()
    status = exit_status()
    out, err = capsys.readouterr()
    return Outcome(status, out, err)


def exit_status() -> int:
    """Run the console command; its exit status."""
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def refusal(outcome: Outcome) -> str:
    """The one line in which a command refuses bad input."""
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    return outcome.err


@pytest.fixture
def command(monkeypatch, capsys):
    """A function that runs the console command on a line of arguments."""
    return lambda arguments: run_main(arguments, monkeypatch, capsys)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> TinyWorld:
    """Draw scenes, write and perturb captions, train a small backbone for a few steps."""
    folder = tmp_path_factory.mktemp("world")
    stages = [
        f"draw-scenes --split pretrain=16 --split train=12 --split validation=4 --split test=8 "
        f"--seed 0 --images {folder}/images --image-records {folder}/images.jsonl "
        f"--scenes {folder}/scenes.jsonl --cells {folder}/cells.jsonl",
        f"write-captions --scenes {folder}/scenes.jsonl --image-records {folder}/images.jsonl "
        f"--captions-per-image train=2 --questions-per-image pretrain=2 "
        f"--questions-per-image train=1 --drills-per-image pretrain=1 --fixes-per-image pretrain=1 "
        f"--out {folder}/originals.jsonl",
        f"perturb-captions --scenes {folder}/scenes.jsonl --image-records {folder}/images.jsonl "
        f"--originals {folder}/originals.jsonl --out {folder}/captions "
        f"--rejects {folder}/rejects.csv",
        f"train-vision --architecture paligemma --image-records {folder}/images.jsonl "
        f"--cells {folder}/cells.jsonl {SIZES} --steps 2 --batch-images 8 {RATES} "
        f"--out {folder}/vision",
        f"train-language --vision {folder}/vision --image-records {folder}/images.jsonl "
        f"--captions {folder}/captions/pretrain.jsonl --scenes {folder}/scenes.jsonl "
        f"--steps 2 --draw lists=4:0-1,2:1- --draw drills=4:0- --draw places=4:0- "
        f"--draw relations=4:1- --draw captions=4:1- --draw questions=4:1- --draw fixes=4:1- "
        f"{RATES} --query-key-learning-rate 0.02 --state {folder}/state "
        f"--out {folder}/final --history {folder}/history.csv",
    ]
    with pytest.MonkeyPatch.context() as patch:
        for stage in stages:
            patch.setattr(sys, "argv", ["tldr-reward", *stage.split()])
            assert exit_status() == 0, stage
    return TinyWorld(folder)
