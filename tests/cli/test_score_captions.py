"""Scoring by the command: every token, the last one, or the LM head; several runs at once."""

import dataclasses
import json

import pytest

from tldr_reward.backbones import batches
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records

TRAINING = (
    "--parts projector,decoder --rank 4 --alpha 4 --dropout 0 --steps 2 --batch-images 4 "
    "--learning-rate 0.01 --lora-a-learning-rate 0.005 --adamw-learning-rate 0.003 --warmup-steps 1"
)


@pytest.fixture
def model(world, tmp_path, command):
    """A function that trains a reward model with a loss and gives its folder."""

    def train(loss):
        out = tmp_path / loss
        outcome = command(
            f"train-reward --backbone {world.backbone} --image-records {world.image_records} "
            f"--captions {world.train} --loss {loss} {TRAINING} --state {out}/state "
            f"--out {out}/model --history {out}/history.csv"
        )
        assert outcome.status == 0
        return out / "model"

    return train


LIKELIHOOD = "--likelihood some/run"


def run_command(world, command, extra):
    """Run the command on the world's backbone; its outcome."""
    return command(
        f"score-captions --backbone {world.backbone} --image-records {world.image_records} {extra}"
    )


def score(world, command, out, captions, extra):
    """Score a caption file by one run; returns the score records."""
    outcome = run_command(world, command, f"{extra} --scores some/run {captions} {out}")
    assert outcome.status == 0, outcome.err
    return read_records(out, ScoreRecord)


def test_every_token_of_every_caption_is_scored(world, tmp_path, command, model):
    folder = model("tldr")
    scores = score(
        world, command, tmp_path / "s.jsonl", world.test, f"--reward-model some/run {folder}"
    )
    captions = read_records(world.test, CaptionRecord)
    assert [s.caption_id for s in scores] == [c.caption_id for c in captions]
    for found, caption in zip(scores, captions, strict=True):
        assert found.run == "some/run"
        joined = "".join(caption.text[a:b] for a, b in found.offsets)
        assert joined == caption.text.replace(" ", "")
        assert all(0 < p < 1 for p in found.p_good)


def test_scores_do_not_depend_on_the_labels(world, tmp_path, command, model):
    folder = model("tldr")
    lines = [json.loads(line) for line in world.test.read_text().splitlines()]
    blind = tmp_path / "blind.jsonl"
    blind.write_text("".join(json.dumps(line | {"bad_spans": None}) + "\n" for line in lines))
    extra = f"--reward-model some/run {folder}"
    seen = score(world, command, tmp_path / "a.jsonl", world.test, extra)
    assert score(world, command, tmp_path / "b.jsonl", blind, extra) == seen


def test_the_naive_model_judges_the_last_token(world, tmp_path, command, model):
    folder = model("naive")
    scores = score(
        world, command, tmp_path / "s.jsonl", world.test, f"--reward-model some/run {folder}"
    )
    captions = read_records(world.test, CaptionRecord)
    for found, caption in zip(scores, captions, strict=True):
        assert found.offsets == ((len(caption.text) - 1, len(caption.text)),)


def test_without_a_reward_model_the_lm_head_scores(world, tmp_path, command):
    scores = score(world, command, tmp_path / "s.jsonl", world.test, LIKELIHOOD)
    assert all(0 <= p <= 1 for found in scores for p in found.p_good)
    assert len({p for found in scores for p in found.p_good}) > 10


def test_one_task_can_be_scored_alone(world, tmp_path, command):
    captions = read_records(world.train, CaptionRecord)
    assert {caption.task for caption in captions} == {"caption", "vqa"}
    extra = f"{LIKELIHOOD} --task vqa"
    scores = score(world, command, tmp_path / "s.jsonl", world.train, extra)
    assert [s.caption_id for s in scores] == [c.caption_id for c in captions if c.task == "vqa"]


@pytest.mark.parametrize("order", [("tldr", "naive"), ("naive", "tldr")])
def test_runs_scored_together_score_as_they_do_alone(world, tmp_path, command, model, order):
    given = {loss: f"--reward-model r/{loss} {model(loss)}" for loss in order}
    given["likelihood"] = "--likelihood r/likelihood"
    for run, who in given.items():
        alone = f"{who} --scores r/{run} {world.test} {tmp_path}/{run}_alone.jsonl"
        assert run_command(world, command, alone).status == 0
    # Other captions, some of other images, come first.
    files = " ".join(
        f"--scores r/{run} {captions} {tmp_path}/{run}_{captions.stem}.jsonl"
        for run in given
        for captions in (world.train, world.test)
    )
    outcome = run_command(world, command, f"{' '.join(given.values())} {files}")
    assert outcome.status == 0, outcome.err
    for run in given:
        found = (tmp_path / f"{run}_test.jsonl").read_bytes()
        assert found == (tmp_path / f"{run}_alone.jsonl").read_bytes()
    lists = [read_records(tmp_path / f"{run}_test.jsonl", ScoreRecord) for run in given]
    assert len({tuple(one.p_good[-1] for one in some) for some in lists}) == 3


def test_shards_put_together_are_the_scores_of_the_whole(world, tmp_path, command, monkeypatch):
    """Byte for byte; captions are three batches, so that one of four parts has none."""
    monkeypatch.setattr(batches, "_STATES", 1)  # batches as of a large backbone
    captions = tmp_path / "captions.jsonl"
    many = [
        dataclasses.replace(caption, caption_id=f"{caption.caption_id}-{copy}")
        for copy in range(6)
        for caption in read_records(world.train, CaptionRecord)
    ]
    assert 2 * 128 < len(many) <= 3 * 128
    write_records(captions, many)
    whole, joined = tmp_path / "whole.jsonl", tmp_path / "joined.jsonl"
    score(world, command, whole, captions, LIKELIHOOD)
    parts = [tmp_path / f"{index}.jsonl" for index in (1, 2, 3, 4)]
    for index, part in enumerate(parts, start=1):
        score(world, command, part, captions, f"{LIKELIHOOD} --shard {index}-of-4")
    assert [bool(part.read_text()) for part in parts] == [False, True, True, True]
    line = f"gather-scores --captions {captions} --out {joined} "
    outcome = command(line + " ".join(f"--shard {part}" for part in reversed(parts)))
    assert outcome.status == 0, outcome.err
    assert joined.read_bytes() == whole.read_bytes()
    joined.unlink()
    given = parts[1]
    lacking = command(f"{line} --shard {given}")
    assert lacking.status == 2 and "has no score in 1 shards; give all" in lacking.err
    twice = command(f"{line} --shard {given} --shard {given}")
    assert twice.status == 2 and "has a score already" in twice.err
    other = command(f"{line} --task vqa --shard {whole}")
    assert other.status == 2 and "has no caption" in other.err
    assert not joined.exists()


@pytest.mark.parametrize("shard", ["2", "3-of-2", "0-of-2", "-1-of-2"])
def test_a_part_of_no_whole_is_refused(world, tmp_path, command, shard):
    extra = f"{LIKELIHOOD} --shard={shard} --scores some/run {world.test} {tmp_path}/s.jsonl"
    outcome = run_command(world, command, extra)
    assert outcome.status == 2
    assert f"--shard {shard!r}; as in 1-of-8" in outcome.err


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        ("--scores r c.jsonl a.jsonl", "no model to score with; give --reward-model or --like"),
        (
            "--likelihood r --scores q c.jsonl a.jsonl --scores r c.jsonl b.jsonl",
            "--scores of run 'q'; models are r",
        ),
        (
            "--likelihood r --reward-model q model/ --scores r c.jsonl a.jsonl",
            "run 'q' has a model and no --scores",
        ),
        (
            "--likelihood r --reward-model r model/ --scores r c.jsonl a.jsonl",
            "run 'r' is given twice",
        ),
        (
            "--likelihood r --scores r c.jsonl a.jsonl --scores r d.jsonl a.jsonl",
            "score file 'a.jsonl' is given twice",
        ),
        ("--likelihood r --scores r c.jsonl", "'--scores' requires 3 arguments"),
    ],
)
def test_each_run_needs_one_model_and_score_files_of_its_own(world, command, extra, line):
    outcome = run_command(world, command, extra)
    assert outcome.status == 2
    assert line in outcome.err
    assert outcome.err.count("\n") == 1


def test_an_empty_caption_is_refused(world, tmp_path, command):
    first = json.loads(world.test.read_text().splitlines()[0])
    path = tmp_path / "empty.jsonl"
    path.write_text(json.dumps(first | {"text": "  "}) + "\n")
    extra = f"{LIKELIHOOD} --scores some/run {path} {tmp_path}/a.jsonl"
    outcome = run_command(world, command, extra)
    assert outcome.status == 2
    assert "has an empty text" in outcome.err


def generated(text):
    return CaptionRecord("g", "test-000000", "describe the image.", text, "caption", "generated")


def test_a_caption_too_long_for_the_context_is_refused_or_cut(world, tmp_path, command):
    path = tmp_path / "long.jsonl"
    write_records(path, [generated("a ring . " * 200)])
    extra = f"{LIKELIHOOD} --scores some/run {path} {tmp_path}/s.jsonl"
    outcome = run_command(world, command, extra)
    assert outcome.status == 2
    assert "this backbone's context holds 255" in outcome.err
    cutting = f"{LIKELIHOOD} --cut"
    (found,) = score(world, command, tmp_path / "s.jsonl", path, cutting)
    # 16 image tokens, <bos>, four words of the prompt and a newline stand before it.
    assert len(found.p_good) == len(found.offsets) == 255 - 22
    whole = generated("a ring . " * 70)
    write_records(path, [whole])
    cut = score(world, command, tmp_path / "a.jsonl", path, cutting)
    assert cut == score(world, command, tmp_path / "b.jsonl", path, LIKELIHOOD)


def test_a_model_that_said_nothing_has_no_scores(world, tmp_path, command):
    path = tmp_path / "none.jsonl"
    write_records(path, [])
    assert score(world, command, tmp_path / "s.jsonl", path, f"{LIKELIHOOD} --cut") == []
