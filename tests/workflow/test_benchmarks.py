"""The registry of benchmarks, the task files and the parsers agree."""

import csv
from pathlib import Path

import yaml

from tldr_reward.benchmarks.sweep import CONSTRAINED
from tldr_reward.paper.tau_tables import BENCHMARKS as COLUMNS
from tldr_reward.world.benchmarks import BENCHMARKS, SCENE_BENCHMARKS

WORKFLOW = Path(__file__).parents[2] / "workflow"


class Loader(yaml.SafeLoader):
    """Reads the harness's `!function` as the text behind it."""


Loader.add_constructor("!function", lambda loader, node: node.value)


def registry() -> dict[str, dict[str, str]]:
    with open(WORKFLOW / "config/benchmarks.tsv", newline="") as file:
        return {row["benchmark"]: row for row in csv.DictReader(file, delimiter="\t")}


def task(name: str) -> dict:
    return yaml.load((WORKFLOW / f"tasks/{name}").read_text(), Loader)


def test_the_registry_holds_the_papers_five_with_the_papers_n_at_mini():
    rows = registry()
    assert tuple(rows) == BENCHMARKS == tuple(COLUMNS)
    assert [int(row["mini"]) for row in rows.values()] == [120, 143, 122, 384, 257]
    assert {name for name, row in rows.items() if row["taught"] == "yes"} == set(SCENE_BENCHMARKS)


def test_every_benchmark_has_a_task_that_is_parsed_in_its_form_and_a_constrained_one():
    for name, row in registry().items():
        free, constrained = task(f"{name}.yaml"), task(f"{name}{CONSTRAINED}.yaml")
        assert (free["task"], free["include"]) == (name, "_answer_yaml")
        (parser,) = free["filter_list"]
        assert parser == {
            "name": row["form"],
            "filter": [{"function": f"{row['form']}_answer"}],
        }
        assert (constrained["task"], constrained["include"]) == (
            f"{name}{CONSTRAINED}",
            "_constrained_yaml",
        )
        assert free["dataset_kwargs"] == constrained["dataset_kwargs"] == {"name": name}


def test_no_task_reads_from_the_hub():
    for path in (WORKFLOW / "tasks").iterdir():
        assert "dataset_path" not in task(path.name)
    for name in ("_answer_yaml", "_constrained_yaml"):
        assert task(name)["custom_dataset"] == "tldr_reward.benchmarks.harness.documents"
