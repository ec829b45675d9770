"""Provenance beside a table, and the description of a workflow that it quotes."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tldr_reward.cli.provenance import (
    commit,
    describe_workflow,
    read_job_records,
    workflow_files,
    write_provenance,
)
from tldr_reward.errors import InputError

ROOT = Path(__file__).parents[2]


def record(folder: Path, written: str, rule: str, inputs: list[str], length: int = 200) -> None:
    """A record as Snakemake keeps it: long names in folders."""
    name = base64.urlsafe_b64encode(written.encode()).decode()
    parts = [name[start : start + length] for start in range(0, len(name), length)]
    path = folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    log = [f"results/mini/logs/{rule}/a.log"]
    content = {"rule": rule, "input": inputs, "log": log, "starttime": 5.0, "endtime": 9.0}
    path.write_text(json.dumps(content))


def test_records_of_jobs_are_read_with_long_names_and_others_left_out(tmp_path):
    long = "results/mini/" + "very/" * 40 + "long.csv"
    record(tmp_path, long, "draw", [])
    record(tmp_path, "t.csv", "make", [long])
    (tmp_path / "not-base64!").write_text("{}")
    (tmp_path / base64.urlsafe_b64encode(b"empty").decode()).write_text("{}")
    found = read_job_records(tmp_path, Path("results/mini/logs"))
    assert set(found) == {long, "t.csv"}
    assert (found["t.csv"].name, found["t.csv"].inputs) == ("make/a", (long,))
    assert (found[long].rule, found[long].started, found[long].ended) == ("draw", 5.0, 9.0)


def test_provenance_says_what_a_file_comes_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Path("results/mini")
    (run / "benchmarks/measure").mkdir(parents=True)
    (run / "benchmarks/measure/a.tsv").write_text("s\tmax_rss\n90.0\t512.0\n")
    for name in ("m.csv", "t.csv"):
        Path(name).write_text(name)
    record(Path("jobs"), "m.csv", "measure", [])
    described = {
        "format": "workflow/1",
        "scale": "mini",
        "configuration": {"seeds": [0, 1]},
        "configuration_sha256": "c",
        "code_sha256": "d",
        "files": {"envs/tables.yaml": "e", "Snakefile": "f"},
    }
    (run / "workflow.json").write_text(json.dumps(described))
    write_provenance(
        Path("p.json"), Path("t.csv"), [Path("m.csv")], run / "workflow.json", Path("jobs")
    )
    found = json.loads(Path("p.json").read_text())
    assert found["sha256"] == hashlib.sha256(b"t.csv").hexdigest()
    assert found["inputs_sha256"] == {"m.csv": hashlib.sha256(b"m.csv").hexdigest()}
    assert (found["scale"], found["seeds"], found["code_sha256"]) == ("mini", [0, 1], "d")
    assert found["environments_sha256"] == {"envs/tables.yaml": "e"}
    assert (found["job_minutes"], found["gigabytes"]) == (1.5, 0.5)
    assert found["rules"] == [{"rule": "measure", "jobs": 1, "job_minutes": 1.5, "gigabytes": 0.5}]
    assert found["versions"]["numpy"]
    assert found["hardware"]["processors"] >= 1


def test_the_commit_is_that_of_this_checkout_or_unknown():
    shown = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True
    )
    expected = shown.stdout.strip() if shown.returncode == 0 and (ROOT / ".git").exists() else None
    assert commit()["commit"] == expected


def test_a_workflow_is_described_by_its_files(tmp_path):
    files = workflow_files(ROOT)
    for name in ("Snakefile", "envs/tables.yaml", "workflow/src/tldr_reward/spans.py"):
        assert files[name] == hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    assert not [name for name in files if name.startswith(("tests/", "results/"))]


def test_a_run_is_described_by_its_settings_and_files(tmp_path):
    describe_workflow(ROOT, {"scale": "mini", "seeds": [0]}, tmp_path / "mini/workflow.json")
    described = json.loads((tmp_path / "mini/workflow.json").read_text())
    assert described["configuration"] == {"scale": "mini", "seeds": [0]}
    assert described["files"] == workflow_files(ROOT)
    with pytest.raises(InputError, match="holds no Snakefile"):
        describe_workflow(tmp_path, {}, tmp_path / "w.json")
    assert not (tmp_path / "w.json").exists()
