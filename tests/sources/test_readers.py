"""DOCCI, Visual Genome, WinoGround: raw folders become examples, and nothing leaves a folder."""

import json
import zipfile

import pytest

from tests.sources.raw import (
    description,
    pair,
    picture,
    qa,
    write_docci,
    write_tar,
    write_visual_genome,
    write_winoground,
    write_zip,
)
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.sources.archives import zipped_json_array
from tldr_reward.sources.docci import docci_examples, docci_rows
from tldr_reward.sources.examples import Row, Tally, drawn, limited
from tldr_reward.sources.images import image_ending
from tldr_reward.sources.visual_genome import visual_genome_examples, visual_genome_rows
from tldr_reward.sources.winoground import winoground_examples, winoground_rows

RED, GREEN, BLUE = picture("red"), picture("green"), picture("blue", "PNG")


def read_docci(folder, validation=0, seed=0):
    tally = Tally("docci")
    rows = docci_rows(folder, validation, seed, tally)
    return rows, list(docci_examples(folder, rows, tally)), dict(tally.causes)


def read_visual_genome(folder):
    tally = Tally("visual_genome")
    rows = visual_genome_rows(folder, tally)
    return rows, list(visual_genome_examples(folder, rows, tally)), dict(tally.causes)


def read_winoground(folder):
    tally = Tally("winoground")
    rows = winoground_rows(folder, tally)
    return rows, list(winoground_examples(folder, rows, tally)), dict(tally.causes)


def test_docci(tmp_path):
    lines = [
        description("train_00000", "train", " A red dog.\n"),
        description("test_00000", "test"),
        description("qual_dev_00000", "qual_dev"),
        description("qual_test_00000", "qual_test"),
    ]
    members = [
        ("images/qual_dev_00000.jpg", RED),
        ("images/test_00000.jpg", GREEN),
        ("images/train_00000.jpg", RED),
    ]
    write_docci(tmp_path, lines, members)
    _, examples, causes = read_docci(tmp_path)
    assert [(one.row.image_id, one.row.split, one.data) for one in examples] == [
        ("docci-test_00000", "test", GREEN),
        ("docci-train_00000", "train", RED),
    ]
    assert examples[1].captions == (
        CaptionRecord(
            "docci-train_00000-0",
            "docci-train_00000",
            "Describe the image in detail.",
            "A red dog.",
            "caption",
            "original",
            bad_spans=(),
        ),
    )
    assert (examples[1].row.source, examples[1].ending) == ("docci", ".jpg")
    assert causes == {
        "split 'qual_dev', which has no use here": 1,
        "split 'qual_test', which has no use here": 1,
    }


def test_docci_rows_that_are_left_out(tmp_path):
    lines = [
        description("train_00000", "train"),
        description("train_00000", "train", "Again."),
        description("train_00001", "train", "  "),
        description("train_00002", "train"),
        description("train_00003", "train"),
        description("train_00004", "train"),
        description("../../out", "train", file="out.jpg"),
        description("train_00006", "train", file="../../etc/passwd"),
        description("train_00007", "train", file=".hidden.jpg"),
        description("train_00008", "train"),
        description("train_00009", "train", file="train_00000.jpg"),
        "{not json",
        "[1]",
        "",
    ]
    members = [
        ("./images/train_00000.jpg", RED),
        ("images/train_00003.jpg", RED[:-40]),
        ("images/train_00004.jpg", b"<html>no image</html>"),
        ("images/../../../out.jpg", GREEN),
        ("/images/train_00002.jpg", GREEN),
        ("images/train_00008.jpg", None),
    ]
    write_docci(tmp_path, lines, members)
    _, examples, causes = read_docci(tmp_path)
    assert [one.row.image_id for one in examples] == ["docci-train_00000"]
    assert causes == {
        "duplicate id": 1,
        "empty text": 1,
        "missing image": 2,  # 00002 has another name, 00008 is a link
        "unreadable image": 2,
        "id that is no plain name": 1,
        "image file that is no plain name": 2,
        "image of two rows": 1,
        "no JSON object": 2,
    }


def test_docci_validation_is_drawn_by_seed_and_stays_when_rows_go(tmp_path):
    lines = [description(f"train_{number:05d}", "train") for number in range(40)]
    write_docci(tmp_path, [*lines, description("test_00000", "test")], [])
    tally = Tally("docci")

    def held_out(seed):
        rows = docci_rows(tmp_path, 5, seed, tally)
        return {row.image_id for row in rows if row.split == "validation"}

    first = held_out(0)
    assert len(first) == 5
    assert held_out(0) == first
    assert held_out(1) != first
    gone = sorted(first)[0].removeprefix("docci-")
    kept = [line for line in lines if line["example_id"] != gone]
    write_docci(tmp_path, kept, [])
    assert len(held_out(0) & first) == 4


def test_a_broken_archive_ends_in_one_line(tmp_path):
    write_docci(tmp_path, [description("train_00000", "train")], [])
    path = tmp_path / "docci_images.tar.gz"
    noise = bytes((index * 7919) % 251 for index in range(50000))
    write_tar(path, [("images/other.jpg", noise), ("images/train_00000.jpg", RED)])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=f"^broken archive {path}: "):
        read_docci(tmp_path)
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(InputError, match=f"^broken archive {path}: "):
        read_docci(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=f"no such file: {path}"):
        read_docci(tmp_path)


def test_visual_genome(tmp_path):
    entries = [
        {"id": 2, "qas": [qa(986, 2, "Where is it? ", " On a road.")]},
        {"id": 1, "qas": [qa(1, 1), qa(2, 1, "How many?", "Two.")]},
    ]
    write_visual_genome(
        tmp_path, [1, 2], entries, {"VG_100K/2.jpg": GREEN}, {"VG_100K_2/1.jpg": RED}
    )
    rows, examples, causes = read_visual_genome(tmp_path)
    assert [row.image_id for row in rows] == ["vg100k-1", "vg100k-2"]
    assert [(one.row.image_id, one.data) for one in examples] == [
        ("vg100k-2", GREEN),
        ("vg100k-1", RED),
    ]
    assert examples[0].captions == (
        CaptionRecord(
            "vg100k-2-986", "vg100k-2", "Where is it?", "On a road.", "vqa", "original",
            bad_spans=(),
        ),
    )  # fmt: skip
    assert [one.caption_id for one in examples[1].captions] == ["vg100k-1-1", "vg100k-1-2"]
    assert {(row.source, row.split) for row in rows} == {("vg100k", "train")}
    assert causes == {}


def test_visual_genome_rows_that_are_left_out(tmp_path):
    images = [1, 2, 3, 4, 5, 6, 1, {"image_id": "../7"}, {"image_id": True}, "eight"]
    entries = [
        {"id": 1, "qas": [qa(1, 1), qa(1, 1), qa(2, 1, ""), qa(3, 1, answer=" "), {"qa_id": "x"}]},
        {"id": 2, "qas": []},
        {"id": 3, "qas": [qa(4, 3)]},
        {"id": 4, "qas": [qa(5, 4)]},
        {"id": 5},
        {"id": 99, "qas": [qa(6, 99)]},  # an image that is not listed is nobody's row
    ]
    write_visual_genome(
        tmp_path, images, entries, {"VG_100K/1.jpg": RED, "VG_100K/3.jpg": b"no image"}, {}
    )
    _, examples, causes = read_visual_genome(tmp_path)
    assert [one.row.image_id for one in examples] == ["vg100k-1"]
    assert [one.caption_id for one in examples[0].captions] == ["vg100k-1-1"]
    assert causes == {
        "duplicate id": 1,
        "id that is no number": 3,
        "duplicate question id": 1,
        "question or answer without a text": 2,
        "question whose id is no number": 1,
        "image without a question": 3,  # 2, 5 and 6
        "entry without questions": 1,
        "unreadable image": 1,
        "missing image": 1,
    }


def test_a_member_that_would_fill_the_memory_is_not_read(tmp_path):
    write_winoground(tmp_path, [pair(0)], {"images/ex_0_img_0.png": BLUE})
    with zipfile.ZipFile(tmp_path / "data/images.zip", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images/ex_0_img_1.png", bytes(65 * 2**20))
    _, examples, causes = read_winoground(tmp_path)
    assert [one.row.image_id for one in examples] == ["winoground-ex_0_img_0"]
    assert causes == {"image of more than 64 MiB": 1}


def test_a_large_member_of_a_tar_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("tldr_reward.sources.archives.MAX_IMAGE_BYTES", 5000)
    lines = [description("train_00000", "train"), description("train_00001", "train")]
    members = [("images/train_00000.jpg", bytes(5001)), ("images/train_00001.jpg", RED)]
    write_docci(tmp_path, lines, members)
    _, examples, causes = read_docci(tmp_path)
    assert [one.row.image_id for one in examples] == ["docci-train_00001"]
    assert causes == {"image of more than 64 MiB": 1}


def test_winoground(tmp_path):
    names = [f"images/ex_{number}_img_{side}.png" for number in (0, 1) for side in (0, 1)]
    write_winoground(tmp_path, [pair(0), pair(1)], dict.fromkeys(names, BLUE))
    rows, examples, causes = read_winoground(tmp_path)
    assert [one.row for one in examples] == rows
    assert rows[3] == Row(
        "winoground-ex_1_img_1", "winoground", "winoground", "images/ex_1_img_1.png"
    )
    assert {(one.data, one.ending, one.captions) for one in examples} == {(BLUE, ".png", ())}
    assert len(rows) == 4 and causes == {}


def test_winoground_names_stay_within_the_archive(tmp_path):
    lines = [{**pair(0), "image_0": "../../etc/passwd", "image_1": None}, pair(1), pair(1)]
    write_winoground(
        tmp_path, lines, {"images/ex_1_img_0.png": BLUE, "images/../../etc/passwd.png": BLUE}
    )
    _, examples, causes = read_winoground(tmp_path)
    assert [one.row.image_id for one in examples] == ["winoground-ex_1_img_0"]
    assert causes == {
        "image that is no plain name": 2,
        "duplicate id": 2,
        "missing image": 1,
    }


def test_a_zip_that_is_none_ends_in_one_line(tmp_path):
    write_winoground(tmp_path, [pair(0)], {})
    (tmp_path / "data/images.zip").write_bytes(b"half")
    with pytest.raises(InputError, match=f"^broken archive {tmp_path}/data/images.zip: "):
        read_winoground(tmp_path)


def test_a_member_with_a_wrong_checksum_is_left_out(tmp_path):
    write_winoground(tmp_path, [pair(0)], {f"images/ex_0_img_{side}.png": BLUE for side in (0, 1)})
    path = tmp_path / "data/images.zip"
    data = bytearray(path.read_bytes())
    data[data.index(BLUE) + len(BLUE) - 20] ^= 1
    path.write_bytes(data)
    _, examples, causes = read_winoground(tmp_path)
    assert [one.row.image_id for one in examples] == ["winoground-ex_0_img_1"]
    assert causes == {"unreadable image": 1}


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
def test_an_array_is_read_item_by_item(tmp_path, monkeypatch, chunk):
    items = [{"id": 1, "text": "a ] , [ b é"}, {"id": 2, "qas": [{"a": {}}, {}]}, {}]
    text = json.dumps(items, ensure_ascii=False, indent=1)
    write_zip(tmp_path / "x.zip", {"x.json": text.encode()})
    monkeypatch.setattr("tldr_reward.sources.archives._CHUNK", chunk)
    assert list(zipped_json_array(tmp_path / "x.zip")) == items
    write_zip(tmp_path / "x.zip", {"x.json": b"[]"})
    assert list(zipped_json_array(tmp_path / "x.zip")) == []


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"x.json": b'[{"id": 1}, {"id"'}, "broken archive .*x.zip: "),
        ({"x.json": b'[{"id": 1}'}, "broken archive .*x.zip: "),
        ({"x.json": b'{"id": 1}'}, "broken archive .*x.zip: the JSON is no array"),
        ({"x.json": b"[]", "y.json": b"[]"}, "x.zip holds 2 JSON files; one is needed"),
    ],
)
def test_an_array_that_is_broken_ends_in_one_line(tmp_path, members, message):
    write_zip(tmp_path / "x.zip", members)
    with pytest.raises(InputError, match=message):
        list(zipped_json_array(tmp_path / "x.zip"))


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (RED, ".jpg"),
        (BLUE, ".png"),
        (picture("red", "WEBP"), ".webp"),
        (picture("red", "GIF"), ".gif"),
        (picture("red", "MPO"), ".jpg"),  # a phone's JPEG
        (picture("red", "TIFF"), None),
        (RED[: len(RED) // 2], None),
        (BLUE[: len(BLUE) // 2], None),
        (b"", None),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", None),
    ],
    ids=range(10),
)
def test_which_bytes_are_an_image(data, ending):
    assert image_ending(data) == ending


def test_limits_are_drawn_by_seed_within_splits():
    rows = [Row(f"a-{number}", "a", "train", "x") for number in range(20)]
    rows += [Row(f"b-{number}", "b", "test", "x") for number in range(3)]
    kept = limited(rows, {"train": 4, "test": 9}, 0)
    assert [row.split for row in kept] == ["train"] * 4 + ["test"] * 3
    assert kept == [row for row in rows if row in kept]
    assert {row.image_id for row in kept[:4]} == set(drawn([f"a-{n}" for n in range(20)], 4, 0))
    with pytest.raises(InputError, match="a limit of split 'val'; the sources have test, train"):
        limited(rows, {"val": 4}, 0)
