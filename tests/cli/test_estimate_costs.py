"""estimate-costs: the README's table is counted from the settings, and its jobs are the plan's."""

from pathlib import Path

import pytest

from tldr_reward.cli.doctor import _DISK
from tldr_reward.cli.estimate_costs import read_run
from tldr_reward.paper.readme import COSTS, replace_between
from tldr_reward.reward.costs import Cost, Job, all_jobs, costs_table, tables, total

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run():
    return read_run(ROOT / "workflow/config")


def test_the_readme_shows_what_is_counted(run):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = replace_between(readme, *COSTS, costs_table(run))
    assert shown == readme, "run tldr-reward estimate-costs --readme README.md"


def test_the_jobs_are_those_of_the_plan(run):
    """Their numbers stand in tests/workflow/test_paper.py, too."""
    jobs = all_jobs(run)
    kinds = [name.split()[0] for name in jobs]
    assert {kind: kinds.count(kind) for kind in ("train", "judge", "correct", "pixelprose")} == {
        "train": 8, "judge": 10, "correct": 3, "pixelprose": 3,
    }  # fmt: skip
    assert all(set(job.after) <= set(jobs) for job in jobs.values())
    found = total(jobs, tables(run)["all together"])
    # Three vendors' models caption 800 images; one of them corrects its own twice.
    assert found.paid == 3 * 800 + 2 * 800
    # Six negatives and as many checks a caption, two requests a question, one caption made.
    captions = 108_077 + 14_647 + 800
    assert found.written == 12 * captions + 2 * 16 * 108_077 + 108_077
    assert found.disk < _DISK["paper"]
    # Sharded, the largest backbone is not what takes most memory to train.
    memory = {name: job.cost.memory for name, job in jobs.items()}
    assert memory["train llama/tldr"] < memory["train paligemma/tldr"] < memory["score llama"]


def test_what_two_tables_share_is_counted_once():
    jobs = {
        "data": Job(Cost(hours=1.0, disk=5.0)),
        "a": Job(Cost(hours=2.0, memory=8.0), ("data",)),
        "b": Job(Cost(hours=3.0, memory=4.0, paid=7), ("data", "a")),
    }
    assert total(jobs, ["a", "b"]) == Cost(hours=6.0, memory=8.0, disk=5.0, paid=7)


def test_a_folder_without_settings_is_named(command, tmp_path):
    ended = command(f"estimate-costs --config {tmp_path}")
    assert ended.status == 2 and f"no such file: {tmp_path}/config.yaml" in ended.err
