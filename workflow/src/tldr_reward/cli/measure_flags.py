"""`measure-flags`: how often a TLDR model's flags are false, and how much it flags."""

import dataclasses
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.metrics.flags import flagged_shares, sentence_error_rates
from tldr_reward.metrics.items import join
from tldr_reward.metrics.measures import Run, metric_rows
from tldr_reward.records import CaptionRecord, Metric, ScoreRecord, read_records, write_rows

_FILE = click.Path(path_type=Path)


@click.command(short_help="How often a TLDR model's flags are false; how much it flags.")
@click.option("--captions", type=_FILE, required=True, help="Captions, labelled or not.")
@click.option("--scores", type=_FILE, required=True, help="A TLDR model's scores of them.")
@click.option("--run", required=True, help="Run id, equal to the scores'.")
@click.option("--backbone", required=True, help="Backbone name.")
@click.option("--reward-model", default="tldr", show_default=True)
@click.option("--scale", required=True, help="Scale of the run, e.g. mini.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--split", required=True, help="What the captions are, e.g. test.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Flagged sentences to look at, as the paper did.",
)
@click.option("--bootstrap", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--bootstrap-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV to write.")
def command(
    captions: Path,
    scores: Path,
    run: str,
    backbone: str,
    reward_model: str,
    scale: str,
    seed: int,
    split: str,
    threshold: float,
    sample: int,
    bootstrap: int,
    bootstrap_seed: int,
    metrics: Path,
) -> None:
    """Measure flags against labels: error rates of sentences, shares flagged and truly bad.

    The captions may be of any origin: perturbed ones, or those that a model generated and
    somebody, or an oracle, labelled. Of captions without any label, shares flagged alone.

    Example: tldr-reward measure-flags --captions captions/test.jsonl --scores scores/test.jsonl
    --run paligemma/tldr/seed0 --backbone paligemma --scale mini --split test
    --metrics flags/test.csv
    """
    read = read_records(scores, ScoreRecord)
    for score in read:
        if score.run != run:
            raise InputError(f"{scores}: scores of the run {score.run!r}; --run is {run!r}")
    given = read_records(captions, CaptionRecord)
    labelled = any(caption.bad_spans is not None for caption in given)
    if not labelled:
        # A place in the arrays, where nothing asks for it.
        given = [dataclasses.replace(caption, bad_spans=()) for caption in given]
    responses = join(given, read)
    estimates = flagged_shares(responses, threshold, bootstrap, bootstrap_seed, labelled)
    if labelled:
        rates = sentence_error_rates(responses, threshold, sample, bootstrap, bootstrap_seed)
        estimates = rates | estimates
    identity = Run(run, backbone, reward_model, scale, str(seed), split)
    write_rows(metrics, metric_rows(identity, estimates), Metric)
