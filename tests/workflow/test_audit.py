"""The audit through Snakemake: from nothing, at any scale, within a minute; a broken registry."""

import time


def test_the_audit_is_made_alone_and_is_of_no_scale(snakemake, tmp_path):
    began = time.monotonic()
    shown = snakemake("results/audit.csv", "--cores", "1")
    assert shown.returncode == 0, shown.stderr
    assert time.monotonic() - began < 60
    folder = tmp_path / "elsewhere"
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in made if not name.startswith(".snakemake/")} == {
        "results/audit.csv",
        "paper_tables/audit.md",
        "results/logs/audit_numbers.log",
        "results/benchmarks/audit_numbers.tsv",
    }
    again = snakemake("paper_tables/audit.md", "--cores", "1", "--config", "scale=smoke")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_registry_that_does_not_fit_its_schema_stops_the_workflow(snakemake, workflow_copy):
    path = workflow_copy / "workflow/reported/reported.csv"
    path.write_text(path.read_text().replace("98.6,percent", "98.6,per cent", 1))
    shown = snakemake("paper_tables/table1.csv", "-n", root=workflow_copy)
    assert shown.returncode == 1
    line = "error: reported.csv, line 2: unit is 'per cent'; allowed: percent, points, count"
    assert line in shown.stdout + shown.stderr
