"""The verify command on tables of a few rows, and what it refuses."""

from pathlib import Path

import pytest

from tldr_reward.paper.claims import ClaimEffect, ClaimRow
from tldr_reward.paper.reference import FileAgreement
from tldr_reward.records import read_rows

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/claims.schema.json"
CLAIMS = """
budgets:
  small: {job_minutes: 1, gigabytes: 1, gpu_hours: 0, jobs: [draw]}
claims:
  - id: better
    claim: TLDR is better.
    where: table 1
    compare:
      - table: paper_tables/t.csv
        columns: [a]
        rows: {model: [tldr]}
        minus: {model: naive}
        expect: above
    budget: small
    command: snakemake --cores 8 paper_tables/t.csv
"""
TABLE = "model,a,a_low,a_high,scale\ntldr,60,57,63,mini\nnaive,50,47,53,mini\n"


@pytest.fixture
def verify(tmp_path, command, monkeypatch):
    """Runs the command in a folder with this registry and this table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paper_tables").mkdir()
    (tmp_path / "paper_tables/t.csv").write_text(TABLE)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/draw.tsv").write_text("s\tmax_rss\n90.0\t512.0\n")

    def run(claims=CLAIMS):
        (tmp_path / "claims.yaml").write_text(claims)
        return command(
            f"verify --claims claims.yaml --schema {SCHEMA} --table paper_tables/t.csv "
            "--benchmarks benchmarks --scale mini --out claims.csv --effects effects.csv "
            "--markdown claims.md"
        )

    return run


def test_claims_and_effects_are_written(verify, tmp_path):
    outcome = verify()
    assert outcome.status == 0, outcome.err
    (row,) = read_rows(tmp_path / "claims.csv", ClaimRow)
    assert (row.claim, row.verdict, row.scale) == ("better", "holds", "mini")
    assert (row.job_minutes, row.gigabytes) == (1.5, 0.5)
    (effect,) = read_rows(tmp_path / "effects.csv", ClaimEffect)
    assert (effect.value, effect.source) == (10.0, "measured")
    assert "# The paper's claims at scale `mini`" in (tmp_path / "claims.md").read_text()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "expect: above",
            "expect: more",
            "claims.yaml: claims/0/compare/0/expect: 'more' is not one of",
        ),
        ("model: [tldr]", "nodel: [tldr]", "no column 'nodel'; allowed: model, a, "),
        ("- id: better", "- id: [", "claims.yaml: no YAML"),
        ("    where: table 1\n", "", "claims.yaml: claims/0: 'where' is a required property"),
    ],
)
def test_a_bad_registry_is_one_line(verify, tmp_path, old, new, line):
    outcome = verify(CLAIMS.replace(old, new))
    assert outcome.status == 2
    assert line in outcome.err.splitlines()[-1]
    assert not (tmp_path / "claims.csv").exists()


@pytest.fixture
def reference(verify, tmp_path, monkeypatch):
    """A reference run of the same table, and this run's description; returns its folder."""
    import json

    from tldr_reward.cli.provenance import hardware, versions

    folder = tmp_path / "reference"
    (folder / "paper_tables").mkdir(parents=True)
    (folder / "paper_tables/t.csv").write_text(TABLE)
    (folder / "paper_tables/gone.csv").write_text(TABLE)
    around = {"format": "provenance/1", "hardware": hardware(), "versions": versions()}
    (folder / "paper_tables/claims.provenance.json").write_text(json.dumps(around))
    (folder / "results/mini").mkdir(parents=True)
    (folder / "results/mini/claims.csv").write_text("claim,verdict\nbetter,inconclusive\n")
    files = {"workflow/src/a.py": "1"}
    described = {"format": "workflow/1", "configuration": {"seeds": [0, 1, 2]}, "files": files}
    (folder / "results/mini/workflow.json").write_text(json.dumps(described))
    (tmp_path / "results/mini").mkdir(parents=True)
    described["configuration"]["seeds"] = [0]
    (tmp_path / "results/mini/workflow.json").write_text(json.dumps(described))
    return folder


def verify_beside(command, reference, tmp_path):
    (tmp_path / "claims.yaml").write_text(CLAIMS)
    return command(
        f"verify --claims claims.yaml --schema {SCHEMA} --table paper_tables/t.csv "
        "--scale mini --out claims.csv --effects effects.csv --markdown claims.md "
        f"--reference {reference} --workflow results/mini/workflow.json --compared compared.csv"
    )


def test_a_run_is_compared_with_the_reference(reference, command, tmp_path):
    outcome = verify_beside(command, reference, tmp_path)
    assert outcome.status == 0, outcome.err
    page = (tmp_path / "claims.md").read_text()
    assert "every cell must be equal" in page
    assert "1 files compared: 1 equal; 1 were not made here." in page
    assert "| TLDR is better. | holds | inconclusive |" in page


def test_another_number_and_newer_code_are_named_and_no_failure(reference, command, tmp_path):
    (tmp_path / "paper_tables/t.csv").write_text(TABLE.replace("60,57,63", "70,67,73"))
    described = tmp_path / "results/mini/workflow.json"
    described.write_text(described.read_text().replace('a.py": "1"', 'a.py": "2"'))
    outcome = verify_beside(command, reference, tmp_path)
    assert outcome.status == 0, outcome.err
    page = (tmp_path / "claims.md").read_text()
    assert "- workflow/src/a.py has changed" in page
    (row,) = read_rows(tmp_path / "compared.csv", FileAgreement)
    assert (row.agreement, row.example) == ("differs", "row 1, a: 70, was 60")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("reference/results/mini/workflow.json", "format None; this version reads 'workflow/1'"),
        ("reference/paper_tables/claims.provenance.json", "this version reads 'provenance/1'"),
    ],
)
def test_a_reference_of_another_format_is_one_line(reference, command, tmp_path, file, line):
    (tmp_path / file).write_text("{}")
    outcome = verify_beside(command, reference, tmp_path)
    assert outcome.status == 2
    assert line in outcome.err.splitlines()[-1]
    assert not (tmp_path / "claims.csv").exists()
