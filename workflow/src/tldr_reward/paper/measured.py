"""Measured cells of the accuracy tables: which runs there are, their numbers, common notes."""

from collections.abc import Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.pooling import Pooled, pool, seeds_text
from tldr_reward.paper.reported import PAPER_BACKBONES
from tldr_reward.paper.table import Sources, measure_cells

TAXONOMIES = (
    "spatial_relationship",
    "visual_attribute",
    "attribute_binding",
    "object_identification",
    "counting",
    "small_object",
    "text_ocr",
    "counterfactual",
)
METRICS = {
    "token_accuracy": "Token accuracy",
    "sentence_accuracy": "Sentence accuracy",
    "response_accuracy": "Response accuracy",
    "map_neg": "mAP(neg)",
    "map_pos": "mAP(pos)",
}
METRICS_READING = (
    *((heading, metric) for metric, heading in METRICS.items()),
    ("n", "n"),
    ("Seeds", "seeds"),
)
_PERCENT_NOTE = "Percent, with 95% intervals in brackets (bootstrap over images); n captions a row."
_PAPER_NOTE = " The paper's values are of other models and data."


def backbones(sources: Sources) -> list[str]:
    """Measured backbones: the paper's first, then others in order of appearance."""
    seen = dict.fromkeys(row.backbone for row in sources.metrics if row.backbone)
    known = [backbone for backbone in PAPER_BACKBONES if backbone in seen]
    return known + [backbone for backbone in seen if backbone not in PAPER_BACKBONES]


def pooled_metrics(
    sources: Sources,
    backbone: str,
    model: str,
    split: str,
    metrics: Sequence[str],
    same_items: bool = True,
) -> dict[str, Pooled]:
    """Those of a run's metrics that were measured, seeds pooled (see `pool`)."""
    found = {}
    for metric in metrics:
        key = (backbone, model, split, metric)
        rows = [
            row
            for row in sources.metrics
            if (row.backbone, row.reward_model, row.split, row.metric) == key
        ]
        if rows:
            found[metric] = pool(rows, sources.resamples, same_items)
    return found


def metric_cells(
    sources: Sources, pooled: dict[str, Pooled], printed: dict[tuple[str, str], str], row: str
) -> dict[str, str]:
    """Cells of the five metrics of one run, the paper's `row` beside them; n, seeds, scale."""
    spread = has_spread(sources)
    cells: dict[str, str] = {}
    for metric in METRICS:
        cells |= measure_cells(metric, pooled.get(metric), printed.get((row, metric), ""), spread)
    n = str(pooled["response_accuracy"].n)
    return cells | {"n": n, "seeds": seeds_text(pooled), "scale": sources.scale}


def has_spread(sources: Sources) -> bool:
    """Whether several seeds were measured, so that their spread has its own columns."""
    return len({row.seed for row in sources.metrics if row.backbone}) > 1


def need_rows(rows: Sequence, table: str, what: str) -> None:
    """Raise InputError for a table without a row."""
    if not rows:
        raise InputError(f"{table}: no row can be made; the metrics files hold no {what}")


def percent_notes(sources: Sources, with_paper: bool = True) -> tuple[str, ...]:
    """How the numbers of tables 1 and 2 are to be read."""
    return (_PERCENT_NOTE + (_PAPER_NOTE if with_paper else ""), *seed_notes(sources))


def seed_notes(sources: Sources) -> tuple[str, ...]:
    """How several seeds were pooled; nothing for one seed."""
    if not has_spread(sources):
        return ()
    how = (
        "the mean over seeds is taken within each resample of images"
        if sources.resamples
        else "without resamples the seeds' bounds are averaged, the widest it can be"
    )
    return (f"Several seeds: mean, its sampling interval ({how}), ± standard deviation of seeds.",)
