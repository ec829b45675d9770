"""Pre-training by the command: what it keeps survives a kill; steps are checked."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from safetensors.numpy import load_file

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Response
from tldr_reward.cli.train_language import grouped, weighted
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.world.scenes import Scene

RATES = "--learning-rate 0.02 --adamw-learning-rate 0.003 --warmup-steps 1"
PATIENCE = 120  # seconds until a process that makes no checkpoint is given up


def arguments(world, out, keep_at="3,39"):
    """Arguments of a short pre-training that keeps two backbones."""
    return (
        f"train-language --vision {world.folder}/vision --image-records {world.image_records} "
        f"--captions {world.folder}/captions/pretrain.jsonl --scenes {world.folder}/scenes.jsonl "
        f"--determined-weight 4 --steps 40 --look-steps 5 "
        f"--drill-steps 10 --batch-looks 4 --batch-drills 4 "
        f"--batch-places 4 --batch-relations 4 --batch-images 4 --batch-questions 4 "
        f"--batch-fixes 4 {RATES} "
        f"--query-key-learning-rate 0.02 --checkpoint-steps 5 --keep-at {keep_at} "
        f"--keep {out}/kept --state {out}/state --out {out}/final --history {out}/history.csv"
    )


def test_a_killed_run_keeps_its_backbones_and_ends_the_same(world, tmp_path, command):
    assert command(arguments(world, tmp_path / "whole")).status == 0
    line = [sys.executable, "-m", "tldr_reward", *arguments(world, tmp_path / "cut").split()]
    process = subprocess.Popen(line, stderr=subprocess.DEVNULL)
    state = tmp_path / "cut" / "state" / "state.safetensors"
    given_up = time.monotonic() + PATIENCE
    while not state.exists() and process.poll() is None and time.monotonic() < given_up:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut" / "final").exists()
    assert command(arguments(world, tmp_path / "cut")).status == 0
    for folder in ("final", "kept/step3", "kept/step39"):
        whole = load_file(tmp_path / "whole" / folder / "model.safetensors")
        cut = load_file(tmp_path / "cut" / folder / "model.safetensors")
        assert {k: v.tobytes() for k, v in whole.items()} == {
            k: v.tobytes() for k, v in cut.items()
        }
    assert not (tmp_path / "cut" / "state").exists()


def test_steps_to_keep_are_checked(world, tmp_path, command):
    outcome = command(arguments(world, tmp_path, keep_at="3,x"))
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == "error: --keep-at '3,x': 'x' is no step; as in 100,200"


@pytest.mark.parametrize("drill_steps", [3, 40])
def test_drills_alone_last_as_long_as_looking_up_and_end_before_the_run(
    world, tmp_path, command, drill_steps
):
    line = arguments(world, tmp_path).replace("--drill-steps 10", f"--drill-steps {drill_steps}")
    outcome = command(line)
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == (
        f"error: --drill-steps {drill_steps}; at least --look-steps 5, below --steps 40"
    )


def test_items_go_to_their_sources():
    prompts = ("name a thing.", "count things.", "what?", "describe the image.")
    tasks = ("caption", "caption", "vqa", "caption")
    records = [
        CaptionRecord(f"{image}-{index}", image, prompt, "a.", task, "original", bad_spans=())
        for image in ("x", "y")
        for index, (prompt, task) in enumerate(zip(prompts, tasks, strict=True))
    ]
    drilled = CaptionRecord("x-d0-relation_open", "x", "where?", "left", "vqa", "original")
    placed = CaptionRecord("x-d0-places", "x", "place the a.", "top", "vqa", "original")
    again_named = CaptionRecord(
        "x-d1-name", "x", "name a thing.", "b.", "caption", "original", bad_spans=()
    )
    choice = CaptionRecord("x-q0-relation_open-choice", "x", "(A)?", "(A)", "vqa", "original")
    again = CaptionRecord("x-4", "x", "describe the image.", "b.", "caption", "original")
    fix = CaptionRecord("x-f0", "x", "fix: a *b.", "a c.", "caption", "original")
    said = [*records, again, drilled, choice, fix, placed, again_named]
    assert grouped(said, range(14)) == {
        "looks": [[0, 13], [4]],
        "drills": [[0, 13], [1], [4], [5]],
        "places": [[12]],
        "relations": [[9]],
        "captions": [[3, 8], [7]],
        "questions": [[2], [6], [10]],
        "fixes": [[11]],
    }


def test_words_that_the_scene_decides_weigh_more():
    thing = {"cell": 0, "size": "big", "colour": "red", "shape": "circle"}
    scene = Scene("x", (thing,), None, None, 0)
    text = "there is a red circle."
    spans = tuple(match.span() for match in re.finditer(r"\w+|\.", text))
    item = Item(0, (1,), Response(tuple(range(6)), spans))
    said = CaptionRecord("x-c0", "x", "describe the image.", text, "caption", "original")
    asked = dataclasses.replace(said, caption_id="x-q0-exists", task="vqa")
    found = weighted([item, item], [said, asked], {"x": scene}, 4.0)
    assert [one.weights for one in found] == [(1.0, 1.0, 1.0, 4.0, 4.0, 1.0), ()]


def test_an_image_without_a_scene_is_named():
    said = CaptionRecord("x-c0", "x", "describe the image.", "a.", "caption", "original")
    with pytest.raises(InputError, match="image 'x' has no scene among those of --scenes"):
        weighted([None], [said], {}, 4.0)
