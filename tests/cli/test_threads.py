"""Threads are what the machine gives, whatever was asked for."""

import os

import pytest

from tldr_reward.cli.processors import available_processors
from tldr_reward.cli.threads import use_threads


@pytest.mark.parametrize(
    ("quota", "most"), [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1)]
)
def test_a_container_quota_counts(quota, most, tmp_path):
    (tmp_path / "cpu.max").write_text(quota + "\n")
    allowed = len(os.sched_getaffinity(0))
    assert available_processors(tmp_path / "cpu.max") == min(allowed, most or allowed)


def test_without_a_quota_the_affinity_counts(tmp_path):
    assert available_processors(tmp_path / "none") == len(os.sched_getaffinity(0))


def test_more_threads_than_processors_are_not_used():
    assert use_threads(1) == 1
    assert use_threads(10_000) <= os.cpu_count()
