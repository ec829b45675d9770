"""`tldr-reward measure-taus`: hallucination rates of one run's captions at each tau."""

from pathlib import Path

import click

from tldr_reward.cli.taus import parse_run, parse_taus
from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    Judgement,
    Metric,
    ScoreRecord,
    read_records,
    read_rows,
    write_rows,
)

_FILE = click.Path(path_type=Path)


@click.command(short_help="Hallucination rates over tau, estimated and true.")
@click.option("--run", "run_id", required=True, help="backbone/reward_model/seed<k>")
@click.option("--split", required=True)
@click.option("--scale", required=True)
@click.option("--caption-taus", "taus", required=True, help="comma-separated, in files' order")
@click.option("--captions", type=_FILE, multiple=True, required=True, help="one a tau")
@click.option("--judgements", type=_FILE, multiple=True, help="one a tau; none without an oracle")
@click.option("--detectors", required=True, help="comma-separated backbones of the detectors")
@click.option(
    "--scores", type=_FILE, multiple=True, required=True, help="one a detector and tau, in order"
)
@click.option("--counts", type=_FILE, required=True, help="counts of caption-taus")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--bootstrap", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--bootstrap-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--metrics", type=_FILE, required=True, help="metrics CSV to write")
def command(
    run_id: str,
    split: str,
    scale: str,
    taus: str,
    captions: tuple[Path, ...],
    judgements: tuple[Path, ...],
    detectors: str,
    scores: tuple[Path, ...],
    counts: Path,
    threshold: float,
    bootstrap: int,
    bootstrap_seed: int,
    metrics: Path,
) -> None:
    """Measure eq. 7's rates at each tau, as every detector estimates and the oracle knows them.

    Example: tldr-reward measure-taus --run paligemma/tldr/seed0 --split test --scale mini
    --caption-taus 0,0.25 --captions tau0.jsonl --captions tau0.25.jsonl
    --judgements judged0.jsonl --judgements judged0.25.jsonl --detectors paligemma
    --scores scores0.jsonl --scores scores0.25.jsonl --counts counts.csv --metrics metrics.csv
    """
    from tldr_reward.metrics.judged import judged_responses
    from tldr_reward.metrics.measures import Run
    from tldr_reward.metrics.tau_captions import measure_taus

    scales, names = parse_taus(taus, "--caption-taus"), detectors.split(",")
    needed = {"captions": captions} | ({"judgements": judgements} if judgements else {})
    for what, paths in needed.items():
        if len(paths) != len(scales):
            raise InputError(f"{len(scales)} taus and {len(paths)} files of {what}; as many needed")
    if len(scores) != len(scales) * len(names):
        raise InputError(
            f"{len(scores)} score files; {len(names)} detectors at {len(scales)} taus need "
            f"{len(names) * len(scales)}"
        )
    backbone, reward_model, seed = parse_run(run_id)
    run = Run(run_id, backbone, reward_model, scale, seed, split)
    judged = [read_records(path, Judgement) for path in judgements] or [None] * len(scales)
    said = [read_records(path, CaptionRecord) for path in captions]
    told = dict(zip(scales, zip(said, judged, strict=True), strict=True))
    keys = [(tau, name) for name in names for tau in scales]
    units = {
        key: judged_responses(
            told[key[0]][0], read_records(path, ScoreRecord), told[key[0]][1], threshold
        )
        for key, path in zip(keys, scores, strict=True)
    }
    rows = measure_taus(run, units, bootstrap, bootstrap_seed)
    if not judgements:  # nobody tried to parse them
        rows = [row for row in rows if not row.metric.startswith("unparsed_sentences")]
    write_rows(metrics, [*rows, *read_rows(counts, Metric)], Metric)
