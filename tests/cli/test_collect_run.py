"""collect-run: a crate that its own library reads, and what it refuses."""

import base64
import json
import zipfile
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from tldr_reward.cli.provenance import describe_workflow

ROOT = Path(__file__).parents[2]
RUN = "results/mini"


@pytest.fixture
def collect(tmp_path, command, monkeypatch):
    """Runs the command in a folder with one measured and one published file and their jobs."""
    monkeypatch.chdir(tmp_path)
    measured, table = Path(RUN, "metrics.csv"), Path("paper_tables/table1.csv")
    for path in (measured, table):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b\n1,2\n")
    jobs = tmp_path / ".snakemake/metadata"
    jobs.mkdir(parents=True)
    for path, rule, inputs, times in (
        (measured, "measure", [], (100.0, 160.0)),
        (table, "make_table1", [str(measured)], (200.0, 201.0)),
    ):
        record = {"rule": rule, "input": inputs, "log": [f"{RUN}/logs/{rule}.log"]}
        record |= dict(zip(("starttime", "endtime"), times, strict=True))
        name = base64.urlsafe_b64encode(str(path).encode()).decode()
        (jobs / name).write_text(json.dumps(record))
    describe_workflow(ROOT, {"scale": "mini", "seeds": [0]}, Path(RUN) / "workflow.json")

    def run(files=str(measured), published=str(table)):
        return command(
            f"collect-run --root {ROOT} --workflow {RUN}/workflow.json --published {published} "
            f"--out {RUN}/run.zip {files}"
        )

    return run


def test_the_crate_holds_the_files_at_their_paths_and_says_what_made_them(collect, tmp_path):
    outcome = collect()
    assert outcome.status == 0, outcome.err
    with zipfile.ZipFile(f"{RUN}/run.zip") as archive:
        archive.extractall(tmp_path / "crate")
    crate = ROCrate(tmp_path / "crate")
    assert (tmp_path / "crate/paper_tables/table1.csv").read_text() == "a,b\n1,2\n"
    assert crate.mainEntity.id == "Snakefile"
    assert crate.get("workflow/rules/tables.smk") in crate.mainEntity["hasPart"]
    profiles = [profile.id for profile in crate.root_dataset["conformsTo"]]
    assert "https://w3id.org/ro/wfrun/workflow/0.5" in profiles
    (run,) = crate.get_by_type("CreateAction")
    assert run["instrument"] == crate.mainEntity
    assert [one.id for one in run["object"]] == [f"{RUN}/workflow.json"]
    assert [one.id for one in run["result"]] == [f"{RUN}/metrics.csv", "paper_tables/table1.csv"]
    assert (run["startTime"], run["endTime"]) == (
        "1970-01-01T00:01:40+00:00",
        "1970-01-01T00:03:21+00:00",
    )


@pytest.mark.parametrize(
    ("files", "line"),
    [("gone.csv", "no such file: gone.csv"), ("../outside.csv", "../outside.csv lies elsewhere")],
)
def test_files_that_are_missing_or_elsewhere_are_refused(collect, tmp_path, files, line):
    (tmp_path.parent / "outside.csv").write_text("a\n")
    outcome = collect(files)
    assert outcome.status == 2
    assert line in outcome.err.splitlines()[-1]
    assert not list(Path(RUN).glob("*run.zip*"))
