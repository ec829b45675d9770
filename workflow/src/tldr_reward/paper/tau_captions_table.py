"""Table 6: hallucination rates of captions over tau, by two detectors and by the oracle."""

from tldr_reward.paper.measured import backbones, has_spread, need_rows, pooled_metrics, seed_notes
from tldr_reward.paper.pooling import Pooled, seeds_text
from tldr_reward.paper.reported import PAPER_BACKBONES, printed_values
from tldr_reward.paper.table import Sources, Table, measure_cells, percent

MODEL = "tldr"
LEVELS = ("token", "sentence", "response")
_SHARES = ("truncated", "empty", "unparsed_sentences")
_NOTES = (
    "Percent, with 95% intervals in brackets (bootstrap over images); the paper's values are of "
    "other models and images. Rates are those of eq. 7 on captions that the backbone writes with "
    "its original LM head, its reward model's LoRA at tau times its scale.",
    "By own: as the backbone's own reward model estimates the rate, whose LoRA changed the "
    "captions that it judges; by other: as the other backbone's does, which had no part in them; "
    "true: as the oracle knows it, over the sentences that it can parse. Unparsed: sentences that "
    "it cannot. Change: true token rate minus that at tau = 0, on the same images.",
    "||dW|| / ||W||: size of the LoRA's update at that tau beside the weights that it changes.",
)


def table6(sources: Sources) -> Table:
    """Table 6: one row a backbone and tau; the paper has tau = 0, 0.1 and 0.25."""
    printed = printed_values(sources.reported, "table6")
    rows = [
        _row(sources, backbone, tau, printed)
        for backbone in backbones(sources)
        for tau in caption_taus(sources, backbone)
    ]
    need_rows(rows, "table6", f"captions of {MODEL} at some tau")
    reading = [("Backbone", "backbone"), ("tau", "tau")]
    for level in LEVELS:
        reading += [
            (f"{level.capitalize()}: by own", f"{level}_own"),
            ("by other", f"{level}_other"),
            ("true", f"{level}_true"),
        ]
    reading += [("Change", "token_change"), ("Unparsed", "unparsed_sentences")]
    reading += [("Truncated", "truncated"), ("dW/W", "lora_update"), ("n", "n")]
    notes = (*_NOTES, *seed_notes(sources))
    title = "Table 6: hallucination over tau"
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), tuple(reading), notes)


def caption_taus(sources: Sources, backbone: str, model: str = MODEL) -> list[float]:
    """Taus at which a backbone's captions were measured, in rising order."""
    return sorted(
        {
            float(row.metric.rpartition("=")[2])
            for row in sources.metrics
            if (row.backbone, row.reward_model) == (backbone, model)
            and row.metric.startswith("lora_update/")
        }
    )


def _row(
    sources: Sources, backbone: str, tau: float, printed: dict[tuple[str, str], str]
) -> dict[str, str]:
    reported_row = f"{PAPER_BACKBONES.get(backbone, backbone)}/tau={tau:g}"
    row = {"backbone": backbone, "tau": f"{tau:g}"}
    names = _names(sources, backbone, tau)
    # Of the images that were described, whichever split they are.
    (split,) = {row.split for row in sources.metrics if row.metric.startswith("lora_update/")}
    found = pooled_metrics(sources, backbone, MODEL, split, tuple(names), same_items=False)
    pooled = {names[metric]: value for metric, value in found.items()}
    for level in LEVELS:
        reported = printed.get((reported_row, f"hallucination_{level}"), "")
        row |= measure_cells(
            f"{level}_own", pooled.get(f"{level}_own"), reported, has_spread(sources)
        )
        for column in ("other", "true", "change"):
            row |= _cells(f"{level}_{column}", pooled.get(f"{level}_{column}"))
    for column in _SHARES:
        row |= _cells(column, pooled.get(column))
    update = pooled.get("lora_update")
    own = pooled.get("token_own")
    return row | {
        "lora_update": f"{update.value:.4f}" if update else "",
        "n": str(own.n) if own else "0",
        "seeds": seeds_text({"": update}) if update else "",
        "scale": sources.scale,
        "reported_row": reported_row if any(key[0] == reported_row for key in printed) else "",
    }


def _names(sources: Sources, backbone: str, tau: float) -> dict[str, str]:
    """Metrics of a row with their columns; `other` is the first backbone that is not the own."""
    detectors = dict.fromkeys(
        row.metric.partition("/by=")[2].partition("/")[0]
        for row in sources.metrics
        if row.backbone == backbone and "/by=" in row.metric
    )
    others = [name for name in detectors if name != backbone]
    names = {}
    for level in LEVELS:
        for column, by in (("own", [backbone]), ("other", others[:1])):
            for name in by:
                names[f"hallucination_{level}/by={name}/tau={tau:g}"] = f"{level}_{column}"
        names[f"true_hallucination_{level}/tau={tau:g}"] = f"{level}_true"
        names[f"true_hallucination_change_{level}/tau={tau:g}"] = f"{level}_change"
    return names | {f"{name}/tau={tau:g}": name for name in (*_SHARES, "lora_update")}


def _cells(column: str, pooled: Pooled | None) -> dict[str, str]:
    return {
        column: percent(pooled.value if pooled else None),
        f"{column}_low": percent(pooled.low if pooled else None),
        f"{column}_high": percent(pooled.high if pooled else None),
    }
