"""The command `read-benchmarks`: the five benchmarks of table 5 in the pipeline's form."""

import pytest

from tests.sources.raw import (
    blink_row,
    parity_row,
    picture,
    winner_row,
    write_blink,
    write_isobench,
)
from tldr_reward.records import BenchmarkItem, read_records

TASKS = ("Counting", "Spatial_Relation", "Object_Localization")
NAMES = ["chess_winner", "counting", "function_parity", "object_localization", "spatial_relation"]


@pytest.fixture
def read(command, tmp_path):
    """A function that reads both raw folders into `items`."""
    return lambda: command(
        f"read-benchmarks --blink {tmp_path}/blink --isobench {tmp_path}/isobench "
        f"--images {tmp_path}/items/images --out {tmp_path}/items"
    )


def test_five_files_and_their_images(read, tmp_path):
    rows = {task: [blink_row(number, task) for number in (1, 2)] for task in TASKS}
    rows["Counting"].append({**blink_row(3), "image_1": None})
    write_blink(tmp_path / "blink", rows)
    write_isobench(tmp_path / "isobench", [parity_row(0)], [winner_row(0), winner_row(1, "Draw")])
    outcome = read()
    assert outcome.status == 0, outcome.err
    assert sorted(path.stem for path in (tmp_path / "items").glob("*.jsonl")) == NAMES
    items = {
        name: read_records(tmp_path / "items" / f"{name}.jsonl", BenchmarkItem) for name in NAMES
    }
    assert {name: len(of_name) for name, of_name in items.items()} == {
        "chess_winner": 2,
        "counting": 2,
        "function_parity": 1,
        "object_localization": 2,
        "spatial_relation": 2,
    }
    path = "images/object_localization-val_Object_Localization_1.jpg"
    item = items["object_localization"][0]
    assert (item.path, item.benchmark) == (path, "object_localization")
    assert (tmp_path / "items" / path).read_bytes() == picture("blue")
    assert len(list((tmp_path / "items/images").iterdir())) == 9
    assert [line for line in outcome.err.splitlines() if "left out" in line] == [
        "counting: 1 left out: missing image (the first: 'counting-val_Counting_3')"
    ]


def test_a_benchmark_without_an_item_ends_in_one_line(read, tmp_path):
    write_blink(tmp_path / "blink", {task: [blink_row(1, task)] for task in TASKS})
    write_isobench(tmp_path / "isobench", [parity_row(0, "?")], [winner_row(0)])
    outcome = read()
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == (
        f"error: {tmp_path}/isobench: no item of function_parity can be read"
    )
    assert not (tmp_path / "items").exists() or list((tmp_path / "items").iterdir()) == []
