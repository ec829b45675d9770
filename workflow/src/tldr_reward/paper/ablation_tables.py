"""Tables 2 and 11: which parts are tuned with which loss, and response accuracy by taxonomy."""

from tldr_reward.errors import InputError
from tldr_reward.paper.measured import (
    METRICS,
    METRICS_READING,
    TAXONOMIES,
    backbones,
    has_spread,
    metric_cells,
    need_rows,
    percent_notes,
    pooled_metrics,
    seed_notes,
)
from tldr_reward.paper.pooling import seeds_text
from tldr_reward.paper.reported import PAPER_BACKBONES, printed_values
from tldr_reward.paper.table import Sources, Table, measure_cells

# Our name of a reward model -> the paper's name of the parts that its LoRA tunes, and its loss.
_TRAINED = {
    "tldr": ("projector+decoder", "contrast"),
    "tldr_plain": ("projector+decoder", "plain"),
    "tldr_projector_only": ("projector_only", "contrast"),
    "tldr_decoder_only": ("decoder_only", "contrast"),
}
_TABLE11_COLUMNS = {
    "naive": "naive",
    "tldr": "tldr",
    "tldr_projector_only": "projector_only",
    "tldr_decoder_only": "decoder_only",
}


def table2(sources: Sources) -> Table:
    """Table 2: parts that the LoRA tunes, and loss; for every backbone that has an ablation."""
    printed = printed_values(sources.reported, "table2")
    rows = []
    for backbone in backbones(sources):
        measured = {
            model: pooled
            for model in _TRAINED
            if (pooled := pooled_metrics(sources, backbone, model, "test", tuple(METRICS)))
        }
        if not measured.keys() - {"tldr"}:
            continue
        for model, pooled in measured.items():
            parts, loss = _TRAINED[model]
            reported_row = f"{PAPER_BACKBONES.get(backbone, backbone)}/{parts}"
            cells = metric_cells(sources, pooled, printed, reported_row)
            rows.append({"backbone": backbone, "trained_parts": parts, "loss": loss} | cells)
    ablations = ", ".join(model for model in _TRAINED if model != "tldr")
    need_rows(rows, "table2", f"ablation on split 'test' ({ablations})")
    named = (("Backbone", "backbone"), ("LoRA on", "trained_parts"), ("Loss", "loss"))
    reading = (*named, *METRICS_READING)
    title = "Table 2: which parts of the backbone are tuned"
    notes = (
        *percent_notes(sources),
        "Loss: plain weighs all tokens alike, as the paper's does; contrast gives more weight to "
        "those at which a negative and its original differ, and must tell the right token there.",
    )
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def table11(sources: Sources) -> Table:
    """Table 11: response accuracy by taxonomy, negatives with their originals (half good)."""
    printed = printed_values(sources.reported, "table11")
    rows = [
        row
        for backbone in backbones(sources)
        for taxonomy in (*TAXONOMIES, "overall")
        if (row := _taxonomy_row(sources, backbone, taxonomy, printed))
    ]
    need_rows(rows, "table11", "response accuracy of naive or tldr on split 'test'")
    reading = (
        ("Backbone", "backbone"),
        ("Taxonomy", "taxonomy"),
        ("Naive", "naive"),
        ("TLDR", "tldr"),
        ("Projector only", "projector_only"),
        ("Decoder only", "decoder_only"),
        ("n", "n"),
        ("Seeds", "seeds"),
    )
    notes = (
        "Response accuracy in percent, with 95% intervals in brackets (bootstrap over images). "
        "A taxonomy's n counts its negatives and their originals, half good and half bad: who "
        'always answers "good" gets 50. The paper\'s values are those of PaliGemma-3B.',
        *seed_notes(sources),
    )
    title = "Table 11: response accuracy by taxonomy"
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def _taxonomy_row(
    sources: Sources, backbone: str, taxonomy: str, printed: dict[tuple[str, str], str]
) -> dict[str, str]:
    """One row, or {} when no column of it was measured."""
    metric = "response_accuracy" if taxonomy == "overall" else f"response_accuracy/{taxonomy}"
    pooled = {}
    for model, column in _TABLE11_COLUMNS.items():
        if found := pooled_metrics(sources, backbone, model, "test", (metric,)):
            pooled[column] = found[metric]
    if not pooled:
        return {}
    row = {"backbone": backbone, "taxonomy": taxonomy}
    for column in _TABLE11_COLUMNS.values():
        # The paper has this table for PaliGemma alone.
        reported = printed.get((taxonomy, column), "") if backbone == "paligemma" else ""
        row |= measure_cells(column, pooled.get(column), reported, has_spread(sources))
    n = sorted({numbers.n for numbers in pooled.values()})
    if len(n) > 1:
        raise InputError(f"table11: {backbone} {taxonomy} was measured on {n} captions, not one n")
    return row | {"n": str(n[0]), "seeds": seeds_text(pooled), "scale": sources.scale}
