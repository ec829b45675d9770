"""The verify command on tables of a few rows, and what it refuses."""

from pathlib import Path

import pytest

from tldr_reward.paper.claims import ClaimEffect, ClaimRow
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
