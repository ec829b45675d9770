"""IsoBench: plots of functions and final positions of chess games (table 5).

Its authors publish no prompts for these two with the data, and their two scorers ask in different
words: the questions here are our own. Choices are the labels, sorted, as their scorer has them.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from tldr_reward.sources.examples import Tally
from tldr_reward.sources.items import LETTERS, Asked, Picture, pictures
from tldr_reward.sources.tables import parquet_files, table_rows

COLUMNS = ("image", "label", "id")


@dataclasses.dataclass(frozen=True)
class Task:
    """A task of IsoBench: its folder, how we ask, and what the answers can be."""

    folder: str
    question: str
    choices: tuple[str, ...]


TASKS = {
    "function_parity": Task(
        "math_parity",
        "Is the function in this plot even, odd or neither?",
        ("even", "neither", "odd"),
    ),
    "chess_winner": Task(
        "winner_id",
        "This is the final position of a chess game. Who won it, black or white, or is it a draw?",
        ("black", "draw", "white"),
    ),
}


def isobench_pictures(folder: Path, benchmark: str, tally: Tally) -> Iterator[Picture]:
    """Items of one task, the options named by letter behind the question."""
    files = parquet_files(folder, f"{TASKS[benchmark].folder}/validation-*.parquet")
    return pictures(_asked(benchmark, table_rows(files, COLUMNS), tally), tally)


def _asked(benchmark: str, rows: Iterator[dict], tally: Tally) -> Iterator[Asked]:
    task = TASKS[benchmark]
    letters = dict(zip(task.choices, LETTERS, strict=False))
    prompt = " ".join([task.question, *(f"{mark} {word}" for word, mark in letters.items())])
    for row in rows:
        name = f"{benchmark}-{row['id']}"
        label = str(row["label"]).strip().lower()
        if label not in letters:
            tally.drop(f"label {ascii(row['label'])}, not among the choices", name)
        else:
            yield Asked(name, benchmark, prompt, task.choices, letters[label], row["image"])
