"""Training by the command: killed and started again, and bad input answered in one line."""

import csv
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from safetensors.numpy import load_file

from tests.models import small_backbone
from tldr_reward.cli.inputs import file_digests
from tldr_reward.cli.train_reward import geometry
from tldr_reward.records import CaptionRecord, read_records, write_records
from tldr_reward.reward.losses import LOSSES

ADAPTER = "--parts projector,decoder --rank 4 --alpha 4 --dropout 0.1"
RATES = "--learning-rate 0.01 --lora-a-learning-rate 0.005 --adamw-learning-rate 0.003"
PATIENCE = 120  # seconds until a process that makes no checkpoint is given up


def arguments(world, out, steps=60, captions=None, extra=""):
    """Arguments of a short training run into a folder."""
    return (
        f"train-reward --backbone {world.backbone} --image-records {world.image_records} "
        f"--captions {captions or world.train} --loss tldr {ADAPTER} --steps {steps} "
        f"--batch-images 4 {RATES} --warmup-steps 2 --checkpoint-steps 5 --seed 0 --threads 1 "
        f"--state {out}/state --out {out}/model --history {out}/history.csv {extra}"
    )


def start(line, room=resource.RLIM_INFINITY):
    """Start the command as a process of its own; its files may have `room` bytes each."""
    command = [sys.executable, "-m", "tldr_reward", *line.split()]

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=limit)


def weights(folder):
    """Bytes of all tensors of a reward model."""
    tensors = load_file(folder / "adapter_model.safetensors") | load_file(
        folder / "head.safetensors"
    )
    return {name: tensor.tobytes() for name, tensor in tensors.items()}


def test_a_killed_run_goes_on_to_the_same_weights(world, tmp_path, command):
    assert command(arguments(world, tmp_path / "whole")).status == 0
    process = start(arguments(world, tmp_path / "cut"))
    state = tmp_path / "cut" / "state" / "state.safetensors"
    given_up = time.monotonic() + PATIENCE
    while not state.exists() and process.poll() is None and time.monotonic() < given_up:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert state.exists()
    assert not (tmp_path / "cut" / "model").exists()
    assert command(arguments(world, tmp_path / "cut")).status == 0
    assert weights(tmp_path / "cut" / "model") == weights(tmp_path / "whole" / "model")
    assert not state.exists()


@pytest.mark.parametrize(("steps", "written"), [(6, "state/state.safetensors"), (3, "model")])
def test_a_full_disk_ends_in_one_line_and_leaves_nothing(steps, written, world, tmp_path):
    """Files that may not grow stand in for it: the write is refused half-way."""
    process = start(arguments(world, tmp_path, steps=steps), room=4096)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: cannot write {tmp_path}/{written}: ")
    assert "Traceback" not in err
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == []


def test_progress_is_plain_lines_where_there_is_no_terminal(world, tmp_path, command):
    err = command(arguments(world, tmp_path, steps=3)).err
    last = [line for line in err.splitlines() if line.startswith("tldr reward model")][-1]
    assert "3/3" in last and "loss" in last and "tokens/s" in last and "0:00 left" in last
    assert "\x1b" not in err and "\r" not in last


def first_line(outcome):
    """The one line that an error ends in."""
    errors = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    return errors[0]


def test_negative_steps_are_refused(world, tmp_path, command):
    outcome = command(arguments(world, tmp_path, steps=-3))
    assert outcome.status == 2
    assert "-3 is not in the range x>=1" in outcome.err


def test_unlabelled_captions_are_refused(world, tmp_path, command):
    records = read_records(world.train, CaptionRecord)
    first = records[0]
    bare = CaptionRecord(
        first.caption_id, first.image_id, first.prompt, first.text, "caption", "generated"
    )
    write_records(tmp_path / "bare.jsonl", [bare])
    outcome = command(arguments(world, tmp_path, captions=tmp_path / "bare.jsonl"))
    assert outcome.status == 2
    assert f"caption '{first.caption_id}' has no labels" in first_line(outcome)
    assert not (tmp_path / "model").exists()


def test_a_caption_beyond_the_context_is_refused(world, tmp_path, command):
    records = read_records(world.train, CaptionRecord)
    first = records[0]
    long = CaptionRecord(
        "long",
        first.image_id,
        first.prompt,
        "a big red circle. " * 60,
        "caption",
        "original",
        bad_spans=(),
    )
    write_records(tmp_path / "long.jsonl", [long])
    outcome = command(arguments(world, tmp_path, captions=tmp_path / "long.jsonl"))
    assert outcome.status == 2
    assert "caption 'long' needs" in first_line(outcome)
    assert "context holds 255" in first_line(outcome)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such image"), (b"these are words", "not a readable image")]
)
def test_an_image_that_is_missing_or_none_is_named(content, said, world, tmp_path, command):
    records = read_records(world.train, CaptionRecord)[:1]
    write_records(tmp_path / "captions.jsonl", records)
    images = world.image_records.read_text().splitlines()
    chosen = [line for line in images if f'"{records[0].image_id}"' in line]
    (tmp_path / "images.jsonl").write_text(chosen[0] + "\n")
    if content:
        path = tmp_path / "images" / f"{records[0].image_id}.png"
        path.parent.mkdir()
        path.write_bytes(content)
    line = arguments(world, tmp_path, captions=tmp_path / "captions.jsonl")
    outcome = command(line.replace(str(world.image_records), str(tmp_path / "images.jsonl")))
    assert outcome.status == 2
    assert said in first_line(outcome)


def test_an_unknown_loss_is_named(world, tmp_path, command):
    line = arguments(world, tmp_path).replace("--loss tldr", "--loss dpo")
    outcome = command(line)
    assert outcome.status == 2
    allowed = ", ".join(map(repr, LOSSES))
    assert first_line(outcome).startswith(
        f"error: Invalid value for '--loss': 'dpo' is not one of {allowed}"
    )


def test_a_backbone_that_is_not_there_is_named(world, tmp_path, command):
    line = arguments(world, tmp_path).replace(str(world.backbone), str(tmp_path / "none"))
    outcome = command(line)
    assert outcome.status == 2
    assert "no backbone at" in first_line(outcome)


def test_questions_and_excerpts_are_learned_from_too(world, tmp_path, command):
    extra = "--excerpt-steps 2 --batch-questions 4 --batch-excerpts 4 --contrast-weight 5"
    outcome = command(arguments(world, tmp_path, steps=4, extra=f"{extra} --correction-weight 1"))
    assert outcome.status == 0
    with open(tmp_path / "history.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]
    settings = json.loads((tmp_path / "model" / "settings.json").read_text())
    assert settings["excerpt_steps"] == 2
    assert (settings["contrast_weight"], settings["correction_weight"]) == (5.0, 1.0)


@pytest.mark.parametrize("loss", ["plain", "naive"])
def test_other_losses_say_that_they_make_no_use_of_contrasts(loss, world, tmp_path, command):
    line = arguments(world, tmp_path, steps=2, extra="--contrast-weight 5 --correction-weight 1")
    assert command(line.replace("--loss tldr", f"--loss {loss}")).status == 0
    settings = json.loads((tmp_path / "model" / "settings.json").read_text())
    assert (settings["contrast_weight"], settings["correction_weight"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("--excerpt-steps 60", "--excerpt-steps 60; below --steps 60 are allowed"),
        (
            "--excerpt-steps 2",
            "--excerpt-steps 2 with nothing to learn from in these steps; "
            "--batch-questions or --batch-excerpts is needed",
        ),
    ],
)
def test_excerpt_steps_that_cannot_be_are_refused(extra, said, world, tmp_path, command):
    outcome = command(arguments(world, tmp_path, extra=extra))
    assert outcome.status == 2
    assert first_line(outcome) == f"error: {said}"


def test_a_source_without_anything_to_draw_is_named(world, tmp_path, command):
    records = [r for r in read_records(world.train, CaptionRecord) if r.origin == "original"]
    write_records(tmp_path / "captions.jsonl", records)
    outcome = command(
        arguments(world, tmp_path, captions=tmp_path / "captions.jsonl", extra="--batch-excerpts 4")
    )
    assert outcome.status == 2
    assert "has nothing to make excerpts of" in first_line(outcome)


@pytest.mark.parametrize(("name", "tokens"), [("paligemma", 16), ("llama", 17), ("qwen2_vl", 64)])
def test_tables_tell_the_geometry_of_every_architecture(name, tokens):
    backbone = small_backbone(name)
    told = geometry(backbone, tokens)
    assert told == {"image_resolution": 64, "image_tokens": tokens, "hidden_size": 32}


def test_a_folders_digest_is_of_all_its_weights(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder, files in ((whole, {"model": b"ab"}), (parts, {"model-1": b"a", "model-2": b"b"})):
        folder.mkdir()
        for stem, content in files.items():
            (folder / f"{stem}.safetensors").write_bytes(content)
    (tmp_path / "file").write_bytes(b"ab")
    found = file_digests({"whole": whole, "parts": parts, "file": tmp_path / "file"})
    assert set(found.values()) == {hashlib.sha256(b"ab").hexdigest()}
