"""The table of measured speeds: a row a comparison. No torch."""

import dataclasses
from collections.abc import Sequence

WORK = ("training", "scoring")


@dataclasses.dataclass(frozen=True)
class SpeedRow:
    """One work at one geometry, this package against one peer; ratios of medians."""

    geometry: str
    backbone: str
    work: str
    peer: str
    device: str
    threads: int
    clock: str
    dtype: str
    captions_per_s: float
    peer_captions_per_s: float
    ratio: float
    ratio_low: float
    ratio_high: float
    bound: float | None
    share_of_bound: float | None
    tokens_per_s: float | None
    achieved_gflops: float | None
    share_of_matrix_peak: float | None
    peak_memory_mb: float | None
    peer_peak_memory_mb: float | None
    score_difference: float | None


def speed_rows(reports: Sequence[dict]) -> list[SpeedRow]:
    """Rows of reports of training and scoring, and of generation."""
    rows = []
    for report in reports:
        if "ours_against_peer" in report:
            rows.append(_of_generation(report))
            continue
        for work in WORK:
            for peer in ("peer", "peer_cached"):
                rows.append(_of_work(report, work, peer))
    return rows


def _of_work(report: dict, work: str, peer: str) -> SpeedRow:
    found = report[work]
    ours, speedup = found["ours"], found[f"ours_against_{peer}"]
    return SpeedRow(
        report["geometry"],
        report["backbone"],
        work,
        peer,
        report["device"],
        report["threads"],
        report["clock"],
        report["dtype"],
        ours["captions_per_s"],
        found[peer]["captions_per_s"],
        speedup["ratio"],
        speedup["low"],
        speedup["high"],
        speedup["bound"],
        speedup["share"],
        ours["response_tokens_per_s"],
        ours["achieved_gflops"],
        ours["share_of_peak"],
        ours["peak_memory_mb"],
        found[peer]["peak_memory_mb"],
        report["equality"]["largest_difference_of_scores"],
    )


def _of_generation(report: dict) -> SpeedRow:
    speedup, images = report["ours_against_peer"], report["images"]
    return SpeedRow(
        report["geometry"],
        report["backbone"],
        "generation",
        "peer",
        report["device"],
        report["threads"],
        report["clock"],
        "float32",
        round(images / report["ours"]["median_s"], 2),
        round(images / report["peer"]["median_s"], 2),
        speedup["ratio"],
        speedup["low"],
        speedup["high"],
        *[None] * 8,
    )


def markdown(rows: Sequence[SpeedRow], formula: str) -> str:
    """The rows for reading."""
    head = (
        "| Geometry | Backbone | Work | Against | Captions/s | Peer's | Ratio | Bound | Share | "
        "Matrix peak | MB | Peer's MB |\n"
        "| :-- | :-- | :-- | :-- | --: | --: | --: | --: | --: | --: | --: | --: |\n"
    )
    lines = [
        f"| {row.geometry} | {row.backbone} | {row.work} | {row.peer} | {row.captions_per_s:g} | "
        f"{row.peer_captions_per_s:g} | {row.ratio:.2f} [{row.ratio_low:.2f}, "
        f"{row.ratio_high:.2f}] | {_shown(row.bound, '.2f')} | "
        f"{_shown(row.share_of_bound, '.0%')} | {_shown(row.share_of_matrix_peak, '.0%')} | "
        f"{_shown(row.peak_memory_mb, '.0f')} | {_shown(row.peer_peak_memory_mb, '.0f')} |\n"
        for row in rows
    ]
    notes = (
        "\nRatio: of median times, interleaved; brackets: least and greatest of the rounds'. "
        "Bound: the peer's counted operations over this package's; share: ratio over bound. "
        "`peer` runs the vision tower in every row, `peer_cached` has vision features cached. "
        f"Matrix peak: counted operations a second over those of a matrix product in the same run. "
        f"Counted: {formula}.\n"
    )
    return head + "".join(lines) + notes


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
