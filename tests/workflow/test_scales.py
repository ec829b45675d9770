"""Going from one scale to another and back remakes the published table, not what it is made of."""

import csv
import json
import re
from pathlib import Path

TABLE = "paper_tables/table8.csv"


def add_scale(workflow: Path, name: str) -> None:
    """A scale as small as smoke, under another name, in a copy of the workflow."""
    config = workflow / "workflow/config"
    overlay = (config / "smoke.yaml").read_text()
    (config / f"{name}.yaml").write_text(overlay.replace("scale: smoke", f"scale: {name}"))
    for path in (workflow / "workflow/schemas").glob("*.json"):
        schema = json.loads(path.read_text())
        allow(schema, name)
        path.write_text(json.dumps(schema))
    for registry in ("backbones.tsv", "models.tsv", "reward_models.tsv"):
        rows = (config / registry).read_text()
        (config / registry).write_text(rows.replace("mini,smoke", f"mini,smoke,{name}"))
    # Numbers of items: a column for each scale.
    benchmarks = config / "benchmarks.tsv"
    rows = [line.split("\t") for line in benchmarks.read_text().splitlines()]
    column = rows[0].index("smoke")
    rows = [[*row, name if row is rows[0] else row[column]] for row in rows]
    benchmarks.write_text("".join("\t".join(row) + "\n" for row in rows))


def allow(schema, name: str) -> None:
    """Allow a scale's name wherever a schema allows smoke."""
    if isinstance(schema, list):
        if "smoke" in schema:
            schema.append(name)
        for part in schema:
            allow(part, name)
    elif isinstance(schema, dict):
        if "smoke" in schema:
            schema[name] = schema["smoke"]
        if "mini|smoke" in str(schema.get("pattern")):
            schema["pattern"] = schema["pattern"].replace("smoke", f"smoke|{name}")
        for part in schema.values():
            allow(part, name)


def test_a_table_shows_the_scale_that_ran_last(snakemake, workflow_copy, tmp_path):
    add_scale(workflow_copy, "tiny")

    def run(scale: str) -> list[str]:
        """Rules that ran, in order."""
        # None of these stages needs what a server would load before it forks.
        settings = (f"scale={scale}", "forked=False")
        shown = snakemake(TABLE, "--cores", "1", "--config", *settings, root=workflow_copy)
        assert shown.returncode == 0, shown.stderr
        with open(tmp_path / "elsewhere" / TABLE, newline="") as file:
            assert {row["scale"] for row in csv.DictReader(file)} == {scale}
        return re.findall(r"^(?:local)?rule (\w+):$", shown.stdout + shown.stderr, re.MULTILINE)

    stages = {"draw_scenes", "write_captions", "perturb_captions", "describe_data", "make_table8"}
    assert set(run("smoke")) == stages
    assert set(run("tiny")) == stages
    assert run("smoke") == ["make_table8"]
    assert run("smoke") == []
