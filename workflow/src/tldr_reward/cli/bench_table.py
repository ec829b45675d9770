"""`tldr-reward bench-table`: measured speeds as a table."""

import json
from pathlib import Path

import click

from tldr_reward.errors import InputError

_FORMATS = ("bench-speed/1", "bench-generation/1")


@click.command()
@click.option("--report", "reports", type=Path, multiple=True, required=True, help="repeatable")
@click.option("--out", type=Path, required=True, help="CSV to write")
@click.option("--markdown", type=Path, required=True, help="the same for reading")
def command(reports: tuple[Path, ...], out: Path, markdown: Path) -> None:
    """Put reports of bench-speed and bench-generation into one table, a row a comparison.

    Example: tldr-reward bench-table --report mini/paligemma/speed.json --out table.csv
    --markdown table.md
    """
    from tldr_reward.bench.summary import SpeedRow, speed_rows
    from tldr_reward.bench.summary import markdown as rendered
    from tldr_reward.records import write_rows, writing

    found = [_read(path) for path in reports]
    rows = speed_rows(found)
    formula = next((report["formula"] for report in found if "formula" in report), "")
    write_rows(out, rows, SpeedRow)
    with writing(markdown) as file:
        file.write(rendered(rows, formula))


def _read(path: Path) -> dict:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error})") from None
    if (form := report.get("format")) not in _FORMATS:
        raise InputError(f"{path}: format {form!r}; allowed: {', '.join(_FORMATS)}")
    return report
