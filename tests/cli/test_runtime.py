"""How commands run: threads are what the machine gives, whatever was asked for; devices exist."""

import os

import click
import pytest
from click.testing import CliRunner

from tldr_reward.backbones.placement import Placement
from tldr_reward.cli.processors import available_processors
from tldr_reward.cli.runtime import Runtime, runtime_options, use_runtime
from tldr_reward.errors import InputError


@pytest.mark.parametrize(
    ("quota", "most"), [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1)]
)
def test_a_container_quota_counts(quota, most, tmp_path):
    (tmp_path / "cpu.max").write_text(quota + "\n")
    allowed = len(os.sched_getaffinity(0))
    assert available_processors(tmp_path / "cpu.max") == min(allowed, most or allowed)


def test_without_a_quota_the_affinity_counts(tmp_path, monkeypatch):
    assert available_processors(tmp_path / "none") == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    assert available_processors(tmp_path / "none") == os.cpu_count()


def test_more_threads_than_processors_are_not_used():
    assert use_runtime(Runtime(1, Placement())) == 1
    assert use_runtime(Runtime(10_000, Placement())) <= os.cpu_count()


def test_options_come_as_one_runtime():
    @click.command()
    @click.option("--out")
    @runtime_options
    def command(out, runtime):
        click.echo(f"{out} {runtime}")

    shown = CliRunner().invoke(command, ["--out", "x", "--device", "cuda", "--dtype", "bfloat16"])
    expected = Runtime(1, Placement("cuda", "bfloat16", "sdpa"))
    assert shown.output == f"x {expected}\n"
    assert CliRunner().invoke(command, ["--dtype", "int8"]).exit_code == 2


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_named(device):
    with pytest.raises(InputError, match=f"--device '{device}' cannot be used here: "):
        use_runtime(Runtime(1, Placement(device)))
