"""Scoring by the command: every token, the last one, or the LM head; labels are not looked at."""

import json

import pytest

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


def score(world, command, out, captions, extra):
    """Score a caption file; returns the score records."""
    outcome = command(
        f"score-captions --backbone {world.backbone} --image-records {world.image_records} "
        f"--captions {captions} --out {out} --run some/run {extra}"
    )
    assert outcome.status == 0, outcome.err
    return read_records(out, ScoreRecord)


def test_every_token_of_every_caption_is_scored(world, tmp_path, command, model):
    folder = model("tldr")
    scores = score(world, command, tmp_path / "s.jsonl", world.test, f"--reward-model {folder}")
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
    extra = f"--reward-model {folder}"
    seen = score(world, command, tmp_path / "a.jsonl", world.test, extra)
    assert score(world, command, tmp_path / "b.jsonl", blind, extra) == seen


def test_the_naive_model_judges_the_last_token(world, tmp_path, command, model):
    folder = model("naive")
    scores = score(world, command, tmp_path / "s.jsonl", world.test, f"--reward-model {folder}")
    captions = read_records(world.test, CaptionRecord)
    for found, caption in zip(scores, captions, strict=True):
        assert found.offsets == ((len(caption.text) - 1, len(caption.text)),)


def test_without_a_reward_model_the_lm_head_scores(world, tmp_path, command):
    scores = score(world, command, tmp_path / "s.jsonl", world.test, "")
    assert all(0 <= p <= 1 for found in scores for p in found.p_good)
    assert len({p for found in scores for p in found.p_good}) > 10


def test_one_task_can_be_scored_alone(world, tmp_path, command):
    captions = read_records(world.train, CaptionRecord)
    assert {caption.task for caption in captions} == {"caption", "vqa"}
    scores = score(world, command, tmp_path / "s.jsonl", world.train, "--task vqa")
    assert [s.caption_id for s in scores] == [c.caption_id for c in captions if c.task == "vqa"]


def test_as_many_score_files_as_caption_files_are_needed(world, tmp_path, command):
    outcome = command(
        f"score-captions --backbone {world.backbone} --image-records {world.image_records} "
        f"--captions {world.test} --captions {world.train} --out {tmp_path}/a.jsonl --run r"
    )
    assert outcome.status == 2
    assert "2 caption files and 1 score files" in outcome.err
    assert not (tmp_path / "a.jsonl").exists()


def test_an_empty_caption_is_refused(world, tmp_path, command):
    first = json.loads(world.test.read_text().splitlines()[0])
    path = tmp_path / "empty.jsonl"
    path.write_text(json.dumps(first | {"text": "  "}) + "\n")
    outcome = command(
        f"score-captions --backbone {world.backbone} --image-records {world.image_records} "
        f"--captions {path} --out {tmp_path}/a.jsonl --run r"
    )
    assert outcome.status == 2
    assert "has an empty text" in outcome.err


def generated(text):
    return CaptionRecord("g", "test-000000", "describe the image.", text, "caption", "generated")


def test_a_caption_too_long_for_the_context_is_refused_or_cut(world, tmp_path, command):
    path = tmp_path / "long.jsonl"
    write_records(path, [generated("a ring . " * 200)])
    outcome = command(
        f"score-captions --backbone {world.backbone} --image-records {world.image_records} "
        f"--captions {path} --out {tmp_path}/s.jsonl --run some/run"
    )
    assert outcome.status == 2
    assert "this backbone's context holds 255" in outcome.err
    (found,) = score(world, command, tmp_path / "s.jsonl", path, "--cut")
    # 16 image tokens, <bos>, four words of the prompt and a newline stand before it.
    assert len(found.p_good) == len(found.offsets) == 255 - 22
    whole = generated("a ring . " * 70)
    write_records(path, [whole])
    cut = score(world, command, tmp_path / "a.jsonl", path, "--cut")
    assert cut == score(world, command, tmp_path / "b.jsonl", path, "")


def test_a_model_that_said_nothing_has_no_scores(world, tmp_path, command):
    path = tmp_path / "none.jsonl"
    write_records(path, [])
    assert score(world, command, tmp_path / "s.jsonl", path, "--cut") == []
