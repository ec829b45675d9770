"""BLINK and IsoBench: rows of their tables become items of the form that the harness reads."""

import pytest

from tests.sources.raw import (
    blink_row,
    cell,
    parity_row,
    picture,
    winner_row,
    write_blink,
    write_isobench,
    write_parquet,
)
from tldr_reward.benchmarks.harness import question_alone
from tldr_reward.benchmarks.parsing import parse_blink, parse_isobench
from tldr_reward.errors import InputError
from tldr_reward.records import BenchmarkItem
from tldr_reward.sources.blink import blink_pictures
from tldr_reward.sources.examples import Tally
from tldr_reward.sources.isobench import isobench_pictures

COUNTING = BenchmarkItem(
    "counting-val_Counting_1",
    "counting",
    "counting-val_Counting_1.jpg",
    "How many blue floats are there?\nSelect from the following choices.\n"
    "(A) 0\n(B) 3\n(C) 2\n(D) 1",
    ("(A)", "(B)", "(C)", "(D)"),
    ("0", "3", "2", "1"),
    "(B)",
)


def read_blink(folder, benchmark="counting"):
    tally = Tally(benchmark)
    return list(blink_pictures(folder, benchmark, tally)), dict(tally.causes)


def read_isobench(folder, benchmark):
    tally = Tally(benchmark)
    return list(isobench_pictures(folder, benchmark, tally)), dict(tally.causes)


def test_blink_is_asked_with_its_own_prompts(tmp_path):
    write_blink(tmp_path, {"Counting": [blink_row(1), blink_row(2)]})
    found, causes = read_blink(tmp_path)
    assert [one.item.item_id for one in found] == [
        "counting-val_Counting_1",
        "counting-val_Counting_2",
    ]
    assert found[0].item == COUNTING
    assert found[0].data == picture("blue")
    assert causes == {}


def test_the_harness_reads_blinks_items():
    assert question_alone(COUNTING) == "How many blue floats are there?"
    assert parse_blink("(B)", COUNTING.options, COUNTING.choices) == COUNTING.answer


def test_blink_rows_that_are_left_out(tmp_path):
    good = blink_row(1)
    rows = [
        good,
        good,
        {**blink_row(2), "image_2": cell(picture("red"))},
        {**blink_row(3), "image_1": None},
        {**blink_row(4), "image_1": cell(b"no image")},
        {**blink_row(5), "answer": "(E)"},
        {**blink_row(6), "answer": "hidden"},
        {**blink_row(7), "prompt": "How many?"},
        {**blink_row(8), "choices": ["0"]},
        {**blink_row(9), "choices": ["0", " "]},
        {**blink_row(10), "idx": "../../x"},
    ]
    write_blink(tmp_path, {"Counting": rows})
    found, causes = read_blink(tmp_path)
    assert [one.item for one in found] == [COUNTING]
    assert causes == {
        "duplicate id": 1,
        "several images": 1,
        "missing image": 1,
        "unreadable image": 1,
        "answer '(E)', which is not among the options": 1,
        "answer 'hidden', which is not among the options": 1,
        "prompt without its options": 1,
        "1 choices": 1,
        "empty text": 1,
        "id that is no plain name": 1,
    }


def test_isobench_labels_become_letters(tmp_path):
    parity = [parity_row(0, "odd"), parity_row(1, "even"), parity_row(2, "neither")]
    winner = [winner_row(0, "White"), winner_row(1, "Black"), winner_row(2, "Draw")]
    write_isobench(tmp_path, parity, winner)
    found, causes = read_isobench(tmp_path, "function_parity")
    assert found[0].item == BenchmarkItem(
        "function_parity-math_parity_0",
        "function_parity",
        "function_parity-math_parity_0.png",
        "Is the function in this plot even, odd or neither? (A) even (B) neither (C) odd",
        ("(A)", "(B)", "(C)"),
        ("even", "neither", "odd"),
        "(C)",
    )
    assert [one.item.answer for one in found] == ["(C)", "(A)", "(B)"]
    assert found[0].data == picture("white", "PNG")
    assert causes == {}
    item = found[0].item
    assert question_alone(item) == "Is the function in this plot even, odd or neither?"
    assert parse_isobench("It is odd.", item.options, item.choices) == item.answer
    found, _ = read_isobench(tmp_path, "chess_winner")
    assert [one.item.answer for one in found] == ["(C)", "(A)", "(B)"]
    assert found[0].item.prompt == (
        "This is the final position of a chess game. Who won it, black or white, or is it a draw? "
        "(A) black (B) draw (C) white"
    )


def test_isobench_ids_may_be_numbers_and_labels_must_be_known(tmp_path):
    rows = [{**parity_row(0), "id": 7}, {**parity_row(1, "both"), "id": 8}]
    write_isobench(tmp_path, rows, [winner_row(0)])
    found, causes = read_isobench(tmp_path, "function_parity")
    assert [one.item.item_id for one in found] == ["function_parity-7"]
    assert causes == {"label 'both', not among the choices": 1}


def test_tables_that_are_missing_broken_or_others_end_in_one_line(tmp_path, capfd):
    with pytest.raises(InputError, match="no such file: .*/Counting/val-\\*.parquet"):
        read_blink(tmp_path)
    path = tmp_path / "Counting/val-00000-of-00001.parquet"
    path.parent.mkdir()
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(InputError, match=f"^not a readable Parquet file: {path} "):
        read_blink(tmp_path)
    assert capfd.readouterr().err == ""
    write_parquet(path, {"idx": ["a"], "question": ["b"]})
    with pytest.raises(InputError, match="has no column 'prompt'; it has idx, question"):
        read_blink(tmp_path)
