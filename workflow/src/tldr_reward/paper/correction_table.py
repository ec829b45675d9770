"""Table 4: self-correction of flagged captions, with TLDR and with naive guidance."""

import math

from tldr_reward.metrics.paired import exact_mcnemar, holm
from tldr_reward.paper.measured import need_rows
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table, p_text
from tldr_reward.records import Metric

_COUNTS = ("samples", "flagged", "self_corrected", "win", "tie", "loss", "not_judged")
_PREFIX = "correction/"


def table4(sources: Sources) -> Table:
    """Counts by model and guidance, with exact sign tests; the paper's models in rows below."""
    measured: dict[str, dict[str, Metric]] = {}
    for row in sources.metrics:
        if row.metric.startswith(_PREFIX):
            measured.setdefault(row.run, {})[row.metric.removeprefix(_PREFIX)] = row
    need_rows(list(measured), "table4", "corrections")
    adjusted = _adjusted(measured)
    rows = [_own_row(run, cells, adjusted, sources.scale) for run, cells in measured.items()]
    rows += _paper_rows(sources)
    reading = (
        ("Model", "model"),
        ("Guidance", "guidance"),
        ("Samples", "samples"),
        ("Flagged", "flagged"),
        ("Self-corrected", "self_corrected"),
        ("Win", "win"),
        ("Tie", "tie"),
        ("Loss", "loss"),
        ("Not judged", "not_judged"),
        ("p (win against loss)", "sign_p"),
        ("p, Holm", "sign_p_holm"),
        ("p (TLDR against naive)", "naive_p"),
        ("Judge", "judge"),
    )
    notes = (
        "Counts, with Wilson's 95% bounds in brackets: flagged of samples, self-corrected (the "
        "text changed) of flagged, win, tie and loss of those that were judged. "
        "p: exact sign tests; TLDR against naive is on the same captions, where what was left "
        "unchanged counts as a tie. Where the judge is the oracle of the scene world, fewer wrong "
        "words win. The rows of the paper show its printed counts, judged by people, with "
        "the sign test that they allow; whether its two guidances saw the same captions is unsaid.",
    )
    title = "Table 4: self-correction of flagged captions"
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def _adjusted(measured: dict[str, dict[str, Metric]]) -> dict[str, float]:
    runs = list(measured)
    return dict(zip(runs, holm([measured[run]["sign_p"].value for run in runs]), strict=True))


def _own_row(
    run: str, cells: dict[str, Metric], adjusted: dict[str, float], scale: str
) -> dict[str, str]:
    model, guidance = run.rsplit("/", 1)
    row = {
        "model": model,
        "guidance": guidance,
        "judge": "people" if "by_people" in cells else "oracle",
    }
    for name in _COUNTS:
        row[name] = f"{cells[name].value:.0f}"
        for bound in ("low", "high"):
            value = getattr(cells[name], bound)
            row[f"{name}_{bound}"] = "" if math.isnan(value) else f"{value:.1f}"
    row["sign_p"] = p_text(cells["sign_p"].value)
    row["sign_p_holm"] = p_text(adjusted[run])
    row["naive_p"] = p_text(cells["naive_p"].value) if "naive_p" in cells else ""
    flagged = cells["flagged"]
    return row | {"n": str(flagged.n), "seeds": flagged.seed, "scale": scale}


def _paper_rows(sources: Sources) -> list[dict[str, str]]:
    printed = printed_values(sources.reported, "table4")
    rows = []
    for name in dict.fromkeys(name for name, _ in printed):
        model, guidance = name.rsplit("/", 1)
        row = {"model": f"{model} (paper)", "guidance": guidance, "judge": "people"}
        for count in _COUNTS:
            row[count] = printed.get((name, count), "")
            row |= {f"{count}_low": "", f"{count}_high": ""}
        p = exact_mcnemar(int(row["win"]), int(row["loss"]))
        row |= {"sign_p": p_text(p), "sign_p_holm": "", "naive_p": ""}
        rows.append(row | {"n": row["samples"], "seeds": "", "scale": "reported"})
    return rows
