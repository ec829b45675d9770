"""The audit in the workflow: it needs no job of a scale; a broken registry stops all."""

import re


def test_the_audit_needs_no_other_job_at_any_scale(snakemake):
    for scale in ("mini", "smoke"):
        shown = snakemake("results/audit.csv", "-n", "--config", f"scale={scale}")
        assert shown.returncode == 0, shown.stderr
        planned = (shown.stdout + shown.stderr).partition("Job stats:")[2]
        counts = re.findall(r"^(\w+) +(\d+)$", planned, re.MULTILINE)
        assert dict(counts) == {"audit_numbers": "1", "total": "1"}


def test_a_registry_that_does_not_fit_its_schema_stops_the_workflow(snakemake, workflow_copy):
    path = workflow_copy / "workflow/reported/reported.csv"
    path.write_text(path.read_text().replace("98.6,percent", "98.6,per cent", 1))
    shown = snakemake("paper_tables/table1.csv", "-n", root=workflow_copy)
    assert shown.returncode == 1
    line = "error: reported.csv, line 2: unit is 'per cent'; allowed: percent, points, count"
    assert line in shown.stdout + shown.stderr
