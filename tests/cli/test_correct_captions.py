"""Self-correction by the commands: what is corrected, how it is judged, and what is refused."""

import json

import pytest

from tests.generate.servers import completion, scripted
from tldr_reward.records import CaptionRecord, Metric, read_records, read_rows, write_records


@pytest.fixture
def corrected(world, tmp_path, command):
    """Captions of four test images, of which the first two are flagged, corrected by a backbone."""
    captions = [
        record
        for record in read_records(world.test, CaptionRecord)
        if record.task == "caption" and record.origin == "original"
    ][:4]
    write_records(tmp_path / "captions.jsonl", captions)
    lines = [
        {"format": "score/1", "caption_id": caption.caption_id, "run": "llama/tldr/seed0",
         "offsets": [[0, 1], [2, 4]], "p_good": [0.9, 0.3 if index < 2 else 0.8]}
        for index, caption in enumerate(captions)
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "scores.jsonl").write_text(text)
    return captions, command(
        f"correct-captions --source {world.backbone} --image-records {world.image_records} "
        f"--captions {tmp_path}/captions.jsonl --scores {tmp_path}/scores.jsonl "
        f"--max-new-tokens 5 --state {tmp_path}/state.jsonl "
        f"--tldr {tmp_path}/tldr.jsonl --naive {tmp_path}/naive.jsonl"
    )


def test_flagged_captions_are_corrected_and_judged(world, tmp_path, command, corrected):
    captions, outcome = corrected
    assert outcome.status == 0, outcome.err
    for guidance in ("tldr", "naive"):
        after = read_records(tmp_path / f"{guidance}.jsonl", CaptionRecord)
        assert [one.parent_id for one in after] == [one.caption_id for one in captions[:2]]
        assert {one.caption_id for one in after} == {
            f"{one.caption_id}-{guidance}" for one in captions[:2]
        }
    files = ("captions", "tldr", "naive")
    given = " ".join(f"--captions {tmp_path}/{name}.jsonl" for name in files)
    written = " ".join(f"--judgements {tmp_path}/{name}_judged.jsonl" for name in files)
    line = f"judge-captions --scenes {world.folder}/scenes.jsonl {given} {written}"
    assert command(line).status == 0
    measured = command(
        f"measure-correction --model mine --captions {tmp_path}/captions.jsonl "
        f"--tldr {tmp_path}/tldr.jsonl --naive {tmp_path}/naive.jsonl {written} "
        f"--detector llama/tldr/seed0 --scale smoke --split test --metrics {tmp_path}/m.csv"
    )
    assert measured.status == 0, measured.err
    rows = {(row.run, row.metric): row for row in read_rows(tmp_path / "m.csv", Metric)}
    assert rows["mine/tldr", "correction/flagged"].value == 2
    assert rows["mine/tldr", "correction/samples"].value == 4
    assert 0 < rows["mine/naive", "correction/sign_p"].value <= 1


def test_a_chat_model_corrects_whole_captions_and_people_judge(world, tmp_path, command, corrected):
    captions, _ = corrected
    asked: list[str] = []

    def answer(number, body, headers):
        image, text = body["messages"][0]["content"]
        assert image["image_url"]["url"].startswith("data:image/png;base64,")
        asked.append(text["text"])
        return (200, completion("" if number == 3 else f"reply {number}"))

    with scripted(answer) as source:
        outcome = command(
            f"correct-captions --kind endpoint --source {source} "
            f"--image-records {world.image_records} --captions {tmp_path}/captions.jsonl "
            f"--scores {tmp_path}/scores.jsonl --max-new-tokens 50 --at-once 1 "
            f"--state {tmp_path}/state.jsonl --tldr {tmp_path}/tldr.jsonl "
            f"--naive {tmp_path}/naive.jsonl"
        )
    assert outcome.status == 0, outcome.err
    assert ["Highlighted words" in text for text in asked] == [True, True, False, False]
    texts = {
        guidance: [one.text for one in read_records(tmp_path / f"{guidance}.jsonl", CaptionRecord)]
        for guidance in ("tldr", "naive")
    }
    # The last reply was empty: the caption stays as it was.
    assert texts == {"tldr": ["reply 0", "reply 1"], "naive": ["reply 2", captions[1].text]}
    first, second = (caption.caption_id for caption in captions[:2])
    (tmp_path / "people.csv").write_text(
        f"caption_id,verdict\n{first}-tldr,win\n{second}-tldr,win\n{first}-naive,loss\n"
    )
    measured = command(
        f"measure-correction --model mine --captions {tmp_path}/captions.jsonl "
        f"--tldr {tmp_path}/tldr.jsonl --naive {tmp_path}/naive.jsonl "
        f"--human-verdicts {tmp_path}/people.csv --detector llama/tldr/seed0 --scale smoke "
        f"--split test --metrics {tmp_path}/m.csv"
    )
    assert measured.status == 0, measured.err
    rows = {(row.run, row.metric): row.value for row in read_rows(tmp_path / "m.csv", Metric)}
    assert rows["mine/tldr", "correction/win"] == 2
    assert rows["mine/naive", "correction/self_corrected"] == 1
    assert rows["mine/naive", "correction/loss"] == 1


def test_a_caption_without_a_score_is_named(world, tmp_path, command, corrected):
    captions, _ = corrected
    (tmp_path / "scores.jsonl").write_text("")
    outcome = command(
        f"correct-captions --source {world.backbone} --image-records {world.image_records} "
        f"--captions {tmp_path}/captions.jsonl --scores {tmp_path}/scores.jsonl "
        f"--max-new-tokens 5 --state {tmp_path}/state.jsonl "
        f"--tldr {tmp_path}/t2.jsonl --naive {tmp_path}/n2.jsonl"
    )
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == (
        f"error: {tmp_path}/scores.jsonl has no score of caption {captions[0].caption_id!r}"
    )
    assert not (tmp_path / "t2.jsonl").exists()


def test_one_judge_is_needed(tmp_path, command):
    outcome = command(
        "measure-correction --model mine --captions c --tldr t --naive n "
        "--detector llama/tldr/seed0 --scale smoke --split test --metrics m.csv"
    )
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == (
        "error: --judgements or --human-verdicts is needed, one of the two"
    )
