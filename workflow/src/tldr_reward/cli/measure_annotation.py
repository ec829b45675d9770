"""`measure-annotation`: seconds, speed-up and quality of an annotation log, with intervals."""

from pathlib import Path

import click

from tldr_reward.annotations import read_annotations
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, Metric, read_records, write_rows

_FILE = click.Path(path_type=Path)


@click.command(short_help="Seconds, speed-up and quality of an annotation log.")
@click.option("--log", type=_FILE, required=True, help="Annotation log (CSV).")
@click.option(
    "--captions", type=_FILE, help="Labelled captions, for what the corrections are worth."
)
@click.option("--backbone", default="", help="Backbone of the TLDR model that flagged words.")
@click.option("--reward-model", default="tldr", show_default=True)
@click.option("--scale", required=True, help="Scale of the run, e.g. mini.")
@click.option("--split", default="test", show_default=True)
@click.option("--bootstrap", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--bootstrap-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV to write.")
def command(
    log: Path,
    captions: Path | None,
    backbone: str,
    reward_model: str,
    scale: str,
    split: str,
    bootstrap: int,
    bootstrap_seed: int,
    metrics: Path,
) -> None:
    """Measure a log of people, real or simulated, who corrected captions.

    The log has the columns annotator, item, guidance (none, binary or token), started, ended
    (seconds or ISO times), before, after; its source is human unless a column `source` says
    simulated.

    Example: tldr-reward measure-annotation --log log.csv --captions captions/test.jsonl
    --scale mini --metrics annotation.csv
    """
    from tldr_reward.metrics.annotation import measure_annotation
    from tldr_reward.metrics.corrections import judge_corrections

    rows = read_annotations(log)
    sources = sorted({row.source for row in rows})
    if len(sources) > 1:
        raise InputError(f"{log}: rows of the sources {', '.join(sources)}; one is needed")
    records = read_records(captions, CaptionRecord) if captions else []
    known = {record.caption_id: record for record in records}
    found = measure_annotation(rows, judge_corrections(rows, known), bootstrap, bootstrap_seed)
    run = "/".join(filter(None, ["annotation", sources[0], backbone]))
    identity = (run, backbone, reward_model, scale, "0", split)
    write_rows(
        metrics,
        [
            Metric(
                *identity,
                one.name,
                *(round(number, 6) for number in (one.value, one.low, one.high)),
                one.n,
            )
            for one in found
        ],
        Metric,
    )
