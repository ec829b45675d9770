"""The zoo's registry: a new row runs its own jobs, and bad rows end in one line."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("paper_tables/table3.csv", "figures/exam_against_hallucination.pdf")


def models(scale: str) -> list[dict[str, str]]:
    with open(ROOT / "workflow/config/models.tsv", newline="") as file:
        return [
            row for row in csv.DictReader(file, delimiter="\t")
            if scale in row["scales"].split(",")
        ]  # fmt: skip


def add_row(workflow: Path, row: str) -> None:
    with open(workflow / "workflow/config/models.tsv", "a") as file:
        file.write(row.replace(" ", "\t") + "\n")


def jobs(output: str, rule: str) -> set[str]:
    """Models for which a rule is planned."""
    pattern = rf"^(?:local)?rule {rule}:\n(?: .*\n)*?    wildcards: model=(\w+)"
    return set(re.findall(pattern, output, re.MULTILINE))


def test_the_mini_zoo_has_ten_models_of_two_architectures_and_the_truth():
    rows = models("mini")
    assert [row["kind"] for row in rows].count("folder") == 10
    folders = [row["source"] for row in rows if row["kind"] == "folder"]
    assert sum("/paligemma" in source for source in folders) == 5
    assert sum("/llama" in source for source in folders) == 5
    assert [row["model"] for row in rows if row["kind"] == "file"] == ["true_captions"]
    assert {row["kind"] for row in models("smoke")} == {"folder", "file"}


def test_a_kept_step_waits_for_the_training_that_keeps_it(snakemake):
    shown = snakemake("results/mini/zoo/llama_step450/responses.jsonl", "-n", "-p")
    assert shown.returncode == 0, shown.stderr
    output = shown.stdout + shown.stderr
    assert jobs(output, "collect_responses") == {"llama_step450"}
    assert "--source results/mini/backbones/llama/checkpoints/step450" in output
    assert " --keep-at 400,450,600 " in output
    assert "paligemma/final" not in output


def test_narrow_backbones_are_the_same_architectures(snakemake):
    shown = snakemake("results/mini/zoo/paligemma_narrow/responses.jsonl", "-n", "-p")
    command = re.search(r"train-vision .*", shown.stdout + shown.stderr).group()
    assert "--architecture paligemma " in command
    assert " --width 64 " in command


@pytest.mark.parametrize(
    ("row", "started"),
    [
        ("mine folder {folder} smoke ", "--kind folder --source {folder}"),
        ("mine file {file} smoke ", "--kind file --source {file}"),
        ("mine endpoint http://127.0.0.1:9/v1#m smoke ",
         "--kind endpoint --source 'http://127.0.0.1:9/v1#m'"),
        (f"mine hub some/one@{'0' * 40} smoke ", f"--kind hub --source some/one@{'0' * 40}"),
    ],
)  # fmt: skip
def test_a_new_row_runs_that_models_jobs_alone(snakemake, workflow_copy, tmp_path, row, started):
    places = {"folder": str(tmp_path / "model"), "file": str(tmp_path / "said.jsonl")}
    (tmp_path / "model").mkdir()
    (tmp_path / "said.jsonl").touch()
    smoke = ("--config", "scale=smoke")
    # As after a complete run: every file is there and its provenance is recorded.
    shown = snakemake(*TARGETS, "--touch", "--cores", "1", *smoke, root=workflow_copy)
    made = snakemake(*TARGETS, "-n", *smoke, root=workflow_copy)
    assert made.returncode == 0, shown.stderr + made.stderr
    before = made.stdout + made.stderr
    add_row(workflow_copy, row.format(**places))
    planned = snakemake(*TARGETS, "-n", "-p", *smoke, root=workflow_copy)
    assert planned.returncode == 0, planned.stderr
    after = planned.stdout + planned.stderr
    for rule in ("collect_responses", "judge_responses", "score_responses",
                 "measure_hallucination"):  # fmt: skip
        assert jobs(after, rule) - jobs(before, rule) == {"mine"}
    assert started.format(**places) in after


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            "mine hub some/one@main mini ",
            "error: models.tsv, line 13: source: 'some/one@main' does",
        ),
        (
            "mine endpoint http://host/v1 mini ",
            "error: models.tsv, line 13: source: 'http://host/v1",
        ),
        ("mine folder x tiny ", "error: models.tsv, line 13: scales: 'tiny' does not match"),
        ("mine disc x mini ", "error: models.tsv, line 13: kind is 'disc'; allowed: folder, hub, "),
        ("llama folder x mini ", "error: models.tsv, line 13: llama stands there a second time"),
    ],
)
def test_a_bad_row_ends_in_one_line(snakemake, workflow_copy, row, line):
    add_row(workflow_copy, row)
    shown = snakemake("-n", root=workflow_copy)
    assert shown.returncode == 1
    assert [text for text in shown.stderr.splitlines() if text.startswith(line)]
    assert "Traceback" not in shown.stderr
