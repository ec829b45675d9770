"""The published IsoBench items, where TLDR_ISOBENCH names their folder: read, drawn, checked.

The folder holds math_parity.csv (index, code, latex, label) and winner_id.csv (index, pgn, label).
"""

import csv
import os
from collections import Counter
from pathlib import Path

import chess
import numpy as np
import pytest

from tldr_reward.world.chess_games import draw_board, read_game
from tldr_reward.world.functions import plot_function
from tldr_reward.world.isobench import mislabelled_functions
from tldr_reward.world.rational import parse_function, parse_latex

FOLDER = os.environ.get("TLDR_ISOBENCH", "")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="TLDR_ISOBENCH does not name a folder with math_parity.csv, winner_id.csv"
)


def rows(name: str) -> list[dict[str, str]]:
    with open(Path(FOLDER) / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_function_is_read_and_drawn():
    functions = rows("math_parity.csv")
    assert len(functions) == 384
    assert Counter(row["label"] for row in functions) == {"even": 128, "odd": 128, "neither": 128}
    for row in functions:
        pixels = plot_function(parse_function(row["code"]))
        assert pixels.shape == (64, 64, 3)
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 3


def test_latex_and_code_are_one_function():
    x = np.linspace(-2, 2, 41)
    for row in rows("math_parity.csv"):
        code, latex = parse_function(row["code"]), parse_latex(row["latex"])
        assert np.allclose(code.values(x), latex.values(x), rtol=1e-9)
        assert code.parity() == latex.parity()


def test_six_published_labels_are_wrong():
    labelled = [(row["index"], row["code"], row["label"]) for row in rows("math_parity.csv")]
    found = [
        (label.index, label.published, label.parity) for label in mislabelled_functions(labelled)
    ]
    assert found == [
        ("57", "neither", "even"),
        ("71", "neither", "even"),
        ("94", "neither", "even"),
        ("164", "neither", "even"),
        ("268", "neither", "even"),
        ("311", "odd", "both"),
    ]


def test_every_game_is_read_and_drawn_and_mates_have_their_label():
    games = rows("winner_id.csv")
    assert len(games) == 257
    assert Counter(row["label"] for row in games) == {"White": 127, "Black": 115, "Draw": 15}
    mates = 0
    for row in games:
        board = read_game(row["pgn"])
        pixels = draw_board(board)
        assert pixels.shape == (64, 64, 3)
        assert (pixels > 240).all(axis=2).any() and (pixels < 30).all(axis=2).any()  # two kings
        if board.is_checkmate():
            mates += 1
            assert row["label"] == ("Black" if board.turn == chess.WHITE else "White")
    assert mates > 50
