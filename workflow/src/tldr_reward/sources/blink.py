"""BLINK: multiple-choice questions about images (table 5), of the validation split.

The test split's answers are not published.
"""

from collections.abc import Iterator
from pathlib import Path

from tldr_reward.sources.examples import Tally
from tldr_reward.sources.items import LETTERS, Asked, Picture, pictures, texts
from tldr_reward.sources.tables import parquet_files, table_rows

# Benchmark -> BLINK's subtask. Each shows one image.
TASKS = {
    "counting": "Counting",
    "spatial_relation": "Spatial_Relation",
    "object_localization": "Object_Localization",
}
COLUMNS = ("idx", "prompt", "choices", "answer", "image_1", "image_2")


def blink_pictures(folder: Path, benchmark: str, tally: Tally) -> Iterator[Picture]:
    """Items of one subtask, asked with its own prompts, which name the options by letter."""
    files = parquet_files(folder, f"{TASKS[benchmark]}/val-*.parquet")
    return pictures(_asked(benchmark, table_rows(files, COLUMNS), tally), tally)


def _asked(benchmark: str, rows: Iterator[dict], tally: Tally) -> Iterator[Asked]:
    for row in rows:
        name, prompt, choices = f"{benchmark}-{row['idx']}", row["prompt"], row["choices"] or []
        if row["image_2"] is not None:
            tally.drop("several images", name)
        elif not texts([prompt, *choices]):
            tally.drop("empty text", name)
        elif not 2 <= len(choices) <= len(LETTERS):
            tally.drop(f"{len(choices)} choices", name)
        elif not all(letter in prompt for letter in LETTERS[: len(choices)]):
            tally.drop("prompt without its options", name)
        else:
            texts_of = (prompt.strip(), tuple(choices), row["answer"])
            yield Asked(name, benchmark, *texts_of, row["image_1"])
