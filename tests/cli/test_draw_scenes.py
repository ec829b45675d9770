"""draw-scenes: what it writes, and one line and no half output for bad input or a full disk."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tldr_reward.records import CellLabels, ImageRecord, read_records
from tldr_reward.world.drawing import draw_image
from tldr_reward.world.scenes import Scene, cell_labels


def line(folder: Path, splits: str = "--split train=3 --split test=2") -> str:
    return (
        f"draw-scenes {splits} --seed 4 --images {folder}/images "
        f"--image-records {folder}/images.jsonl --scenes {folder}/scenes.jsonl "
        f"--cells {folder}/cells.jsonl"
    )


def test_images_records_scenes_and_cells_belong_together(command, tmp_path):
    assert command(line(tmp_path)).status == 0
    images = read_records(tmp_path / "images.jsonl", ImageRecord)
    scenes = read_records(tmp_path / "scenes.jsonl", Scene)
    cells = read_records(tmp_path / "cells.jsonl", CellLabels)
    assert [(image.image_id, image.source, image.split) for image in images] == [
        ("train-000000", "scene-dense", "train"),
        ("train-000001", "scene-qa", "train"),
        ("train-000002", "scene-dense", "train"),
        ("test-000000", "scene-dense", "test"),
        ("test-000001", "scene-dense", "test"),
    ]
    assert [scene.image_id for scene in scenes] == [image.image_id for image in images]
    assert cells == [cell_labels(scene) for scene in scenes]
    for image, scene in zip(images, scenes, strict=True):
        assert image.path == f"images/{image.image_id}.png"
        with Image.open(tmp_path / image.path) as found:
            assert np.array_equal(np.asarray(found), draw_image(scene))
    assert len(list((tmp_path / "images").iterdir())) == 5


def test_paths_are_relative_to_the_record_file(command, tmp_path):
    arguments = line(tmp_path).replace(f"{tmp_path}/images.jsonl", f"{tmp_path}/records/i.jsonl")
    assert command(arguments).status == 0
    (image, *_) = read_records(tmp_path / "records" / "i.jsonl", ImageRecord)
    assert image.path == "../images/train-000000.png"


def test_a_second_run_replaces_the_first_ones_images(command, tmp_path):
    assert command(line(tmp_path)).status == 0
    assert command(line(tmp_path, "--split test=1")).status == 0
    assert [file.name for file in (tmp_path / "images").iterdir()] == ["test-000000.png"]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ("--split test=-1", "--split 'test=-1': a count of 0 or more is needed, as in test=4"),
        ("--split winter=4", "--split 'winter=4': no split 'winter'; allowed: pretrain, train, "),
        ("--split test=1 --split test=2", "split 'test' is given twice"),
        ("--split test=0", "no images at all; at least 1 is needed"),
        ("--seed -1 --split test=1", "Invalid value for '--seed'"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(command, tmp_path, splits, message):
    outcome = command(line(tmp_path, splits).replace("--seed 4", ""))
    assert outcome.status == 2
    assert message in outcome.err
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_other_files_is_left_alone(command, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "holiday.jpg").write_bytes(b"x")
    outcome = command(line(tmp_path))
    assert outcome.status == 2
    assert "holds 'holiday.jpg'; it would be replaced" in outcome.err
    assert [file.name for file in tmp_path.rglob("*")] == ["images", "holiday.jpg"]


def test_a_disk_that_gets_full_leaves_no_images(command, tmp_path, monkeypatch):
    write = Path.write_bytes
    written = []

    def write_bytes(self: Path, data: bytes) -> int:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        written.append(self)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    outcome = command(line(tmp_path))
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1].startswith("error: cannot read or write: ")
    assert outcome.err.endswith("No space left on device\n")
    assert list(tmp_path.iterdir()) == []
