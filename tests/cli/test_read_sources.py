"""The command `read-sources`: records and image files of the real data sets."""

import pytest

from tests.sources.raw import (
    description,
    pair,
    picture,
    qa,
    uid,
    write_docci,
    write_visual_genome,
    write_winoground,
)
from tldr_reward.records import CaptionRecord, ImageRecord, read_records, write_rows
from tldr_reward.sources.pixelprose import FetchedImage

RED, GREEN, BLUE = picture("red"), picture("green"), picture("blue", "PNG")
OUTPUTS = ("images", "images.jsonl", "originals.jsonl", "generated.jsonl")


@pytest.fixture
def raw(tmp_path):
    """Raw folders of all four sources: 6 + 2 images of DOCCI, 3, 4, 1."""
    folder = tmp_path / "raw"
    names = [f"train_{number:05d}" for number in range(6)] + ["test_00000", "test_00001"]
    lines = [description(name, name.partition("_")[0]) for name in names]
    write_docci(folder / "docci", lines, [(f"images/{name}.jpg", RED) for name in names])
    entries = [{"id": one, "qas": [qa(10 * one, one), qa(10 * one + 1, one)]} for one in (1, 2, 3)]
    first = {"VG_100K/1.jpg": GREEN, "VG_100K/2.jpg": GREEN}
    write_visual_genome(folder / "vg", [1, 2, 3], entries, first, {"VG_100K_2/3.jpg": GREEN})
    members = {f"images/ex_{one}_img_{side}.png": BLUE for one in (0, 1) for side in (0, 1)}
    write_winoground(folder / "winoground", [pair(0), pair(1)], members)
    (folder / "pixelprose/images").mkdir(parents=True)
    (folder / f"pixelprose/images/{uid(5)}.png").write_bytes(BLUE)
    fetched = FetchedImage(uid(5), "http://x/5", f"{uid(5)}.png", 9, "0" * 64, "yes", "A cat.")
    write_rows(folder / "pixelprose/images.csv", [fetched], FetchedImage)
    return folder


@pytest.fixture
def read(command, tmp_path):
    """A function that reads sources into the folder `data`."""

    def run(more: str, seed: int = 0):
        out = tmp_path / "data"
        return command(
            f"read-sources --validation-images 2 --seed {seed} {more} --images {out}/images "
            f"--image-records {out}/images.jsonl --originals {out}/originals.jsonl"
        )

    return run


def everything(raw, data) -> str:
    return (
        f"--docci {raw}/docci --visual-genome {raw}/vg --winoground {raw}/winoground "
        f"--pixelprose {raw}/pixelprose --generated {data}/generated.jsonl"
    )


def test_all_sources(read, raw, tmp_path):
    data = tmp_path / "data"
    outcome = read(everything(raw, data))
    assert outcome.status == 0, outcome.err
    images = read_records(data / "images.jsonl", ImageRecord)
    counts: dict[tuple[str, str], int] = {}
    for image in images:
        counts[image.source, image.split] = counts.get((image.source, image.split), 0) + 1
    assert counts == {
        ("docci", "train"): 4,
        ("docci", "validation"): 2,
        ("docci", "test"): 2,
        ("vg100k", "train"): 3,
        ("winoground", "winoground"): 4,
        ("pixelprose", "pixelprose"): 1,
    }
    bytes_of = {"docci": RED, "vg100k": GREEN, "winoground": BLUE, "pixelprose": BLUE}
    for image in images:
        assert (data / image.path).read_bytes() == bytes_of[image.source]
    assert {image.path for image in images} == {
        f"images/{path.name}" for path in (data / "images").iterdir()
    }
    assert ImageRecord("vg100k-3", "images/vg100k-3.jpg", "vg100k", "train") in images
    originals = read_records(data / "originals.jsonl", CaptionRecord)
    assert len(originals) == 8 + 6
    assert {one.origin for one in originals} == {"original"}
    assert {one.bad_spans for one in originals} == {()}
    by_id = {one.caption_id: one for one in originals}
    assert by_id["docci-test_00001-0"] == CaptionRecord(
        "docci-test_00001-0",
        "docci-test_00001",
        "Describe the image in detail.",
        "A view of test_00001.",
        "caption",
        "original",
        bad_spans=(),
    )
    assert by_id["vg100k-3-31"] == CaptionRecord(
        "vg100k-3-31", "vg100k-3", "What is it?", "A dog.", "vqa", "original", bad_spans=()
    )
    (generated,) = read_records(data / "generated.jsonl", CaptionRecord)
    assert (generated.text, generated.origin, generated.bad_spans) == ("A cat.", "generated", None)
    assert "left out" not in outcome.err


def test_the_same_seed_gives_the_same_bytes_and_limits_hold(read, raw, tmp_path):
    data = tmp_path / "data"
    more = f"--docci {raw}/docci --visual-genome {raw}/vg --limit train=3 --limit test=1"

    def run(seed):
        assert read(more, seed).status == 0
        names = ("images.jsonl", "originals.jsonl")
        return [(data / name).read_bytes() for name in names]

    first = run(0)
    images = read_records(data / "images.jsonl", ImageRecord)
    splits = [image.split for image in images]
    assert {split: splits.count(split) for split in splits} == {
        "train": 3, "validation": 2, "test": 1,
    }  # fmt: skip
    captions = read_records(data / "originals.jsonl", CaptionRecord)
    assert {one.image_id for one in captions} == {one.image_id for one in images}
    assert len(list((data / "images").iterdir())) == 6
    assert run(0) == first
    assert run(1) != first


def test_what_is_left_out_is_said_by_cause(read, raw, tmp_path):
    lines = [
        description("train_00000", "train"),
        description("train_00001", "train", ""),
        description("train_00002", "train"),
        description("train_00003", "train", file="../../../../escape.jpg"),
        description("train_00004", "train"),
    ]
    members = [
        ("images/../../../../escape.jpg", RED),
        ("images/train_00000.jpg", RED),
        ("images/train_00002.jpg", b"broken"),
    ]
    write_docci(raw / "docci", lines, members)
    outcome = read(f"--docci {raw}/docci")
    assert outcome.status == 0, outcome.err
    assert [line for line in outcome.err.splitlines() if "left out" in line] == [
        "docci: 1 left out: empty text (the first: 'train_00001')",
        "docci: 1 left out: image file that is no plain name (the first: '../../../../escape.jpg')",
        "docci: 1 left out: missing image (the first: 'images/train_00004.jpg')",
        "docci: 1 left out: unreadable image (the first: 'images/train_00002.jpg')",
    ]
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg"))
    assert found == ["data/images/docci-train_00000.jpg"]


def test_a_source_of_which_nothing_can_be_read_ends_in_one_line(read, raw, tmp_path):
    write_docci(raw / "docci", [description("train_00000", "train")], [])
    outcome = read(f"--docci {raw}/docci --visual-genome {raw}/vg")
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == (
        f"error: {raw}/docci: none of 1 images of docci can be read"
    )
    assert not [name for name in OUTPUTS if (tmp_path / "data" / name).exists()]
    assert list((tmp_path / "data").iterdir()) == []


def test_a_source_that_lists_nothing_ends_in_one_line(read, raw):
    write_docci(raw / "docci", ["{}"], [])
    outcome = read(f"--docci {raw}/docci")
    assert outcome.status == 2
    assert outcome.err.splitlines() == [
        "docci: 1 left out: split None, which has no use here (the first: None)",
        f"error: {raw}/docci: docci lists no image that can be used",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "no source; --docci, --visual-genome, --winoground or --pixelprose"),
        ("--pixelprose x", "--pixelprose and --generated; both or neither is needed"),
        ("--docci RAW/none", "no such file: RAW/none/docci_descriptions.jsonlines"),
        ("--docci RAW/docci --limit train", "--limit 'train'; as in train=1000, with 1 or more"),
        ("--docci RAW/docci --limit train=0", "--limit 'train=0'; as in train=1000"),
        (
            "--docci RAW/docci --limit vg=1",
            "a limit of split 'vg'; the sources have test, train, validation",
        ),
        (
            "--docci RAW/docci --limit test=1 --limit test=2",
            "--limit 'test=2': split 'test' is given twice",
        ),
    ],
)
def test_bad_options_end_in_one_line(read, raw, more, message):
    outcome = read(more.replace("RAW", str(raw)))
    assert outcome.status == 2
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"error: {message.replace('RAW', str(raw))}")


def test_a_folder_that_holds_something_else_is_not_replaced(read, raw, tmp_path):
    (tmp_path / "data/images").mkdir(parents=True)
    (tmp_path / "data/images/thesis").write_text("mine")
    outcome = read(f"--docci {raw}/docci")
    assert outcome.status == 2
    assert (tmp_path / "data/images/thesis").read_text() == "mine"
