"""`measure-correction`: wins, ties and losses of corrected captions, by oracle or by people."""

from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import (
    CaptionRecord,
    Judgement,
    Metric,
    read_records,
    read_rows,
    write_rows,
)

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--model", required=True, help="Model whose captions they are.")
@click.option("--captions", type=_FILE, required=True, help="All its captions, flagged or not.")
@click.option("--tldr", type=_FILE, required=True, help="Those corrected with TLDR guidance.")
@click.option("--naive", type=_FILE, required=True, help="Those corrected without.")
@click.option(
    "--judgements", type=_FILE, multiple=True, help="An oracle's, of all three files; repeatable."
)
@click.option(
    "--human-verdicts",
    type=_FILE,
    help="CSV of caption_id,verdict (win, tie, loss) of changed captions, in the oracle's place.",
)
@click.option("--detector", required=True, help="What flagged them: backbone/reward_model/seed0.")
@click.option("--scale", required=True)
@click.option("--split", required=True)
@click.option("--metrics", type=_FILE, required=True, help="Metrics CSV to write.")
def command(
    model: str,
    captions: Path,
    tldr: Path,
    naive: Path,
    judgements: tuple[Path, ...],
    human_verdicts: Path | None,
    detector: str,
    scale: str,
    split: str,
    metrics: Path,
) -> None:
    """Count what table 4 counts, and test wins against losses exactly.

    Example: tldr-reward measure-correction --model mine --captions captions.jsonl
    --tldr tldr.jsonl --naive naive.jsonl --judgements judged.jsonl
    --judgements judged_tldr.jsonl --judgements judged_naive.jsonl
    --detector llama/tldr/seed0 --scale mini --split test --metrics metrics.csv
    """
    from tldr_reward.metrics.correction import (
        CorrectedRun,
        HumanVerdict,
        correction_rows,
        outcomes_by_oracle,
        outcomes_by_people,
    )

    if bool(judgements) == bool(human_verdicts):
        raise InputError("--judgements or --human-verdicts is needed, one of the two")
    before = read_records(captions, CaptionRecord)
    after = {"tldr": read_records(tldr, CaptionRecord), "naive": read_records(naive, CaptionRecord)}
    if human_verdicts:
        verdicts = read_rows(human_verdicts, HumanVerdict)
        outcomes = {
            name: outcomes_by_people(before, some, verdicts) for name, some in after.items()
        }
    else:
        judged = {
            judgement.caption_id: judgement
            for path in judgements
            for judgement in read_records(path, Judgement)
        }
        outcomes = {name: outcomes_by_oracle(before, some, judged) for name, some in after.items()}
    run = CorrectedRun(model, detector, scale, split, bool(human_verdicts))
    write_rows(metrics, correction_rows(run, outcomes, len(before)), Metric)
