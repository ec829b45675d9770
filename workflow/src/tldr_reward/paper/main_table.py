"""Table 1 and its out-of-distribution twin: the reward models, baselines, TLDR against naive."""

from collections.abc import Sequence

from tldr_reward.metrics.paired import Comparison, compare, holm
from tldr_reward.metrics.rows import ResponseOutcome
from tldr_reward.paper.measured import (
    METRICS,
    METRICS_READING,
    backbones,
    metric_cells,
    need_rows,
    percent_notes,
    pooled_metrics,
)
from tldr_reward.paper.reported import PAPER_BACKBONES, printed_values
from tldr_reward.paper.table import Sources, Table, p_text

OOD_SPLITS = ("ood_phrasing", "ood_scene")
_VERSUS = ("versus_naive_p", "versus_naive_p_holm")


def table1(sources: Sources) -> Table:
    """Table 1: token, sentence and response accuracy and mAP on the test split."""
    printed = printed_values(sources.reported, "table1")
    compared = _comparisons(sources, ("test",))
    rows = _rows(sources, "test", printed, compared)
    need_rows(rows, "table1", "response accuracy on split 'test'")
    reading = (("Backbone", "backbone"), ("Reward model", "reward_model"), *METRICS_READING)
    title = "Table 1: accuracy of the reward models"
    notes = (*percent_notes(sources), *_notes(rows), *_versus_notes(compared))
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def table1_ood(sources: Sources) -> Table:
    """Table 1's columns on the out-of-distribution splits, which the paper does not have."""
    compared = _comparisons(sources, OOD_SPLITS)
    rows = [
        {"split": split} | row
        for split in OOD_SPLITS
        for row in _rows(sources, split, {}, compared)
    ]
    need_rows(rows, "table1_ood", f"response accuracy on split {' or '.join(OOD_SPLITS)}")
    reading = (
        ("Split", "split"),
        ("Backbone", "backbone"),
        ("Reward model", "reward_model"),
        *METRICS_READING,
    )
    title = "Table 1, out of distribution: unseen phrasings and unseen scenes"
    notes = (
        "`ood_phrasing`: a phrasing set that was never trained, standard scenes. `ood_scene`: "
        "more objects and unseen colour-shape pairs, standard phrasing. Not in the paper.",
        *percent_notes(sources, with_paper=False),
        *_notes(rows),
        *_versus_notes(compared),
    )
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def _rows(
    sources: Sources,
    split: str,
    printed: dict[tuple[str, str], str],
    compared: dict[tuple[str, str], Comparison],
) -> list[dict[str, str]]:
    """The paper's rows in its order; a run that was not measured on the split has none."""
    adjusted = _adjusted(compared)
    found = backbones(sources)
    order = [(backbone, model) for backbone in found for model in ("tldr", "naive")]
    order += [(backbone, "prompting") for backbone in found]
    rows = []
    for backbone, model in [*order, ("", "all_positive"), ("", "random")]:
        pooled = pooled_metrics(sources, backbone, model, split, tuple(METRICS))
        if not pooled:
            continue
        reported_row = _reported_row(backbone, model) if printed else ""
        row = {"backbone": backbone, "reward_model": model}
        row |= metric_cells(sources, pooled, printed, reported_row)
        row |= dict.fromkeys(_VERSUS, "")
        if model == "tldr" and (split, backbone) in compared:
            p_values = compared[split, backbone].clustered_p, adjusted[split, backbone]
            row |= zip(_VERSUS, map(p_text, p_values), strict=True)
        rows.append(row | {"reported_row": reported_row})
    return rows


def _reported_row(backbone: str, model: str) -> str:
    """The paper's row beside one of ours; its prompting row is GPT-4o's."""
    fixed = {"prompting": "gpt-4o/prompting", "all_positive": "", "random": "random/guess"}
    if model in fixed:
        return fixed[model]
    return f"{PAPER_BACKBONES[backbone]}/{model}" if backbone in PAPER_BACKBONES else ""


def _notes(rows: Sequence[dict[str, str]]) -> tuple[str, ...]:
    models = {row["reward_model"] for row in rows}
    notes = []
    if "prompting" in models:
        instead = "" if "split" in rows[0] else " It stands where the paper prompts GPT-4o."
        notes.append(
            "`prompting`: the backbone itself, by the likelihood that its own LM head gives each "
            f"token; one threshold, chosen on validation captions.{instead}"
        )
    if "all_positive" in models:
        notes.append("`all_positive` calls every token good; `random` tosses a coin a caption.")
    return tuple(notes)


def _comparisons(sources: Sources, splits: Sequence[str]) -> dict[tuple[str, str], Comparison]:
    """TLDR against naive by (split, backbone), over the seeds that both have."""
    compared = {}
    for split in splits:
        for backbone in backbones(sources):
            tldr = _by_seed(sources.outcomes, backbone, "tldr", split)
            naive = _by_seed(sources.outcomes, backbone, "naive", split)
            pairs = [(tldr[seed], naive[seed]) for seed in tldr if seed in naive]
            if pairs:
                compared[split, backbone] = compare(pairs)
    return compared


def _by_seed(
    outcomes: Sequence[ResponseOutcome], backbone: str, model: str, split: str
) -> dict[str, list[ResponseOutcome]]:
    by_seed: dict[str, list[ResponseOutcome]] = {}
    for outcome in outcomes:
        if (outcome.backbone, outcome.reward_model, outcome.split) == (backbone, model, split):
            by_seed.setdefault(outcome.seed, []).append(outcome)
    return by_seed


def _adjusted(compared: dict[tuple[str, str], Comparison]) -> dict[tuple[str, str], float]:
    """Holm over the comparisons of one table."""
    p_values = [comparison.clustered_p for comparison in compared.values()]
    return dict(zip(compared, holm(p_values), strict=True))


def _versus_notes(compared: dict[tuple[str, str], Comparison]) -> tuple[str, ...]:
    adjusted = _adjusted(compared)
    notes = []
    for (split, backbone), comparison in compared.items():
        counts = ", ".join(
            f"{first} and {second} (exact McNemar p = {p_text(p)})"
            for first, second, p in zip(
                comparison.only_first, comparison.only_second, comparison.mcnemar_p, strict=True
            )
        )
        each = ", for each seed" if len(comparison.mcnemar_p) > 1 else ""
        notes.append(
            f"TLDR against naive, {backbone}, {split}: of {comparison.n} captions TLDR alone and "
            f"naive alone judged right{each}: {counts}. With images as the units (exact sign "
            f"flips): p = {p_text(comparison.clustered_p)}, by Holm's rule over this table "
            f"{p_text(adjusted[split, backbone])}."
        )
    return tuple(notes)
