"""`tldr-reward bench-pipeline`: where the time of a run of the workflow went, by rule."""

import csv
from pathlib import Path

import click

from tldr_reward.errors import InputError

_NEEDED = {"s", "cpu_time", "max_rss"}


@click.command()
@click.option("--benchmarks", type=Path, required=True, help="Snakemake's benchmark files")
@click.option("--scale", required=True, help="the scale that ran, as in mini")
@click.option("--out", type=Path, required=True, help="JSON to write")
def command(benchmarks: Path, scale: str, out: Path) -> None:
    """Sum up seconds, processor time and memory of a run's jobs, rule by rule.

    Example: tldr-reward bench-pipeline --benchmarks results/mini/benchmarks --scale mini
    --out results/bench/pipeline.json
    """
    from tldr_reward.bench.pipeline import pipeline_times
    from tldr_reward.cli.provenance import write_json

    write_json(out, {"scale": scale} | pipeline_times(read_benchmarks(benchmarks)))


def read_benchmarks(folder: Path) -> dict[str, dict[str, str]]:
    """The one row of each benchmark file below a folder, by its path there."""
    found = {}
    for path in sorted(folder.rglob("*.tsv")):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        if len(rows) != 1 or not set(rows[0]) >= _NEEDED:
            raise InputError(f"{path} is no benchmark file of one job (s, cpu_time, max_rss)")
        found[path.relative_to(folder).as_posix()] = rows[0]
    if not found:
        raise InputError(f"no benchmark files below {folder}; a run of the workflow writes them")
    return found
