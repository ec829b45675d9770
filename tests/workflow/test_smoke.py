"""Everything at smoke scale, from nothing; then what of table 1 reruns after which change."""

import csv
import json
import re
import zipfile
from pathlib import Path

import jsonschema

ROOT = Path(__file__).parents[2]
TABLE = "paper_tables/table1.csv"
SMOKE = ("--config", "scale=smoke")
TABLES = {f"table{number}" for number in range(1, 12)}
TABLES |= {"table1_ood", "human_evaluation", "pixelprose"}
FIGURES = {"precision_recall", "response_accuracy_by_taxonomy", "training_curves", "tau_sweep",
           "token_rates", "exam_against_hallucination", "mix_against_hallucination",
           "estimated_against_true", "reliability"}  # fmt: skip


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
    check_provenance(folder)
    check_report(folder)


def check_provenance(folder: Path) -> None:
    """Beside each table stands what it comes from; the crate holds both."""
    for name in [*TABLES, "claims"]:
        found = json.loads((folder / f"paper_tables/{name}.provenance.json").read_text())
        assert found["scale"] == "smoke" and found["seeds"] == [0], name
        assert found["inputs_sha256"] and len(found["configuration_sha256"]) == 64
        rules = {row["rule"]: row["jobs"] for row in found["rules"]}
        if name not in ("table7", "claims"):
            assert rules["draw_scenes"] == 1, name
    table1 = json.loads((folder / "paper_tables/table1.provenance.json").read_text())
    assert {row["rule"] for row in table1["rules"]} >= {"train_vision", "train_language"}
    assert next(row["jobs"] for row in table1["rules"] if row["rule"] == "train_reward") == 4
    assert table1["job_minutes"] > 0 and 0 < table1["gigabytes"] < 6
    with zipfile.ZipFile(folder / "results/smoke/run_crate.zip") as crate:
        names = set(crate.namelist())
    assert {f"paper_tables/{name}.csv" for name in TABLES} <= names
    assert {"ro-crate-metadata.json", "Snakefile", "results/smoke/claims.csv"} <= names
    run = "results/smoke/reward/llama/tldr/seed0"
    assert {f"{run}/metrics/test.csv", f"{run}/reward_model/settings.json"} <= names
    assert not [name for name in names if name.endswith(".safetensors")]


def check_report(folder: Path) -> None:
    """One page with every table and figure, and captions of both backbones."""
    page = (folder / "results/smoke/report.html").read_text()
    for name in TABLES | FIGURES:
        assert f'id="{name}"' in page
    assert set(re.findall(r'data-backbone="(\w+)"', page)) == {"paligemma", "llama"}
    assert page.count("data:image/png;base64,") > len(FIGURES)


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

    run("--report", "report.zip")
    with zipfile.ZipFile(tmp_path / "elsewhere/report.zip") as report:
        shown = {Path(name).name for name in report.namelist()}
    assert {f"{name}.csv" for name in TABLES} | {f"{name}.png" for name in FIGURES} <= shown

    append(workflow_copy / "workflow/config/models.tsv", "new\tfile\tsaid.jsonl\tsmoke\t")
    (tmp_path / "elsewhere/said.jsonl").touch()
    of_the_model = {"collect_responses", "judge_responses", "score_responses"}
    of_all = {"measure_hallucination", "make_table3"}
    assert planned(run("paper_tables/table3.csv", "-n")) == of_the_model | of_all

    package = workflow_copy / "workflow/src/tldr_reward"
    append(package / "metrics/accuracy.py", "# edited")
    measures = {"measure_reward_model", "measure_likelihood", "measure_baseline"}
    tables = {"make_table1"}
    assert planned(run(TABLE, "-n")) == measures | tables

    append(package / "reward/training.py", "# edited")
    trainings = {"train_reward", "score_captions"}
    assert planned(run(TABLE, "-n")) == measures | trainings | tables
