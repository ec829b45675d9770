"""`tldr-reward threshold`: what a threshold finds, and what its flags are worth at a base rate."""

import json
from collections.abc import Sequence

import click

from tldr_reward.cli.detectives import MODEL_HELP, percent
from tldr_reward.detective.folders import measurements, pretrained
from tldr_reward.errors import InputError
from tldr_reward.metrics.operating import (
    Abstention,
    abstention,
    flagged_at,
    precision_at,
)
from tldr_reward.metrics.rows import OperatingPoint

LEVELS = ("token", "sentence", "response")


@click.command()
@click.option("--base-rate", type=float, required=True, help="share of units that are bad: 0.05")
@click.option("--level", type=click.Choice(LEVELS), default="token", show_default=True)
@click.option("--model", help=f"reward model: {MODEL_HELP}")
@click.option(
    "--precision", type=click.FloatRange(0, 1), help="of what is flagged, this share is to be bad"
)
@click.option(
    "--soundness", type=click.FloatRange(0, 1), help="of what passes, this share is to be good"
)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
def command(
    base_rate: float,
    level: str,
    model: str | None,
    precision: float | None,
    soundness: float | None,
    as_json: bool,
) -> None:
    """Recall and precision of each threshold where a share --base-rate of all units is bad.

    Recall and false alarms were measured on the model's validation captions; precision follows by
    Bayes' rule. Errors of another kind than those are found more rarely or more often. With
    --precision and --soundness: flag up to one threshold, pass above another, and say nothing in
    between.

    Example: tldr-reward threshold --base-rate 0.05 --precision 0.8 --soundness 0.99
    """
    if (precision is None) != (soundness is None):
        raise InputError("--precision and --soundness go together, or none is given")
    source = measurements(model if model is not None else pretrained())
    points = [OperatingPoint(**fields) for fields in source.get("operating_points", ())]
    own = [point for point in points if point.level == level]
    if not own:
        had = sorted({point.level for point in points})
        raise InputError(
            f"nothing was measured at level {level!r}; has {', '.join(had) or 'nothing'}"
        )
    rows = [_row(point, base_rate) for point in own]
    rule = None if precision is None else abstention(own, base_rate, precision, soundness)
    if as_json:
        fields = {"level": level, "base_rate": base_rate, "thresholds": rows}
        click.echo(json.dumps(fields | ({"abstention": _parted(rule)} if rule else {}), indent=1))
        return
    click.echo(f"{level}s, of which {percent(base_rate)} are bad ({source['run']})")
    click.echo(f"{'threshold':>9}  {'recall':>22}  {'precision':>22}  {'flagged':>7}")
    for row in rows:
        click.echo(
            f"{row['threshold']:>9.3g}  {_interval(row['recall']):>22}  "
            f"{_interval(row['precision']):>22}  {percent(row['flagged']):>7}"
        )
    if rule:
        click.echo(_in_words(rule, level))


def _row(point: OperatingPoint, base_rate: float) -> dict:
    found = precision_at(point, base_rate)
    return {
        "threshold": point.threshold,
        "recall": [point.recall, point.recall_low, point.recall_high],
        "precision": [found.value, found.low, found.high] if found else None,
        "flagged": flagged_at(point, base_rate),
    }


def _interval(values: Sequence[float] | None) -> str:
    if values is None:
        return "nothing is flagged"
    value, low, high = (percent(share) for share in values)
    return f"{value} [{low}, {high}]"


def _parted(rule: Abstention) -> dict:
    return {
        "flag_up_to": rule.flag.threshold if rule.flag else None,
        "pass_above": rule.passing.threshold if rule.passing else None,
        "undecided": rule.undecided,
    }


def _in_words(rule: Abstention, level: str) -> str:
    flag = f"flag up to {rule.flag.threshold:g}" if rule.flag else "no threshold is precise enough"
    passing = (
        f"pass above {rule.passing.threshold:g}" if rule.passing else "none is sound enough to pass"
    )
    return f"{flag}, {passing}: {percent(rule.undecided)} of {level}s stay undecided"
