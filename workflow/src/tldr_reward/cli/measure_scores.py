"""`measure-scores`: metrics of one run's scores, with intervals, from captions and scores."""

import csv
from collections.abc import Mapping
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.metrics.baselines import all_positive_scores, best_threshold, random_scores
from tldr_reward.metrics.intervals import Estimate
from tldr_reward.metrics.items import join
from tldr_reward.metrics.measures import (
    Run,
    curve,
    measure,
    metric_rows,
    outcomes,
    threshold_row,
)
from tldr_reward.metrics.rows import CurvePoint, ResponseOutcome
from tldr_reward.records import (
    CaptionRecord,
    Metric,
    ScoreRecord,
    read_records,
    write_rows,
    writing,
)

_THRESHOLD = 0.5  # eq. 1 of the paper
_CURVE_POINTS = 400
_FILE = click.Path(path_type=Path)


@click.command(short_help="Metrics of one run's scores, with 95% intervals.")
@click.option("--captions", type=_FILE, required=True, help="Labelled captions of one split.")
@click.option("--scores", type=_FILE, help="The run's scores of those captions.")
@click.option("--validation-captions", type=_FILE, help="Captions to choose the threshold on.")
@click.option("--validation-scores", type=_FILE, help="Their scores: the threshold is chosen.")
@click.option(
    "--baseline",
    type=click.Choice(["all_positive", "random"]),
    help="Measure a baseline; all_positive takes its tokens from --scores, else words.",
)
@click.option("--run", default="", help="Run id, equal to the scores'; a baseline's is its name.")
@click.option("--backbone", default="", help="Backbone name; empty for a baseline.")
@click.option("--reward-model", default="", help="Reward model; a baseline's is its name.")
@click.option("--scale", required=True, help="Scale of the run, e.g. mini.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The run's seed; also the seed of the random baseline.",
)
@click.option("--split", required=True, help="Split that the captions are of.")
@click.option(
    "--bootstrap",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Resamples of images.",
)
@click.option(
    "--bootstrap-seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the resamples; equal for runs that are compared.",
)
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV to write.")
@click.option("--curve", "curve_path", type=_FILE, help="Precision-recall CSV to write.")
@click.option("--responses", type=_FILE, help="CSV of each response's labels to write.")
@click.option("--resamples", type=_FILE, help="CSV of the bootstrap values to write.")
def command(
    captions: Path,
    scores: Path | None,
    validation_captions: Path | None,
    validation_scores: Path | None,
    baseline: str | None,
    run: str,
    backbone: str,
    reward_model: str,
    scale: str,
    seed: int,
    split: str,
    bootstrap: int,
    bootstrap_seed: int,
    metrics: Path,
    curve_path: Path | None,
    responses: Path | None,
    resamples: Path | None,
) -> None:
    """Measure one run on one split: accuracies, average precision, recall by taxonomy.

    A token is called good above P(good) = 0.5. With --validation-scores the threshold is chosen
    on those instead (best response accuracy), for scores that were never trained to be P(good).

    Example: tldr-reward measure-scores --captions captions/test.jsonl --scores scores/test.jsonl
    --run paligemma/tldr/seed0 --backbone paligemma --reward-model tldr --scale mini --seed 0
    --split test --metrics metrics/test.csv --curve curves/test.csv --responses responses/test.csv
    """
    identity = Run(
        run or baseline or "", backbone, reward_model or baseline or "", scale, str(seed), split
    )
    if not identity.run or not identity.reward_model:
        raise InputError("--run and --reward-model are needed unless --baseline names them")
    records = read_records(captions, CaptionRecord)
    joined = join(records, _scores(records, scores, baseline, identity.run, seed))
    threshold, chosen_on = _threshold(validation_captions, validation_scores, identity.run)
    estimates = measure(joined, threshold, bootstrap, bootstrap_seed)
    rows = metric_rows(identity, estimates)
    write_rows(metrics, [*rows, threshold_row(identity, threshold, chosen_on)], Metric)
    if curve_path:
        write_rows(curve_path, curve(identity, joined, threshold, _CURVE_POINTS), CurvePoint)
    if responses:
        write_rows(responses, outcomes(identity, joined, threshold), ResponseOutcome)
    if resamples:
        _write_resamples(resamples, identity, estimates)


def _scores(
    captions: list[CaptionRecord], path: Path | None, baseline: str | None, run: str, seed: int
) -> list[ScoreRecord]:
    if baseline == "random":
        return random_scores(captions, seed)
    if path is None and baseline is None:
        raise InputError("--scores FILE or --baseline all_positive|random is needed")
    if baseline == "all_positive":
        return all_positive_scores(captions, read_records(path, ScoreRecord) if path else None)
    return _read_scores(path, run)


def _read_scores(path: Path, run: str) -> list[ScoreRecord]:
    scores = read_records(path, ScoreRecord)
    for score in scores:
        if score.run != run:
            raise InputError(f"{path}: scores of the run {score.run!r}; --run is {run!r}")
    return scores


def _threshold(captions: Path | None, scores: Path | None, run: str) -> tuple[float, int]:
    """The threshold and how many responses it was chosen on (0: the paper's 0.5)."""
    if captions is None and scores is None:
        return _THRESHOLD, 0
    if captions is None or scores is None:
        raise InputError("--validation-captions and --validation-scores are needed together")
    joined = join(read_records(captions, CaptionRecord), _read_scores(scores, run))
    return best_threshold(joined), int((joined.tasks == "caption").sum())


def _write_resamples(path: Path, run: Run, estimates: Mapping[str, Estimate]) -> None:
    """One row a resample, one column a metric; tables of several seeds pool them."""
    with writing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", "split", *estimates])
        for values in zip(*(estimate.draws for estimate in estimates.values()), strict=True):
            rounded = ["" if value != value else round(float(value), 6) for value in values]
            writer.writerow([run.run, run.split, *rounded])
