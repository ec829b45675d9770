"""`tldr-reward rates`: hallucination rates of captions that were scored."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import click

from tldr_reward.cli.detectives import percent, warn
from tldr_reward.detective.rates import rates_of
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError
from tldr_reward.records import reading


@click.command()
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--threshold", type=click.FloatRange(0, 1), help="[default: the scores' own]")
@click.option("--json", "as_json", is_flag=True, help="print them as JSON")
def command(scores: Path, threshold: float | None, as_json: bool) -> None:
    """Share of tokens, sentences and captions that are flagged (eq. 7), with 95% intervals.

    The intervals are a bootstrap over images and hold sampling error alone. The detector's own
    errors are in the rates: `tldr-reward threshold` says how many there are.

    Example: tldr-reward rates scores.jsonl --threshold 0.1
    """
    found = list(read_scores(scores))
    doubted = sum(bool(score.warning) for score in found)
    rates = rates_of(found, threshold)
    if doubted:
        warn(f"{doubted} of {len(found)} scores come with a warning")
    if as_json:
        fields = {level: dataclasses.asdict(rate) for level, rate in rates.items()}
        click.echo(json.dumps(fields | {"warned": doubted}, indent=1))
        return
    click.echo(f"{len(found)} captions")
    for level, rate in rates.items():
        click.echo(
            f"{level:9} {percent(rate.value):>6} [{percent(rate.low)}, {percent(rate.high)}]"
            f"  of {rate.units} {level}s"
        )


def read_scores(path: Path) -> Iterator[CaptionScore]:
    """Scores of a file, one a line; InputError names the line that is none."""
    with reading(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
                if not isinstance(fields, dict):
                    raise InputError(f"a JSON object is needed, not {type(fields).__name__}")
                yield CaptionScore.from_dict(fields)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}:{number}: not a JSON record ({error.msg})") from None
            except InputError as error:
                raise InputError(f"{path}:{number}: {error}") from None
