"""Where a run's time went: Snakemake's own benchmark files, by rule. No torch."""

from collections.abc import Mapping
from pathlib import Path

FORMAT = "bench-pipeline/1"


def pipeline_times(rows: Mapping[str, Mapping[str, str]]) -> dict:
    """Seconds, memory and share of each rule, longest first.

    `rows` are a benchmark file's values by its path below the folder of benchmarks, whose first
    part names the rule. Snakemake writes `-` or `NA` for what it had no time to see.
    """
    rules: dict[str, list[Mapping[str, str]]] = {}
    for path, row in rows.items():
        rules.setdefault(Path(path).parts[0].removesuffix(".tsv"), []).append(row)
    total = sum(float(row["s"]) for row in rows.values())
    found = {}
    for rule, some in rules.items():
        seconds = [float(row["s"]) for row in some]
        found[rule] = {
            "jobs": len(some),
            "seconds": round(sum(seconds), 1),
            "longest_s": round(max(seconds), 1),
            "share": round(sum(seconds) / total, 4) if total else 0.0,
            "cpu_seconds": round(sum(_number(row["cpu_time"]) for row in some), 1),
            "largest_mb": round(max(_number(row["max_rss"]) for row in some), 1),
        }
    order = sorted(found, key=lambda rule: (-found[rule]["seconds"], rule))
    return {
        "format": FORMAT,
        "jobs": len(rows),
        "seconds_of_all_jobs": round(total, 1),
        "rules": {rule: found[rule] for rule in order},
    }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
