"""`measure-hallucination`: rates and scores of one model of the zoo, with intervals."""

import collections
import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.metrics.intervals import Estimate
from tldr_reward.metrics.judged import judged_responses
from tldr_reward.metrics.measures import Run, metric_rows
from tldr_reward.metrics.zoo import (
    ExampleToken,
    counted_share,
    example_caption,
    measure_answers,
    measure_zoo,
)
from tldr_reward.records import (
    AnswerVerdict,
    CaptionRecord,
    CollectedRow,
    Judgement,
    Metric,
    ScoreRecord,
    read_records,
    read_rows,
    write_rows,
)

_FILE = click.Path(path_type=Path)
_KINDS = (CaptionRecord, ScoreRecord, Judgement)


@click.command(short_help="Hallucination rates of one model, estimated and true.")
@click.option("--model", required=True, help="Model whose captions they are.")
@click.option("--captions", type=_FILE, required=True, help="Its captions of held-out images.")
@click.option("--scores", type=_FILE, required=True, help="The detector's scores of them.")
@click.option("--judgements", type=_FILE, help="The oracle's judgements of them, if there is one.")
@click.option("--calibration-captions", type=_FILE, help="Its captions of other images.")
@click.option("--calibration-scores", type=_FILE)
@click.option("--calibration-judgements", type=_FILE)
@click.option("--answers", type=_FILE, help="Verdicts on its answers.")
@click.option("--known-scores", type=_FILE, help="TSV of benchmark scores from elsewhere.")
@click.option("--known-as", help="The model's name there.")
@click.option("--summary", type=_FILE, required=True, help="Counts of its responses.")
@click.option("--backbone", required=True, help="Backbone of the detector.")
@click.option("--reward-model", required=True, help="The detector.")
@click.option("--seed", required=True, help="Seed of the detector.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--scale", required=True)
@click.option("--split", required=True, help="Split of the captions, as in the summary.")
@click.option("--bootstrap", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--bootstrap-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV to write.")
@click.option("--example", type=_FILE, required=True, help="Tokens of one caption to write.")
def command(
    model: str,
    captions: Path,
    scores: Path,
    judgements: Path | None,
    calibration_captions: Path | None,
    calibration_scores: Path | None,
    calibration_judgements: Path | None,
    answers: Path | None,
    known_scores: Path | None,
    known_as: str | None,
    summary: Path,
    backbone: str,
    reward_model: str,
    seed: str,
    threshold: float,
    scale: str,
    split: str,
    bootstrap: int,
    bootstrap_seed: int,
    metrics: Path,
    example: Path,
) -> None:
    """Measure eq. 7's rates of one model as a detector estimates and an oracle knows them.

    The detector's sensitivity and specificity are those on the calibration captions, which are
    of other images; the corrected rate is Rogan and Gladen's. What cannot be said has no row:
    without an oracle there are no true and no corrected rates.

    Example: tldr-reward measure-hallucination --model mine --captions test.jsonl
    --scores scores.jsonl --judgements judged.jsonl --calibration-captions validation.jsonl
    --calibration-scores scores_validation.jsonl --calibration-judgements judged_validation.jsonl
    --answers answers.jsonl --summary summary.csv --backbone llama --reward-model tldr --seed 0
    --scale mini --split test --metrics metrics.csv --example example.csv
    """
    run = Run(model, backbone, reward_model, scale, seed, split)
    told = _read(captions, scores, judgements, run)
    units = calibration = judged_responses(*told, threshold)
    others = (calibration_captions, calibration_scores, calibration_judgements)
    if judgements and all(others):
        calibration = judged_responses(*_read(*others, run), threshold)
    elif judgements or any(others):
        raise InputError("judgements and all three calibration files go together, or none is given")
    estimates = measure_zoo(units, calibration, bootstrap, bootstrap_seed)
    if not judgements:  # nobody tried to parse them
        estimates.pop("unparsed_sentences", None)
    estimates |= _counted(read_rows(summary, CollectedRow), split)
    if answers:
        verdicts = read_records(answers, AnswerVerdict)
        estimates |= measure_answers(verdicts, bootstrap, bootstrap_seed)
    if known_scores:
        estimates |= read_scores(known_scores, known_as)
    write_rows(metrics, metric_rows(run, estimates), Metric)
    write_rows(example, example_caption(run, *told, units["token"], threshold), ExampleToken)


def read_scores(path: Path, name: str | None) -> dict[str, Estimate]:
    """Benchmark scores of a model as they were published, by benchmark; none for no name.

    How many items are behind them is not said: they have no interval.
    """
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["model"] == name]
    scores = {row["benchmark"]: float(row["score"]) / 100 for row in rows}
    unknown = (math.nan, math.nan, 0, np.full(1, math.nan))
    return {benchmark: Estimate(score, *unknown) for benchmark, score in scores.items()}


def _read(captions: Path, scores: Path, judgements: Path | None, run: Run) -> list:
    paths = (captions, scores, judgements)
    found = [
        read_records(path, kind) if path else None for path, kind in zip(paths, _KINDS, strict=True)
    ]
    wanted = f"{run.backbone}/{run.reward_model}/seed{run.seed}"
    runs = collections.Counter(score.run for score in found[1])
    if set(runs) - {wanted}:
        raise InputError(f"{scores}: scores of {sorted(runs)}; the detector is {wanted!r}")
    return found


def _counted(rows: Sequence[CollectedRow], split: str) -> Mapping[str, Estimate]:
    """Shares of empty and truncated responses to the split's images."""
    own = [row for row in rows if row.item_set == split]
    if not own or not own[0].responses:
        raise InputError(f"the summary has no responses to {split!r}")
    return {
        "empty": counted_share(own[0].empty, own[0].responses),
        "truncated": counted_share(own[0].truncated, own[0].responses),
    }
