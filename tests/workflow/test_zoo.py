"""The zoo's registry: a new row runs its own jobs, and bad rows end in one line."""

import csv
import json
import re
from pathlib import Path

import jsonschema
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
    shown = snakemake("results/mini/zoo/llama_step350/responses.jsonl", "-n", "-p")
    assert shown.returncode == 0, shown.stderr
    output = shown.stdout + shown.stderr
    assert jobs(output, "collect_responses") == {"llama_step350"}
    assert "--source results/mini/backbones/llama/checkpoints/step350" in output
    assert " --keep-at 290,350,500 " in output
    assert "paligemma/final" not in output


def test_narrow_backbones_are_the_same_architectures(snakemake):
    shown = snakemake("results/mini/zoo/paligemma_narrow/responses.jsonl", "-n", "-p")
    command = re.search(r"train-vision .*", shown.stdout + shown.stderr).group()
    assert "--architecture paligemma " in command
    assert " --width 64 " in command


def make_outputs(plan: str, folder: Path) -> None:
    """An empty file or folder for every output that a dry run names."""
    for line in re.findall(r"^    output: (.*)$", plan, re.MULTILINE):
        for name in line.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch() if path.suffix else path.mkdir(exist_ok=True)


def test_new_rows_run_those_models_jobs_alone(snakemake, workflow_copy, tmp_path):
    def run(*arguments: str) -> str:
        shown = snakemake(*TARGETS, *arguments, "--config", "scale=smoke", root=workflow_copy)
        assert shown.returncode == 0, shown.stderr
        return shown.stdout + shown.stderr

    make_outputs(run("-n"), tmp_path / "elsewhere")
    run("--touch", "--cores", "1")
    assert "Nothing to be done" in run("-n")
    said = tmp_path / "said.jsonl"
    said.touch()
    add_row(workflow_copy, f"folder folder {tmp_path} smoke ")
    add_row(workflow_copy, f"file file {said} mini,smoke ")
    add_row(workflow_copy, "served endpoint http://127.0.0.1:9/v1#m smoke ")
    add_row(workflow_copy, f"hub hub some/one@{'0' * 40} smoke ")
    add_row(workflow_copy, "elsewhere file none.jsonl mini ")
    plan = run("-n", "-p")
    counts = dict(re.findall(r"^(\w+) +(\d+)$", plan.partition("Job stats:")[2], re.MULTILINE))
    own = ("collect_responses", "judge_responses", "score_responses", "measure_hallucination")
    shared = ("measure_correlation", "make_table3", "draw_exam_against_hallucination")
    expected = dict.fromkeys(own, "4") | dict.fromkeys(shared, "1")
    assert counts == expected | {"total": "19"}
    for rule in own:
        assert jobs(plan, rule) == {"folder", "file", "served", "hub"}
    assert f"--kind folder --source {tmp_path} " in plan
    assert f"--kind file --source {said} " in plan
    assert "--kind endpoint --source 'http://127.0.0.1:9/v1#m' " in plan
    assert f"--kind hub --source some/one@{'0' * 40} " in plan


@pytest.mark.parametrize(
    ("kind", "source", "fits"),
    [
        ("hub", f"some/one@{'0' * 40}", True),
        ("hub", "some/one@main", False),
        ("hub", f"one@{'0' * 40}", False),
        ("endpoint", "https://host:8000/v1#owner/model", True),
        ("endpoint", "https://host:8000/v1", False),
        ("endpoint", "host/v1#model", False),
        ("folder", "{results}/backbones/llama/final", True),
        ("disc", "somewhere", False),
    ],
)
def test_each_kind_has_a_source_of_its_form(kind, source, fits):
    schema = json.loads((ROOT / "workflow/schemas/models.schema.json").read_text())
    row = {"model": "m", "kind": kind, "source": source, "scales": "mini", "reported_row": ""}
    assert jsonschema.Draft202012Validator(schema).is_valid(row) == fits


def test_a_bad_row_ends_in_one_line(snakemake, workflow_copy):
    add_row(workflow_copy, "llama folder x mini ")
    shown = snakemake("-n", root=workflow_copy)
    assert shown.returncode == 1
    line = "error: models.tsv, line 21: llama stands there a second time"
    assert [text for text in shown.stderr.splitlines() if "error" in text] == [line]
    assert "Traceback" not in shown.stderr
