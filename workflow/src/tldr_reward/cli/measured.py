"""What the table and figure commands read: measured rows of one scale, bootstrap values, JSON."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.paper.costs import Job
from tldr_reward.records import read_rows, reading


def read_scale_rows(paths: Sequence[Path], kind: type, scale: str) -> list:
    """Rows of one kind from several CSV files; InputError when one is of another scale."""
    rows = []
    for path in paths:
        found = read_rows(path, kind)
        for row in found:
            if row.scale != scale:
                raise InputError(f"{path}: rows of scale {row.scale!r}; --scale is {scale!r}")
        rows.extend(found)
    return rows


def read_columns(path: Path, needed: Sequence[str], delimiter: str = ",") -> list[dict[str, str]]:
    """Rows of a CSV that has at least the needed columns."""
    with reading(path) as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        for name in needed:
            if name not in (reader.fieldnames or ()):
                raise InputError(f"{path}: no column {name!r}; has {reader.fieldnames}")
        return list(reader)


def read_resamples(paths: Sequence[Path]) -> dict[tuple[str, str, str], np.ndarray]:
    """Bootstrap values by (run, split, metric), (B,) each; an empty cell is an undefined one."""
    found = {}
    for path in paths:
        rows = read_columns(path, ("run", "split"))
        for metric in list(rows[0])[2:] if rows else ():
            try:
                values = np.array([float(row[metric] or "nan") for row in rows])
            except (TypeError, ValueError) as error:
                raise InputError(f"{path}: column {metric!r}: {error}") from None
            found[rows[0]["run"], rows[0]["split"], metric] = values
    return found


def read_json(path: Path) -> dict:
    """A JSON object."""
    with reading(path) as file:
        try:
            found = json.load(file)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}: not JSON ({error})") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: a JSON object is needed, not {type(found).__name__}")
    return found


def read_jobs(folder: Path) -> dict[str, Job]:
    """What jobs took, by the names of their benchmark files below a folder."""
    found = {}
    for path in sorted(folder.rglob("*.tsv")):
        for row in read_columns(path, ("s", "max_rss"), "\t"):
            # A job that ended before it was looked at has no memory.
            memory = float(row["max_rss"]) if row["max_rss"] not in ("", "-", "NA") else 0.0
            name = path.relative_to(folder).with_suffix("").as_posix()
            found[name] = Job(float(row["s"]), memory)
    return found
