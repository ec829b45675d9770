"""Table 8: how many positives and negatives there are, by source and taxonomy."""

from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.measured import TAXONOMIES
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table, percent

STATISTICS_COLUMNS = (
    "source",
    "task",
    "taxonomy",
    "split",
    "positives",
    "negatives",
    "rejected",
)
# The paper's counts hold its test captions too; backbone pre-training and the held-out
# distributions are no part of its reward data.
_SPLITS = ("train", "validation", "test")
_COLUMNS = (
    "data",
    "taxonomy",
    "positives",
    "positives_reported",
    "negatives",
    "negatives_reported",
    "rejected",
    "train_share",
    "train_share_reported",
    "scale",
    "reported_row",
)
# Task and source of ours -> the paper's row that they stand for.
_GROUPS = {
    ("vqa", "scene-qa"): "vqa/vg100k",
    ("caption", "scene-qa"): "caption/vg100k_synthetic",
    ("caption", "scene-dense"): "caption/docci",
    ("vqa", "vg100k"): "vqa/vg100k",
    ("caption", "vg100k"): "caption/vg100k_synthetic",
    ("caption", "docci"): "caption/docci",
}


def table8(sources: Sources) -> Table:
    """Table 8: question-answer pairs, captions made from them, dense captions."""
    if not sources.statistics:
        raise InputError("table8: no data statistics; --statistics FILE is needed")
    printed = printed_values(sources.reported, "table8")
    rows = []
    for (task, source), reported_row in _groups(sources.statistics).items():
        chosen = [
            row
            for row in sources.statistics
            if (row["task"], row["source"]) == (task, source) and row["split"] in _SPLITS
        ]
        if not chosen:
            continue
        rows.append(_row(sources, chosen, f"{task}/{source}", "", reported_row, printed))
        for taxonomy in TAXONOMIES if task == "caption" else ():
            some = [row for row in chosen if row["taxonomy"] == taxonomy]
            name = f"{reported_row}/{taxonomy}" if reported_row else ""
            rows.append(_row(sources, some, f"{task}/{source}", taxonomy, name, printed))
    if not rows:
        raise InputError(f"table8: the statistics hold none of the splits {', '.join(_SPLITS)}")
    reading = (
        ("Data", "data"),
        ("Taxonomy", "taxonomy"),
        ("Positives", "positives"),
        ("Negatives", "negatives"),
        ("Rejected", "rejected"),
        ("Train share (%)", "train_share"),
    )
    notes = (
        f"Counts over the splits {', '.join(_SPLITS)}; a row without a taxonomy sums over all. "
        "Rejected: perturbations that the check of the negatives refused or that a taxonomy "
        "could not make. Train share: positives in the train split.",
        "`scene-qa` stands for VG100K's question-answer pairs and the captions aggregated from "
        "them, `scene-dense` for DOCCI.",
    )
    title = "Table 8: synthetic data"
    return Table(title, sources.scale, _COLUMNS, tuple(rows), reading, notes)


def _groups(statistics: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """The paper's groups, then other sources (no paper row) in order of appearance."""
    found = {(row["task"], row["source"]): "" for row in statistics}
    return _GROUPS | {key: "" for key in found if key not in _GROUPS}


def _row(
    sources: Sources,
    chosen: Sequence[Mapping[str, str]],
    data: str,
    taxonomy: str,
    reported_row: str,
    printed: dict[tuple[str, str], str],
) -> dict[str, str]:
    positives = _total(chosen, "positives")
    in_train = _total([row for row in chosen if row["split"] == "train"], "positives")
    whole = not taxonomy
    return {
        "data": data,
        "taxonomy": taxonomy,
        "positives": str(positives) if whole else "",
        "positives_reported": printed.get((reported_row, "positives"), ""),
        "negatives": str(_total(chosen, "negatives")),
        "negatives_reported": printed.get((reported_row, "negatives"), ""),
        "rejected": str(_total(chosen, "rejected")),
        "train_share": percent(in_train / positives) if whole and positives else "",
        "train_share_reported": printed.get((reported_row, "train_share"), ""),
        "scale": sources.scale,
        "reported_row": reported_row,
    }


def _total(rows: Sequence[Mapping[str, str]], column: str) -> int:
    try:
        return sum(int(row[column] or 0) for row in rows)
    except ValueError as error:
        raise InputError(
            f"statistics column {column!r}: a whole number is needed ({error})"
        ) from None
