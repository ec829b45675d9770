"""Chess: games played out by two simple players, games read from PGN, boards drawn small."""

import io

import chess
import chess.pgn
import numpy as np

from tldr_reward.errors import InputError

BOARD_SIZE = 64
_SQUARE = 8  # pixels
_LIGHT, _DARK = (196, 178, 142), (118, 138, 92)
_COLOURS = {chess.WHITE: (252, 252, 252), chess.BLACK: (14, 14, 14)}
_MOST_PLIES = 240
# Share of a player's moves that take the most valuable piece it can; the others are random.
_GREED = {"strong": 1.0, "weak": 0.15}
_VALUES = {
    chess.PAWN: 1,
    chess.KNIGHT: 3,
    chess.BISHOP: 3,
    chess.ROOK: 5,
    chess.QUEEN: 9,
    chess.KING: 0,
}
_GLYPHS = {
    chess.PAWN: ("......", "..##..", "..##..", "..##..", ".####.", "......"),
    chess.KNIGHT: (".##...", "####..", "#####.", "..###.", ".####.", ".#####"),
    chess.BISHOP: ("..##..", ".####.", ".##.#.", ".####.", "..##..", "######"),
    chess.ROOK: ("#.##.#", "######", ".####.", ".####.", ".####.", "######"),
    chess.QUEEN: ("#.##.#", "#.##.#", "######", ".####.", ".####.", "######"),
    chess.KING: ("..##..", "######", "..##..", ".####.", "######", ".####."),
}


def play_game(rng: np.random.Generator, winner: str) -> chess.Board:
    """Final position of a game that `winner` (white, black or draw) won by mate, or that was drawn.

    The side that is to win plays better than the other one; for a draw both play well. Games that
    end otherwise, or not within 240 half-moves, are played again.
    """
    while True:
        board = chess.Board()
        skill = {
            side: "weak" if chess.COLOR_NAMES[not side] == winner else "strong"
            for side in chess.COLORS
        }
        while _result(board) is None and board.ply() < _MOST_PLIES:
            board.push(_choose(board, _GREED[skill[board.turn]], rng))
        if _result(board) == winner:
            return board


def _result(board: chess.Board) -> str | None:
    """Who has won by the rules that need no claim but the fifty moves; None while it goes on."""
    if not any(board.generate_legal_moves()):
        return chess.COLOR_NAMES[not board.turn] if board.is_check() else "draw"
    return "draw" if board.halfmove_clock >= 100 or board.is_insufficient_material() else None


def _choose(board: chess.Board, greed: float, rng: np.random.Generator) -> chess.Move:
    """A mate if there is one, else the best capture with chance `greed`, else any move."""
    moves = list(board.legal_moves)
    if rng.random() < greed:
        for move in moves:
            if board.gives_check(move) and _mates(board, move):
                return move
        gains = [_gain(board, move) for move in moves]
        if max(gains) > 0:
            return moves[int(np.argmax(gains))]
    return moves[int(rng.integers(len(moves)))]


def _mates(board: chess.Board, move: chess.Move) -> bool:
    board.push(move)
    mate = board.is_checkmate()
    board.pop()
    return mate


def _gain(board: chess.Board, move: chess.Move) -> int:
    """Value won by a move, less that of a piece that is put where it can be taken."""
    taken = board.piece_type_at(move.to_square)
    gain = _VALUES[taken] if taken else int(board.is_en_passant(move))
    gain += _VALUES[move.promotion] if move.promotion else 0
    if gain and board.is_attacked_by(not board.turn, move.to_square):
        gain -= _VALUES[board.piece_type_at(move.from_square)]
    return gain


def read_game(pgn: str) -> chess.Board:
    """Final position of a game in PGN; InputError when a move of it cannot be played."""
    game = chess.pgn.read_game(io.StringIO(pgn))
    if game is None or not game.mainline_moves():
        raise InputError(f"no game in PGN {pgn[:60]!r}")
    if game.errors:
        raise InputError(f"PGN {pgn[:60]!r}: {game.errors[0]}")
    return game.end().board()


def draw_board(board: chess.Board) -> np.ndarray:
    """A position seen from White's side: uint8 [64, 64, 3], 8 pixels a square."""
    pixels = np.zeros((BOARD_SIZE, BOARD_SIZE, 3), dtype=np.uint8)
    for square in chess.SQUARES:
        file, rank = chess.square_file(square), chess.square_rank(square)
        top, left = (7 - rank) * _SQUARE, file * _SQUARE
        area = pixels[top : top + _SQUARE, left : left + _SQUARE]
        area[:] = _LIGHT if (file + rank) % 2 else _DARK
        piece = board.piece_at(square)
        if piece is not None:
            rows = _GLYPHS[piece.piece_type]
            inked = np.array([[mark == "#" for mark in row] for row in rows])
            area[1:7, 1:7][inked] = _COLOURS[piece.color]
    return pixels
