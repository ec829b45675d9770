"""`calibrate-reward-model`: P(good) as a probability, fitted on validation, measured on test."""

import dataclasses
import json
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration
from tldr_reward.metrics.items import ScoredResponses, join
from tldr_reward.metrics.measures import Run, metric_rows
from tldr_reward.metrics.operating import operating_points
from tldr_reward.metrics.reliability import fitted, measure_calibration, reliability
from tldr_reward.metrics.rows import ReliabilityBin
from tldr_reward.records import (
    CaptionRecord,
    Metric,
    ScoreRecord,
    read_records,
    write_rows,
    writing,
)

FORMAT = "calibration/1"
_FILE = click.Path(path_type=Path)


@click.command(short_help="Fit P(good) to validation labels; measure it on test labels.")
@click.option("--captions", type=_FILE, required=True, help="Labelled validation captions.")
@click.option("--scores", type=_FILE, required=True, help="The run's scores of them.")
@click.option("--test-captions", type=_FILE, required=True, help="Captions to measure it on.")
@click.option("--test-scores", type=_FILE, required=True, help="The run's scores of them.")
@click.option("--run", required=True, help="Run id, equal to the scores'.")
@click.option("--backbone", required=True)
@click.option("--reward-model", required=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--scale", required=True, help="Scale of the run, e.g. mini.")
@click.option("--bootstrap", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--bootstrap-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=_FILE, required=True, help="Calibration (JSON) to write.")
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV of the test captions.")
@click.option("--reliability", "bins", type=_FILE, required=True, help="Reliability CSV.")
def command(
    captions: Path,
    scores: Path,
    test_captions: Path,
    test_scores: Path,
    run: str,
    backbone: str,
    reward_model: str,
    seed: int,
    scale: str,
    bootstrap: int,
    bootstrap_seed: int,
    out: Path,
    metrics: Path,
    bins: Path,
) -> None:
    """Fit a line through the log-odds of validation tokens, and measure it on test tokens.

    Nothing is fitted on test data. The file also holds what each threshold finds, and what it
    flags falsely, on the validation captions: `tldr-reward threshold` reads it. Where nothing can
    be fitted (better tokens are scored lower, or all have one label) the file says so and scores
    stay as they are.

    Example: tldr-reward calibrate-reward-model --captions captions/validation.jsonl
    --scores scores/validation.jsonl --test-captions captions/test.jsonl
    --test-scores scores/test.jsonl --run paligemma/tldr/seed0 --backbone paligemma
    --reward-model tldr --scale mini --out calibration.json --metrics metrics/calibration.csv
    --reliability curves/reliability.csv
    """
    validation, test = (
        _joined(labelled, scored, run)
        for labelled, scored in ((captions, scores), (test_captions, test_scores))
    )
    if shared := set(validation.image_ids) & set(test.image_ids):
        raise InputError(f"image {min(shared)!r} is among those to fit on and those to measure on")
    calibration, reason = _fitted(validation)
    line = calibration or Calibration()
    identity = Run(run, backbone, reward_model, scale, str(seed), "test")
    estimates = measure_calibration(test, line, bootstrap, bootstrap_seed)
    write_rows(metrics, metric_rows(identity, estimates), Metric)
    write_rows(bins, reliability(identity, test, line, bootstrap, bootstrap_seed), ReliabilityBin)
    points = operating_points(validation, bootstrap, bootstrap_seed)
    fields = {
        "format": FORMAT,
        "run": run,
        "scale": scale,
        "calibration": dataclasses.asdict(calibration) if calibration else None,
        "reason": reason,
        "fitted_on": _counted(validation),
        "measured_on": _counted(test) | {n: round(e.value, 6) for n, e in estimates.items()},
        "operating_points": [dataclasses.asdict(point) for point in points],
    }
    with writing(out) as file:
        file.write(json.dumps(fields, indent=1) + "\n")


def _fitted(responses: ScoredResponses) -> tuple[Calibration | None, str | None]:
    """The calibration, or why there is none."""
    try:
        return fitted(responses), None
    except InputError as error:
        return None, str(error)


def _joined(captions: Path, scores: Path, run: str) -> ScoredResponses:
    found = read_records(scores, ScoreRecord)
    if others := {score.run for score in found} - {run}:
        raise InputError(f"{scores}: scores of the run {min(others)!r}; --run is {run!r}")
    return join(read_records(captions, CaptionRecord), found)


def _counted(responses: ScoredResponses) -> dict[str, int]:
    captions = responses.tasks == "caption"
    tokens = captions[responses.response_of]
    return {
        "images": len(set(responses.image_of[captions].tolist())),
        "captions": int(captions.sum()),
        "tokens": int(tokens.sum()),
        "bad_tokens": int((~responses.token_good[tokens]).sum()),
    }
