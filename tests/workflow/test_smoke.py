"""Everything at smoke scale, from nothing; then what of table 1 reruns after which change."""

import csv
import json
import re
from pathlib import Path

import jsonschema

ROOT = Path(__file__).parents[2]
TABLE = "paper_tables/table1.csv"
SMOKE = ("--config", "scale=smoke")
TABLES = {f"table{number}" for number in range(1, 12)}
TABLES |= {"table1_ood", "human_evaluation", "pixelprose"}
FIGURES = {"precision_recall", "response_accuracy_by_taxonomy", "training_curves", "tau_sweep",
           "token_rates", "exam_against_hallucination", "mix_against_hallucination",
           "estimated_against_true"}  # fmt: skip


def planned(output: str) -> set[str]:
    """Rules of which Snakemake plans a job."""
    table = output.partition("Job stats:")[2]
    return set(re.findall(r"^(\w+) +\d+$", table, re.MULTILINE)) - {"total"}


def append(path: Path, line: str) -> None:
    with open(path, "a") as file:
        file.write(f"{line}\n")


def check_published(folder: Path) -> None:
    """Every table fits its schema and has a reading copy; every figure and page is there."""
    assert {path.stem for path in (folder / "paper_tables").glob("*.csv")} == TABLES
    for name in TABLES:
        schema = json.loads((ROOT / f"workflow/schemas/{name}.schema.json").read_text())
        with open(folder / f"paper_tables/{name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        # Rows of the paper's numbers stand among ours in some tables.
        assert {row["scale"] for row in rows} - {"reported"} == {"smoke"}, name
        for row in rows:
            jsonschema.Draft202012Validator(schema).validate(row)
        text = (folder / f"paper_tables/{name}.md").read_text()
        assert text.startswith("# ") and "Scale `smoke`" in text
    for kind, magic in (("pdf", b"%PDF"), ("png", b"\x89PNG")):
        found = list((folder / "figures").glob(f"*.{kind}"))
        assert {path.stem for path in found} == FIGURES
        assert all(path.read_bytes().startswith(magic) for path in found)
    pages = [path.stem for path in (folder / "results/smoke/notebooks").glob("*.html")]
    notebooks = [path.stem for path in (ROOT / "workflow/notebooks").glob("*.py")]
    assert sorted(pages) == sorted(notebooks)
    with open(folder / "results/smoke/claims.csv", newline="") as file:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(file)}
    assert set(verdicts.values()) <= {"holds", "does not hold", "inconclusive", "not run"}
    assert verdicts["tldr_above_naive"] != "not run"
    assert verdicts["gpt_4o_hallucinates_least"] == "not run"
    audit = (folder / "paper_tables/audit.md").read_text()
    assert audit.startswith("# Audit of the paper's printed numbers")
    assert (folder / "results/audit.csv").is_file()
    page = (folder / "paper_tables/claims.md").read_text()
    assert page.startswith("# The paper's claims at scale `smoke`")


def test_everything_at_smoke_scale_and_what_reruns(snakemake, workflow_copy, tmp_path):
    def run(*arguments: str) -> str:
        shown = snakemake(*arguments, *SMOKE, root=workflow_copy)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        return shown.stdout + shown.stderr

    run("--cores", "2")
    check_published(tmp_path / "elsewhere")
    with open(tmp_path / "elsewhere" / TABLE, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["backbone"], row["reward_model"]) for row in rows[:4]] == [
        ("paligemma", "tldr"),
        ("paligemma", "naive"),
        ("llama", "tldr"),
        ("llama", "naive"),
    ]
    assert not list(workflow_copy.glob("results/*")), "results lie in the working folder"

    assert "Nothing to be done" in run("--cores", "2")

    package = workflow_copy / "workflow/src/tldr_reward"
    append(package / "metrics/accuracy.py", "# edited")
    measures = {"measure_reward_model", "measure_likelihood", "measure_baseline"}
    assert planned(run(TABLE, "-n")) == measures | {"make_table1"}

    append(package / "reward/training.py", "# edited")
    trainings = {"train_reward", "score_captions"}
    assert planned(run(TABLE, "-n")) == measures | trainings | {"make_table1"}
