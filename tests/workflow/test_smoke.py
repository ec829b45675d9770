"""The main target at smoke scale, from nothing; then what reruns after which change."""

import csv
import re
from pathlib import Path

TABLE = "paper_tables/table1.csv"
SMOKE = ("--config", "scale=smoke")


def planned(output: str) -> set[str]:
    """Rules of which Snakemake plans a job."""
    table = output.partition("Job stats:")[2]
    return set(re.findall(r"^(\w+) +\d+$", table, re.MULTILINE)) - {"total"}


def append(path: Path, line: str) -> None:
    with open(path, "a") as file:
        file.write(f"{line}\n")


def test_table1_at_smoke_scale_and_its_reruns(snakemake, workflow_copy, tmp_path):
    def run(*arguments: str) -> str:
        shown = snakemake(*arguments, *SMOKE, root=workflow_copy)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        return shown.stdout + shown.stderr

    run(TABLE, "--cores", "2")
    with open(tmp_path / "elsewhere" / TABLE, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["backbone"], row["reward_model"]) for row in rows[:4]] == [
        ("paligemma", "tldr"),
        ("paligemma", "naive"),
        ("llama", "tldr"),
        ("llama", "naive"),
    ]
    assert {row["scale"] for row in rows} == {"smoke"}
    assert not list(workflow_copy.glob("results/*")), "results lie in the working folder"

    assert "Nothing to be done" in run(TABLE, "--cores", "2")

    package = workflow_copy / "workflow/src/tldr_reward"
    append(package / "metrics/accuracy.py", "# edited")
    measures = {"measure_reward_model", "measure_likelihood", "measure_baseline"}
    assert planned(run(TABLE, "-n")) == measures | {"make_table1"}

    append(package / "reward/training.py", "# edited")
    trainings = {"train_reward", "score_captions"}
    assert planned(run(TABLE, "-n")) == measures | trainings | {"make_table1"}
