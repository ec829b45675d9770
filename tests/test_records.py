"""Records and files: what is refused, with file and line, and that no half file is left."""

import dataclasses
import errno
import json
import os
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    CellLabels,
    ImageRecord,
    Metric,
    ScoreRecord,
    read_records,
    read_rows,
    write_records,
    write_rows,
    writing,
    writing_folder,
)

CAPTION = CaptionRecord(
    caption_id="c1",
    image_id="i1",
    prompt="describe the image.",
    text="a red cat.",
    task="caption",
    origin="perturbed",
    taxonomy="visual_attribute",
    parent_id="c0",
    bad_spans=((2, 5),),
)


def fields_of(record) -> dict:
    return {"format": record.FORMAT} | dataclasses.asdict(record)


def line_of(**changes) -> str:
    return json.dumps(fields_of(CAPTION) | changes) + "\n"


RECORDS = [
    CAPTION,
    dataclasses.replace(CAPTION, text="Zürich: “STOP” — 停", bad_spans=None),
    ImageRecord("i1", "images/i1.png", "scene-dense", "test"),
    ScoreRecord("c1", "paligemma/tldr/seed0", ((0, 1), (2, 5)), (0.5, 1.0)),
    CellLabels("i1", {"shape": [0, 1]}, {"shape": 7}),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_come_back_from_a_file(tmp_path, record):
    path = tmp_path / "new" / "records.jsonl"
    assert write_records(path, [record, record]) == 2
    assert read_records(path, type(record)) == [record, record]
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["format"] == record.FORMAT


@given(
    text=st.text(min_size=1).filter(lambda text: text.strip()),
    data=st.data(),
)
@settings(max_examples=100, deadline=None)
def test_any_text_and_any_span_inside_it_come_back(tmp_path_factory, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    record = dataclasses.replace(CAPTION, text=text, bad_spans=((start, end),))
    path = tmp_path_factory.mktemp("records") / "one.jsonl"
    write_records(path, [record])
    assert read_records(path, CaptionRecord) == [record]


def test_no_labels_and_no_errors_are_different():
    assert dataclasses.replace(CAPTION, bad_spans=None).bad_spans is None
    assert dataclasses.replace(CAPTION, bad_spans=[]).bad_spans == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": " \n"}, "caption 'c1' has an empty text; a word is needed"),
        ({"bad_spans": [[8, 11]]}, r"has the bad span \[8, 11\), outside its text of 10 char"),
        ({"bad_spans": [[5, 2]]}, r"has the bad span \[5, 2\), outside its text"),
        ({"bad_spans": [[-1, 2]]}, r"has the bad span \[-1, 2\), outside its text"),
        ({"bad_spans": [[3, 3]]}, r"has the bad span \[3, 3\), outside its text"),
        ({"task": "song"}, "caption_id 'c1' has task 'song'; allowed: caption, vqa"),
        ({"origin": "lost"}, "has origin 'lost'; allowed: original, perturbed, generated"),
        ({"format": "caption/2"}, "format 'caption/2'; this version reads 'caption/1'"),
        ({"format": None}, "format None; this version reads 'caption/1'"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"bad_spans": [[1]]}, "not enough values to unpack"),
    ],
)
def test_bad_captions_are_refused_with_file_and_line(tmp_path, changes, message):
    path = tmp_path / "captions.jsonl"
    path.write_text(line_of() + "\n" + line_of(**changes))
    with pytest.raises(InputError, match=message) as caught:
        read_records(path, CaptionRecord)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not a JSON record"),
        ("[1]", "a JSON object is needed, not list"),
        ('{"format": "caption/1"}', "missing 6 required positional arguments"),
        ('{"format": "score/1"}', "format 'score/1'; this version reads 'caption/1'"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, line, message):
    path = tmp_path / "captions.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match=message):
        read_records(path, CaptionRecord)


@pytest.mark.parametrize(("offsets", "scores"), [(((0, 1),), ()), ((), ()), ((), (0.5,))])
def test_scores_need_one_probability_an_offset(offsets, scores):
    with pytest.raises(InputError, match="as many are needed, at least one"):
        ScoreRecord("c1", "run", offsets, scores)


def test_a_missing_file_is_named(tmp_path):
    for read in (read_records, read_rows):
        with pytest.raises(InputError, match="no such file: .*nothing"):
            read(tmp_path / "nothing", ImageRecord)


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "rows").write_bytes("run,Zürich\n".encode("cp1252"))
    for read in (read_records, read_rows):
        with pytest.raises(InputError, match="rows is no text in UTF-8"):
            read(tmp_path / "rows", ImageRecord)


METRIC = Metric("r", "llama", "tldr", "mini", "0", "test", "token_accuracy", 0.5, 0.25, 0.75, 8)


def test_rows_come_back_with_their_types(tmp_path):
    path = tmp_path / "metrics.csv"
    write_rows(path, [METRIC], Metric)
    assert path.read_text() == (
        "run,backbone,reward_model,scale,seed,split,metric,value,low,high,n\n"
        "r,llama,tldr,mini,0,test,token_accuracy,0.5,0.25,0.75,8\n"
    )
    assert read_rows(path, Metric) == [METRIC]


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("run,value\nr,1\n")
    with pytest.raises(InputError, match=r"columns \['run', 'value'\]; needed: \['run', 'backb"):
        read_rows(path, Metric)


class Disk:
    """A file that has room for `room` characters."""

    def __init__(self, file: typing.IO, room: int) -> None:
        self.file, self.room = file, room

    def write(self, text: str) -> int:
        self.room -= len(text)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(text)


@pytest.mark.parametrize("before", [None, "old\n"])
def test_a_full_disk_leaves_the_old_file_or_none(tmp_path, before):
    path = tmp_path / "captions.jsonl"
    if before is not None:
        path.write_text(before)
    with pytest.raises(OSError, match="No space left"), writing(path) as file:
        disk = Disk(file, room=12)
        disk.write("half a line ")
        disk.write("and more")
    left = {found.name: found.read_text() for found in tmp_path.iterdir()}
    assert left == ({} if before is None else {"captions.jsonl": before})


@pytest.mark.parametrize("write", [write_records, write_rows])
def test_a_disk_that_is_found_full_at_the_end_leaves_no_file(tmp_path, monkeypatch, write):
    """Small files reach the disk when they are flushed: fsync is where the error appears."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    rows = [CAPTION] if write is write_records else [METRIC]
    arguments = () if write is write_records else (Metric,)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "out", rows, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_records_are_made_leaves_no_file(tmp_path):
    def records():
        yield CAPTION
        raise InputError("the second one is bad")

    with pytest.raises(InputError):
        write_records(tmp_path / "out.jsonl", records())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_appears_whole_or_keeps_what_it_had(tmp_path):
    path = tmp_path / "images"
    with writing_folder(path, "*.png") as folder:
        (folder / "a.png").write_bytes(b"a")
        assert not path.exists()
    assert [file.name for file in path.iterdir()] == ["a.png"]
    with pytest.raises(OSError), writing_folder(path, "*.png") as folder:
        (folder / "b.png").write_bytes(b"b")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert [file.name for file in path.iterdir()] == ["a.png"]
    with writing_folder(path, "*.png") as folder:
        (folder / "c.png").write_bytes(b"c")
    assert [file.name for file in path.iterdir()] == ["c.png"]
    assert [file.name for file in tmp_path.iterdir()] == ["images"]


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path):
    path = tmp_path / "thesis"
    path.mkdir()
    (path / "chapter.tex").write_text("years of work")
    (path / ".hidden").write_text("")
    message = "holds 'chapter.tex'; it would be replaced, so it may hold nothing but"
    with pytest.raises(InputError, match=message), writing_folder(path, "*.png"):
        pass
    assert (path / "chapter.tex").read_text() == "years of work"
