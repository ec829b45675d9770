"""Table 5: benchmarks with the original LM head back, the LoRA at tau times its scale."""

from collections.abc import Sequence

from tldr_reward.metrics.benchmarks import WAYS
from tldr_reward.paper.measured import backbones, has_spread, need_rows, pooled_metrics, seed_notes
from tldr_reward.paper.pooling import Pooled, seeds_text
from tldr_reward.paper.reported import PAPER_BACKBONES, printed_values
from tldr_reward.paper.table import Sources, Table, measure_cells, p_text, percent

MODEL = "tldr"
# Our benchmarks in the paper's order -> heading, and the paper's column.
BENCHMARKS = {
    "counting": ("Counting", "blink_counting"),
    "spatial_relation": ("Spatial relation", "blink_spatial_relation"),
    "object_localization": ("Object localization", "blink_object_localization"),
    "function_parity": ("Function parity", "isobench_math_parity"),
    "chess_winner": ("Chess winner", "isobench_winner_id"),
}
# What is added to a benchmark's heading for each way to answer.
ANSWERED = {"": "", "constrained_": " (constrained)"}
_P_VALUES = tuple(f"{way}{p}" for way in WAYS for p in ("mcnemar_p", "holm_p"))
_NOTES = (
    "Accuracy in percent with 95% Wilson intervals in brackets; the paper's values are of other "
    "models and data. Beside it the share of answers that the benchmark's parser did not "
    "understand, which count as wrong. What is never trained: plots and boards.",
    "Constrained: the question is asked without options, and the likeliest of the choices counts, "
    "each in its own words; this needs no parser and none of the skill of naming a letter.",
    "Majority: what one constant answer gets. p: exact McNemar against tau = 0 on the same items; "
    "p (Holm): adjusted over all comparisons of this table, of both ways to answer.",
)


def tau_of(metric: str) -> float:
    """The tau that a metric's name ends with."""
    return float(metric.rpartition("=")[2])


def taus(sources: Sources, backbone: str, model: str = MODEL) -> list[float]:
    """Taus at which a backbone's accuracy was measured, in rising order."""
    return sorted(
        {
            tau_of(row.metric)
            for row in sources.metrics
            if (row.backbone, row.reward_model) == (backbone, model)
            and row.metric.startswith("accuracy/tau=")
        }
    )


def table5(sources: Sources) -> Table:
    """Table 5: one row a backbone and tau, five benchmarks."""
    printed = printed_values(sources.reported, "table5")
    rows = [
        _row(sources, backbone, tau, printed)
        for backbone in backbones(sources)
        for tau in taus(sources, backbone)
    ]
    need_rows(rows, "table5", f"accuracy of {MODEL} at some tau")
    reading = [("Backbone", "backbone"), ("tau", "tau")]
    for name, (heading, _) in BENCHMARKS.items():
        reading += [(heading, name), ("not understood", f"{name}_not_understood")]
        reading += [("p (Holm)", f"{name}_holm_p"), ("constrained", f"{name}_constrained")]
        reading += [("p (Holm)", f"{name}_constrained_holm_p")]
    notes = (*_NOTES, *_majorities(rows), *seed_notes(sources))
    title = "Table 5: benchmarks over tau"
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), tuple(reading), notes)


def _row(
    sources: Sources, backbone: str, tau: float, printed: dict[tuple[str, str], str]
) -> dict[str, str]:
    reported_row = f"{PAPER_BACKBONES.get(backbone, backbone)}/tau={tau:g}"
    row = {"backbone": backbone, "tau": f"{tau:g}"}
    seeds: dict[str, Pooled] = {}
    for name, (_, column) in BENCHMARKS.items():
        pooled = _at(sources, backbone, name, tau)
        reported = printed.get((reported_row, column), "")
        row |= measure_cells(name, pooled.get("accuracy"), reported, has_spread(sources))
        for metric in ("not_understood", "constrained_accuracy"):
            key = f"{name}_{metric.removesuffix('_accuracy')}"
            row |= _share(key, pooled.get(metric))
        row[f"{name}_majority"] = percent(_value(pooled.get("majority")))
        for metric in _P_VALUES:
            row[f"{name}_{metric}"] = _p_values(sources, backbone, name, tau, metric)
        row[f"{name}_n"] = str(pooled["accuracy"].n) if "accuracy" in pooled else ""
        seeds |= {name: pooled["accuracy"]} if "accuracy" in pooled else {}
    return row | {
        "seeds": seeds_text(seeds),
        "scale": sources.scale,
        "reported_row": reported_row if any(key[0] == reported_row for key in printed) else "",
    }


def _at(sources: Sources, backbone: str, benchmark: str, tau: float) -> dict[str, Pooled]:
    """Pooled metrics of a benchmark at a tau, by their names without it."""
    names = {f"{name}/tau={tau:g}": name for name in ("accuracy", "constrained_accuracy")}
    names |= {f"not_understood/tau={tau:g}": "not_understood", "majority": "majority"}
    found = pooled_metrics(sources, backbone, MODEL, benchmark, tuple(names))
    return {names[metric]: pooled for metric, pooled in found.items()}


def _p_values(sources: Sources, backbone: str, benchmark: str, tau: float, metric: str) -> str:
    """p values of the seeds, in their order; empty at tau = 0, which is compared with nothing."""
    found = [
        row
        for row in sources.metrics
        if (row.backbone, row.reward_model, row.split) == (backbone, MODEL, benchmark)
        and row.metric == f"{metric}/tau={tau:g}"
    ]
    return " ".join(p_text(row.value) for row in sorted(found, key=lambda row: int(row.seed)))


def _share(column: str, pooled: Pooled | None) -> dict[str, str]:
    return {
        column: percent(_value(pooled)),
        f"{column}_low": percent(pooled.low if pooled else None),
        f"{column}_high": percent(pooled.high if pooled else None),
    }


def _value(pooled: Pooled | None) -> float | None:
    return pooled.value if pooled else None


def _majorities(rows: Sequence[dict[str, str]]) -> tuple[str, ...]:
    told = ", ".join(
        f"{heading.lower()} {rows[0][f'{name}_majority']} (n = {rows[0][f'{name}_n']})"
        for name, (heading, _) in BENCHMARKS.items()
        if rows[0][f"{name}_n"]
    )
    return (f"Majority baselines: {told}.",)
