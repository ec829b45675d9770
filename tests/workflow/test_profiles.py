"""What jobs ask of a cluster, and which of them the SLURM profile puts into one."""

import csv
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from tests.workflow.test_rules import BLOCKS, HEADER, HEAVY

ROOT = Path(__file__).parents[2]
SLURM = ROOT / "profiles/slurm"
LOCAL = {"fetch_source", "fetch_backbone", "fetch_images"}


# Rules of the paper scale alone, whatever file they are in.
PAPER_ALONE = {"fetch_source", "fetch_backbone", "fetch_images", "read_sources", "read_benchmarks",
               "read_pixelprose", "aggregate_answers", "perturb_with_llm", "gather_scores",
               "gather_pixelprose"}  # fmt: skip


def rules_of(*files: str) -> set[str]:
    """Rules of some rule files."""
    text = "".join((ROOT / f"workflow/rules/{file}.smk").read_text() for file in files)
    return {name or child for _, name, _, child in HEADER.findall(text)}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    with open(ROOT / "workflow/config/resources.tsv", encoding="utf-8", newline="") as file:
        return {row["rule"]: row for row in csv.DictReader(file, delimiter="\t")}


@pytest.mark.parametrize("name", BLOCKS)
def test_every_rule_has_figures_at_each_scale_that_has_it(rows, name):
    fitting = [row for pattern, row in rows.items() if fnmatchcase(name, pattern)]
    row = rows.get(name, fitting[0] if fitting else None)
    assert row, f"resources.tsv has no row for {name}"
    assert bool(row["gpu"]) == (name in HEAVY)
    if name not in PAPER_ALONE:
        assert int(row["mem_mb"]) >= 1000 and int(row["runtime"]) >= 10
    if name not in rules_of("world", "backbones") | {"write_questions"}:
        # More data and larger models than mini's.
        assert int(row["paper_mem_mb"]) >= int(row["mem_mb"] or 0)
        assert int(row["paper_runtime"]) >= int(row["runtime"] or 0)


def test_every_row_is_of_a_rule(rows):
    for pattern in rows:
        assert any(fnmatchcase(name, pattern) for name in BLOCKS), pattern


def test_what_needs_the_network_or_the_checkout_stays_outside_the_queue():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    stated = re.findall(r"^localrules:\n((?:    \w+,\n)+)", text, re.MULTILINE)
    assert {name for names in stated for name in re.findall(r"\w+", names)} == LOCAL


def test_light_rules_alone_are_grouped():
    groups = yaml.safe_load((SLURM / "config.yaml").read_text())["groups"]
    assert set(groups.values()) == {"world", "measures", "pages"}
    alone = {"calibrate_reward_model", "write_model_card", "make_study"}
    alone |= {name for name in BLOCKS if name.startswith("bench_")}
    assert set(groups) == set(BLOCKS) - set(HEAVY) - LOCAL - PAPER_ALONE - alone
    # Were any other of these in it, a job that loads a model would wait for all measures.
    world = {name for name, group in groups.items() if group == "world"}
    assert world - {"write_questions", "describe_data"} == rules_of("world")


def test_tables_and_figures_alone_are_made_from_measurements():
    """With no other rule in the plan, no environment with torch is made."""
    profile = yaml.safe_load((ROOT / "profiles/measured/config.yaml").read_text())
    made = {name for name in BLOCKS if name.startswith(("make_", "draw_"))}
    apart = {"make_report", "make_study", "draw_scenes", "draw_gallery"}
    assert set(profile["allowed-rules"]) == made - apart | {"tables_and_figures"}
    assert {re.search(r"envs/(\w+)", BLOCKS[name]).group(1) for name in made - apart} == {"tables"}


def test_a_retried_training_asks_for_eight_gpus_of_one_machine_and_more_of_the_rest(snakemake):
    shown = snakemake(
        "results/paper/reward/llama/tldr/seed0/history.csv",
        *(f"results/paper/zoo/{model}/responses.jsonl" for model in ("paligemma", "gpt_4o")),
        "-n", "--workflow-profile", str(SLURM), "--attempt", "2",
        "--configfile", str(ROOT / "workflow/config/paper.yaml"),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    text = shown.stdout + shown.stderr
    jobs = re.findall(r"^rule \w+:\n(?: .*\n)+", text, re.MULTILINE)
    (job,) = {job for job in jobs if "rule train_reward:" in job}
    assert {"gpu=8", "nodes=1", "mem_mb=680000", "runtime=960", "heavy=1"} <= resources_of(job)
    assert "threads: 8" in job
    # A model behind an endpoint needs no GPU here.
    asked = [job for job in jobs if "rule collect_responses:" in job]
    assert {"gpu=0"} <= resources_of(next(job for job in asked if "model=gpt_4o" in job))
    assert {"gpu=1"} <= resources_of(next(job for job in asked if "model=paligemma" in job))


def resources_of(job: str) -> set[str]:
    """What a job asks for, as a dry run prints it."""
    return set(re.search(r"resources: (.*)", job).group(1).split(", "))
