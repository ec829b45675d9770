"""Benchmarks by the commands: items, answers at each tau through the harness, table 5's numbers."""

import socket
from pathlib import Path

import pytest
from PIL import Image

from tldr_reward.backbones.folders import load_backbone
from tldr_reward.metrics.rows import BenchmarkOutcome
from tldr_reward.records import BenchmarkItem, Metric, read_records, read_rows
from tldr_reward.reward.model import Adapter, new_reward_model, save_reward_model

TASKS = Path(__file__).parents[2] / "workflow/tasks"
ITEMS = "--items counting=6 --items spatial_relation=3 --items function_parity=6"


def write_items(world, folder, command, items=ITEMS):
    return command(
        f"write-benchmarks {items} --scenes {world.folder}/scenes.jsonl "
        f"--image-records {world.image_records} --images {folder}/images --out {folder}"
    )


@pytest.fixture
def reward_model(world, tmp_path):
    """A reward model's folder, whose LoRA is not zero."""
    backbone = load_backbone(world.backbone)
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 4, 0.0), seed=0)
    for name, parameter in model.peft_model.named_parameters():
        if "lora_B" in name:
            parameter.data.fill_(0.5)
    save_reward_model(model, tmp_path / "reward_model", {"loss": "tldr"})
    return tmp_path / "reward_model"


def evaluate(world, reward_model, folder, command, taus="0,0.25,1"):
    files = " ".join(f"--items {path}" for path in sorted(folder.glob("*.jsonl")))
    return command(
        f"evaluate-benchmarks --backbone {world.backbone} --reward-model {reward_model} {files} "
        f"--tasks {TASKS} --taus {taus} --run paligemma/tldr/seed0 --scale smoke "
        f"--out {folder}/outcomes.csv"
    )


def test_items_lie_beside_their_images_and_are_the_same_every_time(world, tmp_path, command):
    folders = tmp_path / "first", tmp_path / "second"
    for folder in folders:
        assert write_items(world, folder, command).status == 0
    for name, count in (("counting", 6), ("spatial_relation", 3), ("function_parity", 6)):
        items = read_records(folders[0] / f"{name}.jsonl", BenchmarkItem)
        assert len(items) == count
        for item in items:
            with Image.open(folders[0] / item.path) as image:
                assert image.size == (64, 64)
        assert (folders[0] / f"{name}.jsonl").read_text() == (
            folders[1] / f"{name}.jsonl"
        ).read_text()
    pictures = sorted(path.name for path in (folders[0] / "images").iterdir())
    assert pictures == [f"function_parity-{index:04d}.png" for index in range(6)]
    for name in pictures:
        first, second = (folder / "images" / name for folder in folders)
        assert first.read_bytes() == second.read_bytes()


def test_answers_at_each_tau_without_a_network(world, tmp_path, command, reward_model, monkeypatch):
    write_items(world, tmp_path, command)

    def refuse(*arguments):
        raise AssertionError(f"a connection was tried: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    outcome = evaluate(world, reward_model, tmp_path, command)
    assert outcome.status == 0, outcome.err
    rows = read_rows(tmp_path / "outcomes.csv", BenchmarkOutcome)
    assert len(rows) == 3 * (6 + 3 + 6)
    assert {row.tau for row in rows} == {0.0, 0.25, 1.0}
    items = {
        item.item_id: item
        for name in ("counting", "spatial_relation", "function_parity")
        for item in read_records(tmp_path / f"{name}.jsonl", BenchmarkItem)
    }
    for row in rows:
        item = items[row.item_id]
        assert (row.benchmark, row.answer) == (item.benchmark, item.answer)
        assert row.parsed in ("", *item.options) and row.constrained in item.options
        assert row.right == (row.parsed == item.answer)
        assert row.constrained_right == (row.constrained == item.answer)
    at_zero = [row.text for row in rows if row.tau == 0]
    assert at_zero != [row.text for row in rows if row.tau == 1]

    measured = command(
        f"measure-benchmarks --outcomes {tmp_path}/outcomes.csv --scale smoke "
        f"--metrics {tmp_path}/metrics.csv"
    )
    assert measured.status == 0, measured.err
    found = {(row.split, row.metric): row for row in read_rows(tmp_path / "metrics.csv", Metric)}
    right = [row.right for row in rows if (row.benchmark, row.tau) == ("counting", 0.25)]
    assert found["counting", "accuracy/tau=0.25"].value == pytest.approx(sum(right) / 6, abs=1e-5)
    assert found["function_parity", "majority"].value == pytest.approx(1 / 3, abs=1e-5)


def test_tau_0_answers_as_any_reward_models_base(world, tmp_path, command, reward_model):
    """Two LoRAs of one backbone give the same file at tau = 0."""
    write_items(world, tmp_path, command)
    evaluate(world, reward_model, tmp_path, command, taus="0")
    first = (tmp_path / "outcomes.csv").read_text()
    other = new_reward_model(load_backbone(world.backbone), Adapter(("decoder",), 2, 8, 0.0), 3)
    save_reward_model(other, tmp_path / "other", {"loss": "tldr"})
    evaluate(world, tmp_path / "other", tmp_path, command, taus="0")
    assert (tmp_path / "outcomes.csv").read_text() == first


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("--taus 0,0.25,1", "--taus 0.25,1"), "distinct numbers from 0 to 100 are needed"),
        (("--taus 0,0.25,1", "--taus 0,half"), "numbers with commas between are needed"),
        (("paligemma/tldr/seed0", "paligemma"), "backbone/reward_model/seed<k> is needed"),
        ((str(TASKS), "nowhere"), "no task file for 'counting' in nowhere"),
    ],
)
def test_bad_input_ends_in_one_line(world, tmp_path, command, reward_model, change, line):
    write_items(world, tmp_path, command)

    def changed(arguments: str):
        return command(arguments.replace(*change))

    outcome = evaluate(world, reward_model, tmp_path, changed)
    assert outcome.status == 2
    assert line in outcome.err.splitlines()[-1]
    assert not (tmp_path / "outcomes.csv").exists()


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ("--items chess=3", "no benchmark 'chess'; allowed: counting, spatial_relation"),
        ("--items counting=none", "a number of 1 or more is needed, as in counting=120"),
        ("--items counting=1 --items counting=2", "a benchmark is given twice"),
        ("--items counting=500", "500 items of 'counting'; 8 scenes give"),
    ],
)
def test_bad_counts_end_in_one_line(world, tmp_path, command, items, line):
    outcome = write_items(world, tmp_path / "out", command, items)
    assert outcome.status == 2
    assert line in outcome.err
    assert not (tmp_path / "out").exists()
