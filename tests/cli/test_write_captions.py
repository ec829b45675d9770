"""write-captions: true responses for every split, and one line for bad input."""

import dataclasses
from pathlib import Path

import pytest

from tests.data_set import stages
from tldr_reward.records import CaptionRecord, ImageRecord, read_records, write_records
from tldr_reward.spans import sentence_spans
from tldr_reward.world.grammar import parse_sentence
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.questions import statement
from tldr_reward.world.scenes import Scene


@pytest.fixture
def drawn(command, tmp_path) -> Path:
    assert command(stages(tmp_path)[0]).status == 0
    return tmp_path


def line(folder: Path, options: str = "") -> str:
    return (
        f"write-captions --scenes {folder}/scenes.jsonl --image-records {folder}/images.jsonl "
        f"{options} --out {folder}/originals.jsonl"
    )


def test_every_response_is_true_of_its_image(command, drawn):
    assert command(line(drawn, "--questions-per-image validation=16")).status == 0
    truth = {scene.image_id: scene for scene in read_records(drawn / "scenes.jsonl", Scene)}
    records = read_records(drawn / "originals.jsonl", CaptionRecord)
    assert len({record.caption_id for record in records}) == len(records)
    for record in records:
        text = record.text if record.task == "caption" else statement(record.prompt, record.text)
        assert all(verdict.true for verdict in judge_caption(truth[record.image_id], text))
        assert (record.origin, record.bad_spans) == ("original", ())


def test_counts_by_split_and_default_of_one_caption_and_no_question(command, drawn):
    options = "--captions-per-image train=3 --questions-per-image test=2"
    assert command(line(drawn, options)).status == 0
    counts: dict[tuple[str, str], int] = {}
    for record in read_records(drawn / "originals.jsonl", CaptionRecord):
        key = (record.image_id.split("-")[0], record.task)
        counts[key] = counts.get(key, 0) + 1
    assert counts == {
        ("pretrain", "caption"): 40,
        ("train", "caption"): 180,
        ("validation", "caption"): 10,
        ("test", "caption"): 60,
        ("test", "vqa"): 120,
        ("ood_phrasing", "caption"): 20,
        ("ood_scene", "caption"): 20,
    }


def test_only_one_split_has_held_out_phrasings(command, drawn):
    assert command(line(drawn)).status == 0
    phrasings: dict[bool, set[str]] = {True: set(), False: set()}
    for record in read_records(drawn / "originals.jsonl", CaptionRecord):
        for start, end in sentence_spans(record.text):
            form = parse_sentence(record.text[start:end]).form
            phrasings[record.image_id.startswith("ood_phrasing")].add(form.phrasing)
    assert phrasings == {True: {"held_out"}, False: {"standard"}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--captions-per-image train=-2", "--captions-per-image 'train=-2': a count of 0 or more"),
        ("--questions-per-image test=17", "--questions-per-image test=17: at most 16, one of each"),
        ("--questions-per-image exam=1", "no split 'exam'; allowed: pretrain"),
        ("--scenes nowhere.jsonl", "no such file: nowhere.jsonl"),
    ],
)
def test_bad_options_are_one_line(command, drawn, options, message):
    outcome = command(f"{line(drawn)} {options}")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err
    assert not (drawn / "originals.jsonl").exists()


def test_an_image_without_a_scene_is_named(command, drawn):
    images = read_records(drawn / "images.jsonl", ImageRecord)
    stray = ImageRecord("stray", "x.png", "scene-dense", "test")
    write_records(drawn / "images.jsonl", [stray, *images])
    outcome = command(line(drawn))
    assert outcome.status == 2
    assert outcome.err.endswith("scenes.jsonl has no scene of image 'stray'\n")


def test_an_image_of_an_unknown_split_is_named(command, drawn):
    images = read_records(drawn / "images.jsonl", ImageRecord)
    stray = dataclasses.replace(images[0], split="winter")
    write_records(drawn / "images.jsonl", [stray, *images[1:]])
    outcome = command(line(drawn))
    assert outcome.status == 2
    assert "image 'pretrain-000000' is of split 'winter'; allowed: pretrain, " in outcome.err


def test_a_record_file_of_another_format_version_is_named_with_its_line(command, drawn):
    path = drawn / "scenes.jsonl"
    path.write_text(path.read_text().replace("scene/1", "scene/2", 1))
    outcome = command(line(drawn))
    assert outcome.status == 2
    assert "scenes.jsonl:1: format 'scene/2'; this version reads 'scene/1'\n" in outcome.err
