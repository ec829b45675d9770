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
from tldr_reward.cli.train_language import grouped, parse_draws, weighted
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.world.lists import LIST_PROMPT
from tldr_reward.world.scenes import Scene

DRAWS = (
    "--draw lists=4:0-5 --draw drills=4:5- --draw places=4:5-30 --draw relations=4:10- "
    "--draw captions=4:10- --draw questions=4:10- --draw fixes=4:10-"
)
RATES = "--learning-rate 0.02 --adamw-learning-rate 0.003 --warmup-steps 1"
PATIENCE = 120  # seconds until a process that makes no checkpoint is given up


def arguments(world, out, keep_at="3,39"):
    """Arguments of a short pre-training that keeps two backbones."""
    return (
        f"train-language --vision {world.folder}/vision --image-records {world.image_records} "
        f"--captions {world.folder}/captions/pretrain.jsonl --scenes {world.folder}/scenes.jsonl "
        f"--determined-weight 4 --steps 40 {DRAWS} {RATES} "
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


def test_a_draw_is_a_count_and_steps():
    drawn = parse_draws(("lists=48:0-120,12:120-", "captions=16:250-300"), 700)
    assert drawn == {"lists": [(48, 0, 120), (12, 120, 700)], "captions": [(16, 250, 300)]}


@pytest.mark.parametrize(
    ("draw", "line"),
    [
        ("list=4:0-5", "'list=4:0-5'; as in lists=48:0-120, COUNT:FIRST-LAST of lists, drills, "),
        ("lists=4", "'lists=4'; as in lists=48:0-120, COUNT:FIRST-LAST of lists, drills, "),
        ("lists=0:0-5", "'lists=0:0-5'; counts of 1 or more, steps that rise up to the last of 40"),
        ("lists=4:5-5", "'lists=4:5-5'; counts of 1 or more, steps that rise up to"),
        ("lists=4:0-41", "'lists=4:0-41'; counts of 1 or more, steps that rise up to"),
        ("lists=4:0-9,2:8-", "'lists=4:0-9,2:8-'; counts of 1 or more, steps that rise up to"),
        ("drills=4:5-", "'drills=4:5-': drills is given twice"),
    ],
)
def test_a_bad_draw_is_one_line(world, tmp_path, command, draw, line):
    outcome = command(arguments(world, tmp_path).replace("lists=4:0-5", draw))
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1].startswith(f"error: --draw {line}")
    assert not (tmp_path / "state").exists()


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
    lists = [
        CaptionRecord(f"x-l{index}", "x", LIST_PROMPT, text, "vqa", "original")
        for index, text in enumerate(("tiny red dot", "red ring top first big"))
    ]
    said = [*records, again, drilled, choice, fix, placed, again_named, *lists]
    assert grouped(said, range(16)) == {
        "lists": [[14, 15]],
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
    listed = dataclasses.replace(asked, prompt=LIST_PROMPT, text="sign K F top first big red ring")
    (found,) = weighted([item], [listed], {"x": scene}, 4.0)
    assert found.weights == (1.0, 4.0, 4.0, 1.0, 4.0, 4.0, 4.0, 4.0)


def test_an_image_without_a_scene_is_named():
    said = CaptionRecord("x-c0", "x", "describe the image.", "a.", "caption", "original")
    with pytest.raises(InputError, match="image 'x' has no scene among those of --scenes"):
        weighted([None], [said], {}, 4.0)
