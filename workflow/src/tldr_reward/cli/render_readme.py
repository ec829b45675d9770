"""`render-readme`: the README's results, written anew from the reference run."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import writing

_FILE = click.Path(path_type=Path)


@click.command(short_help="The README's results from the reference run.")
@click.option("--reference", type=_FILE, required=True, help="Folder of an unpacked run.")
@click.option("--readme", type=_FILE, required=True, help="README to write anew.")
def command(reference: Path, readme: Path) -> None:
    """Replace what stands between the README's marks by tables of the reference run.

    Example: tldr-reward render-readme --reference results/reference/mini --readme README.md
    """
    from tldr_reward.paper.readme import replace_results

    if not readme.is_file():
        raise InputError(f"no such file: {readme}")
    text = replace_results(readme.read_text(encoding="utf-8"), results_of(reference))
    with writing(readme) as file:
        file.write(text)


def results_of(reference: Path) -> str:
    """Markdown of a run that collect-run kept; InputError for a folder that holds none."""
    from tldr_reward.cli.measured import read_columns
    from tldr_reward.cli.provenance import FORMAT, read_format
    from tldr_reward.paper.readme import render_results

    provenance = read_format(reference / "paper_tables/claims.provenance.json", FORMAT)
    run = reference / "results" / str(provenance["scale"])
    accuracy = [
        row
        for path in sorted(run.glob("backbones/*/accuracy.csv"))
        for row in read_columns(path, ("backbone", "measure", "accuracy", "low", "high"))
    ]
    return render_results(
        accuracy,
        read_columns(reference / "paper_tables/table1.csv", ("backbone", "reward_model")),
        read_columns(run / "claims.csv", ("text", "strength", "verdict")),
        provenance,
    )
