"""Chess: games end as asked, PGN is read or refused, boards look like their positions."""

import chess
import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.world.chess_games import draw_board, play_game, read_game


@pytest.mark.parametrize("winner", ["white", "black", "draw"])
def test_games_end_as_asked(winner):
    board = play_game(np.random.default_rng(1), winner)
    if winner == "draw":
        assert not board.is_checkmate()
        assert (
            board.is_stalemate() or board.is_insufficient_material() or board.halfmove_clock >= 100
        )
    else:
        assert board.is_checkmate()
        assert chess.COLOR_NAMES[not board.turn] == winner


def test_a_game_is_the_same_every_time():
    first, second = (play_game(np.random.default_rng(2), "white").fen() for _ in range(2))
    assert first == second


def test_pgn_gives_its_final_position():
    board = read_game("1. f3 e5 2. g4 Qh4#")
    assert board.fen() == "rnb1kbnr/pppp1ppp/8/4p3/6Pq/5P2/PPPPP2P/RNBQKBNR w KQkq - 1 3"
    assert board.is_checkmate()


@pytest.mark.parametrize("pgn", ["", "no game at all", "1. e4 e5 2. Ke3"])
def test_other_text_is_refused_in_one_line(pgn):
    with pytest.raises(InputError) as caught:
        read_game(pgn)
    assert "\n" not in str(caught.value)


def test_pieces_stand_where_they_stand():
    pixels = draw_board(chess.Board("8/8/8/8/8/8/8/K6q w - - 0 1")).astype(int)
    white = (pixels > 240).all(axis=2)
    black = (pixels < 30).all(axis=2)
    assert white[56:64, 0:8].sum() == white.sum() > 10
    assert black[56:64, 56:64].sum() == black.sum() > 10


def test_no_two_pieces_look_alike():
    kinds = [piece + "7/8/8/8/8/8/8/8 w - - 0 1" for piece in "PNBRQKpnbrqk"]
    assert len({draw_board(chess.Board(fen))[:8, :8].tobytes() for fen in kinds}) == 12


def test_the_two_squares_differ_and_a1_is_dark():
    pixels = draw_board(chess.Board("8/8/8/8/8/8/8/8 w - - 0 1")).astype(int)
    assert pixels[63, 0].sum() < pixels[63, 8].sum()
    assert np.array_equal(pixels[63, 0], pixels[0, 63])
