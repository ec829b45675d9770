"""describe-data: the counts of a data set, its card, and what two splits share."""

import shutil
from pathlib import Path

import pytest

from tests.data_set import make_data, stages
from tldr_reward.cli.data_card import count_shared
from tldr_reward.cli.describe_data import StatisticsRow, count_responses
from tldr_reward.cli.perturb_captions import RejectCount
from tldr_reward.records import CaptionRecord, ImageRecord, read_records, read_rows, write_records


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


def test_counts_of_a_hand_made_data_set():
    images = {
        "a": ImageRecord("a", "a.png", "scene-dense", "train"),
        "b": ImageRecord("b", "b.png", "scene-qa", "test"),
    }

    def response(image: str, task: str, taxonomy: str | None, bad: tuple) -> CaptionRecord:
        origin = "perturbed" if bad else "original"
        return CaptionRecord("c", image, "p", "a red cat", task, origin, taxonomy, None, bad)

    responses = [
        response("a", "caption", None, ()),
        response("a", "caption", "counting", ((0, 1),)),
        response("a", "caption", None, ()),
        response("b", "vqa", None, ()),
        response("b", "vqa", None, ((2, 5),)),
    ]
    rejects = [
        RejectCount("train", "scene-dense", "caption", "counting", "still_true", 2),
        RejectCount("train", "scene-dense", "caption", "counting", "ambiguous", 1),
        RejectCount("train", "scene-dense", "caption", "text_ocr", "not_applicable", 5),
    ]
    assert count_responses(images, responses, rejects) == [
        StatisticsRow("scene-dense", "caption", "", "train", 2, 0, 0),
        StatisticsRow("scene-dense", "caption", "counting", "train", 0, 1, 3),
        StatisticsRow("scene-dense", "caption", "text_ocr", "train", 0, 0, 5),
        StatisticsRow("scene-qa", "vqa", "", "test", 1, 1, 0),
    ]


def test_things_in_two_splits_are_counted_once():
    found = [("train", "x"), ("test", "x"), ("validation", "x"), ("test", "y"), ("test", "y")]
    assert count_shared(found) == 1


def test_statistics_sum_to_the_responses(data):
    rows = read_rows(data / "statistics.csv", StatisticsRow)
    files = sorted((data / "captions").glob("*.jsonl"))
    responses = [r for file in files for r in read_records(file, CaptionRecord)]
    assert sum(row.positives + row.negatives for row in rows) == len(responses)
    assert sum(row.rejected for row in rows) == sum(
        row.count for row in read_rows(data / "rejects.csv", RejectCount)
    )
    assert {row.taxonomy for row in rows if row.task == "vqa"} == {""}


def test_the_card_has_all_its_parts_and_finds_no_duplicates(data):
    card = (data / "card.md").read_text()
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# Data card",
        "## Images and responses",
        "## Negatives by taxonomy",
        "## Rejected edits by cause",
        "## Caption lengths",
        "## Label balance",
        "## Answers by kind of question",
        "## Duplicates across splits",
    ]
    assert "| train | 30 | 30 | 180 | 180 | 120 | " in card
    for what in ("caption text", "image (bytes of its file)", "scene (however drawn)"):
        assert f"| {what} | 0 |" in card
    assert "| exists | test | 60 | " in card
    columns = {line.count("|") for line in card.splitlines() if "exists" in line}
    assert columns == {5}


def test_what_two_splits_share_is_found(command, data, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    images = folder / "images"
    (images / "test-000000.png").write_bytes((images / "train-000000.png").read_bytes())
    train = read_records(folder / "captions" / "train.jsonl", CaptionRecord)
    test = read_records(folder / "captions" / "test.jsonl", CaptionRecord)
    copy = CaptionRecord("copy", test[0].image_id, "p", train[0].text, "caption", "original")
    write_records(folder / "captions" / "test.jsonl", [*test, copy])
    scenes = folder / "scenes.jsonl"
    lines = scenes.read_text().splitlines()
    named = next(line for line in lines if '"train-000000"' in line)
    others = [line for line in lines if '"test-000000"' not in line]
    scenes.write_text("\n".join([*others, named.replace("train-000000", "test-000000")]))
    assert command(stages(folder)[3]).status == 0
    card = (folder / "card.md").read_text()
    for what in ("caption text", "image (bytes of its file)", "scene (however drawn)"):
        assert f"| {what} | 1 |" in card


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("captions", "no <split>.jsonl in this folder"),
        ("rejects.csv", "no such file: "),
        ("images", "no such image: "),
        ("scenes.jsonl", "no such file: "),
    ],
)
def test_missing_inputs_are_one_line(command, data, tmp_path, broken, message):
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    shutil.rmtree(folder / broken) if (folder / broken).is_dir() else (folder / broken).unlink()
    (folder / "card.md").unlink()
    outcome = command(stages(folder)[3])
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err
    assert not (folder / "card.md").exists()
