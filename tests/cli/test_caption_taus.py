"""Captions over tau by the commands: written, judged, scored, measured."""

import pytest

from tldr_reward.backbones.folders import load_backbone
from tldr_reward.records import CaptionRecord, Judgement, Metric, read_records, read_rows
from tldr_reward.reward.model import Adapter, new_reward_model, save_reward_model


@pytest.fixture
def reward_model(world, tmp_path):
    """A reward model's folder, whose LoRA is not zero."""
    model = new_reward_model(
        load_backbone(world.backbone), Adapter(("projector", "decoder"), 4, 4, 0.0), seed=0
    )
    for name, parameter in model.peft_model.named_parameters():
        if "lora_B" in name:
            parameter.data.fill_(0.5)
    save_reward_model(model, tmp_path / "reward_model", {"loss": "tldr"})
    return tmp_path / "reward_model"


def caption(world, reward_model, folder, command, taus="0,1", files=("0", "1")):
    written = " ".join(f"--captions {folder}/captions/{name}.jsonl" for name in files)
    return command(
        f"caption-taus --backbone {world.backbone} --reward-model {reward_model} "
        f"--image-records {world.image_records} --split test --prompt describe "
        f"--max-new-tokens 8 --caption-taus {taus} --run paligemma/tldr/seed0 --scale smoke "
        f"{written} --counts {folder}/counts.csv"
    )


def test_captions_are_written_judged_scored_and_measured(world, tmp_path, command, reward_model):
    outcome = caption(world, reward_model, tmp_path, command)
    assert outcome.status == 0, outcome.err
    said = {
        tau: read_records(tmp_path / f"captions/{tau}.jsonl", CaptionRecord) for tau in ("0", "1")
    }
    assert [one.text for one in said["0"]] != [one.text for one in said["1"]]
    assert {one.origin for one in said["0"]} == {"generated"}
    files = [f"{tmp_path}/captions/{tau}.jsonl" for tau in ("0", "1")]
    given = " ".join(f"--captions {path}" for path in files)
    judged = " ".join(f"--judgements {tmp_path}/judged/{tau}.jsonl" for tau in ("0", "1"))
    assert (
        command(f"judge-captions --scenes {world.folder}/scenes.jsonl {given} {judged}").status == 0
    )
    found = read_records(tmp_path / "judged/1.jsonl", Judgement)
    assert [one.caption_id for one in found] == [one.caption_id for one in said["1"]]
    run = "paligemma/tldr/seed0"
    scores = [f"{tmp_path}/scores/{tau}.jsonl" for tau in ("0", "1")]
    written = " ".join(f"--scores {run} {a} {b}" for a, b in zip(files, scores, strict=True))
    scored = command(
        f"score-captions --backbone {world.backbone} --reward-model {run} {reward_model} "
        f"--image-records {world.image_records} {written} --cut"
    )
    assert scored.status == 0, scored.err
    measured = command(
        f"measure-taus --run {run} --split test --scale smoke --caption-taus 0,1 "
        f"{given} {judged} --detectors paligemma --scores {scores[0]} --scores {scores[1]} "
        f"--counts {tmp_path}/counts.csv --bootstrap 20 --metrics {tmp_path}/metrics.csv"
    )
    assert measured.status == 0, measured.err
    rows = {row.metric: row for row in read_rows(tmp_path / "metrics.csv", Metric)}
    assert rows["lora_update/tau=0"].value == 0.0
    assert rows["lora_update/tau=1"].value > 0.0
    assert rows["truncated/tau=0"].n == 8
    assert 0 <= rows["hallucination_token/by=paligemma/tau=1"].value <= 1
    assert rows["unparsed_sentences/tau=1"].n > 0


def test_as_many_files_as_taus_are_needed(world, tmp_path, command, reward_model):
    outcome = caption(world, reward_model, tmp_path, command, taus="0,0.5,1")
    assert outcome.status == 2
    assert "3 taus and 2 caption files; as many needed" in outcome.err
    assert not (tmp_path / "counts.csv").exists()
