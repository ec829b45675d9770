"""`tldr-reward models`: which reward models are here, and what they are worth."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import click

from tldr_reward.detective.folders import located, pretrained
from tldr_reward.errors import InputError
from tldr_reward.records import Metric, read_rows

_SHOWN = {"response_accuracy": "A_R", "map_neg": "mAP(neg)"}


@dataclasses.dataclass(frozen=True)
class Found:
    """A reward model: the folder that loads it, what it knows, and its test metrics as shares."""

    run: str
    folder: str
    scale: str
    level: str
    known_world: str
    calibrated: bool
    metrics: dict[str, float]


@click.command()
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="folder that the workflow, or train, has written reward models below",
)
@click.option("--json", "as_json", is_flag=True, help="print them as JSON")
def command(results: Path, as_json: bool) -> None:
    """List the reward models that are here, and what they are worth.

    The one that comes with the package, and those below a folder of results; any of their folders
    is a --model.

    Accuracies are of labelled test captions. Half of the mini world's hold an error: 50% is chance.

    Example: tldr-reward models --results results/mini
    """
    found = [_found(folder) for folder in _folders(results)]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(one) for one in found], indent=1))
        return
    for one in found:
        numbers = "".join(
            f"  {name} {100 * one.metrics[metric]:.1f}%"
            for metric, name in _SHOWN.items()
            if metric in one.metrics
        )
        click.echo(
            f"{one.run}  scale {one.scale or 'unknown'}, judges {one.level}s"
            f"{', calibrated' if one.calibrated else ''}{numbers}\n  {one.folder}"
        )
    few = [one for one in found if one.known_world]
    if few:
        click.echo(f"{len(few)} of these {len(found)} know {few[0].known_world}")


def _folders(results: Path) -> Iterator[Path]:
    """Folders of reward models: the package's own, then those of runs."""
    try:
        yield pretrained()
    except InputError:
        pass
    for path in sorted(results.rglob("reward_model/adapter_config.json")):
        yield path.parent.parent


def _found(folder: Path) -> Found:
    try:
        files = located(folder)
    except InputError as error:
        return Found(str(error), str(folder), "", "token", "", False, {})
    card, parts = files.card, folder.absolute().parts
    # results/<scale>/reward/<backbone>/<reward model>/seed<n>
    scale = card.scale or (parts[-5] if parts[-4:-3] == ("reward",) else "")
    metrics = folder / "metrics" / "test.csv"
    rows = read_rows(metrics, Metric) if metrics.is_file() else []
    values = {row.metric: row.value for row in rows} or dict(card.metrics)
    return Found(
        card.run, str(folder), scale, card.level, card.known_world or "",
        files.calibration is not None,
        {name: value for name, value in values.items() if name in _SHOWN},
    )  # fmt: skip
