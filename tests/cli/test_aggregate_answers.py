"""aggregate-answers: captions from questions and answers, and what they are for."""

from pathlib import Path

import pytest

from tests.cli.conftest import refusal
from tests.generate.servers import completion, scripted
from tests.language_model import PROMPT, Server, write_data
from tldr_reward.records import CaptionRecord, read_records


@pytest.fixture
def folder(tmp_path) -> Path:
    write_data(tmp_path)
    return tmp_path


def aggregate(folder: Path, source: str, more: str = "") -> str:
    return (
        f"aggregate-answers --originals {folder}/docci.jsonl --originals {folder}/vg.jsonl "
        f"--endpoint {source} --cache {folder}/replies.jsonl --out {folder}/aggregated.jsonl "
        f"--retries 0 {more}"
    )


def test_answers_become_captions_that_check_wrong_answers(command, folder):
    server = Server()
    with scripted(server.answer) as source:
        outcome = command(aggregate(folder, source))
        assert outcome.status == 0
        assert outcome.out.splitlines()[1] == "aggregated: 2 of 2 images; dropped: none"
        captions = read_records(folder / "aggregated.jsonl", CaptionRecord)
        assert captions == [
            CaptionRecord(f"{image}-aggregated", image, PROMPT, "It says red and two and a pier",
                          "caption", "original", bad_spans=()) for image in ("i0", "i2")
        ]  # fmt: skip
        assert server.kinds == {"aggregation": 1}, "the same pairs are asked about once"
        perturb = (
            f"perturb-with-llm --originals {folder}/vg.jsonl --originals {folder}/aggregated.jsonl "
            f"--image-records {folder}/images.jsonl --endpoint {source} "
            f"--cache {folder}/replies.jsonl --out {folder}/run/captions "
            f"--rejects {folder}/run/rejects.csv"
        )
        assert command(perturb).status == 0
    assert server.kinds["answer check"] == 2
    train = read_records(folder / "run/captions/train.jsonl", CaptionRecord)
    assert "i0-aggregated" in {record.parent_id for record in train}


def test_paragraphs_that_are_of_no_use_are_counted(command, folder):
    path = folder / "vg.jsonl"
    path.write_text(path.read_text().replace('"i2","prompt":"Where?","text":"a pier"',
                                             '"i2","prompt":"Where?","text":"a lake"'))  # fmt: skip

    def answer(number, body, headers):
        lake = "a lake" in body["messages"][-1]["content"]
        return 200, completion("" if lake else "The image shows a pier.")

    with scripted(answer) as source:
        outcome = command(aggregate(folder, source))
    assert outcome.out.splitlines()[1] == (
        "aggregated: 0 of 2 images; dropped: empty 1, opens_with_the_image 1"
    )
    assert (folder / "aggregated.jsonl").read_text() == ""


def test_aggregation_is_estimated_too(command, folder):
    outcome = command(aggregate(folder, "http://127.0.0.1:9/v1#m", "--estimate"))
    assert outcome.out.startswith("estimate: requests 1, of which cached 0, tokens in ")
    assert not (folder / "aggregated.jsonl").exists()


def test_without_questions_there_is_nothing_to_aggregate(command, folder):
    line = aggregate(folder, "http://127.0.0.1:9/v1#m").replace("/vg.jsonl", "/docci.jsonl")
    assert "no original answers to questions in --originals" in refusal(command(line))
