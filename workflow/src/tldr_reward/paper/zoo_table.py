"""Table 3: hallucination rates of the models of the zoo, estimated, true and corrected."""

from collections.abc import Mapping

from tldr_reward.metrics.judged import LEVELS
from tldr_reward.paper.measured import need_rows
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table, percent
from tldr_reward.records import Metric

# Rates of one level: our metric's name, and that of its columns.
RATES = ("hallucination", "true_hallucination", "hallucination_difference",
         "corrected_hallucination", "sensitivity", "specificity")  # fmt: skip
SHARES = ("truncated", "empty", "unparsed_sentences", "exam_accuracy", "exam_unparsed",
          "mix_accuracy", "mix_unparsed", "choice_accuracy", "choice_unparsed")  # fmt: skip
BENCHMARKS = ("mmmu", "mega_bench")
_READING = (
    ("Model", "model"),
    ("Token rate", "hallucination_token"),
    ("true", "true_hallucination_token"),
    ("difference", "hallucination_difference_token"),
    ("corrected", "corrected_hallucination_token"),
    ("Sentence rate", "hallucination_sentence"),
    ("true", "true_hallucination_sentence"),
    ("Response rate", "hallucination_response"),
    ("true", "true_hallucination_response"),
    ("Tokens", "caption_tokens"),
    ("Truncated", "truncated"),
    ("Unparsed", "unparsed_sentences"),
    ("scene-exam", "exam_accuracy"),
    ("scene-mix", "mix_accuracy"),
    ("scene-choice", "choice_accuracy"),
    ("MMMU", "mmmu"),
    ("MEGA-Bench", "mega_bench"),
    ("n", "n"),
)


def table3(sources: Sources) -> Table:
    """Table 3: our models, the lowest estimated token rate first; then the paper's other models."""
    printed = printed_values(
        [entry for entry in sources.reported if "camera_ready" in entry.source], "table3"
    )
    measured: dict[str, dict[str, Metric]] = {}
    for row in sources.metrics:
        measured.setdefault(row.run, {})[row.metric] = row
    ours = {row["model"]: row for row in sources.models if row["model"] in measured}
    need_rows(list(ours), "table3", "rate of a model that the registry has")
    rows = [_row(sources, row, measured[model], printed) for model, row in ours.items()]
    rows.sort(key=lambda row: (not row["hallucination_token"], _rate(measured[row["model"]])))
    shown = {row["reported_row"] for row in rows}
    others = dict.fromkeys(name for name, _ in printed if name not in shown)
    for name in others:
        registered = {"model": name, "kind": "reported", "reported_row": name}
        rows.append(_row(sources, registered, {}, printed) | {"scale": "reported", "n": ""})
    title = "Table 3: hallucination rates of vision-language models"
    notes = _notes(sources, measured)
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), _READING, notes)


def _rate(metrics: Mapping[str, Metric]) -> float:
    row = metrics.get("hallucination_token")
    return row.value if row else 0.0


def _row(
    sources: Sources,
    registered: Mapping[str, str],
    metrics: Mapping[str, Metric],
    printed: Mapping[tuple[str, str], str],
) -> dict[str, str]:
    name = registered["reported_row"]
    cells = {"model": registered["model"], "kind": registered["kind"]}
    for level in LEVELS:
        for rate in RATES:
            column = f"{rate}_{level}"
            cells |= _cells(column, metrics)
            if rate == "hallucination":
                cells[f"{column}_reported"] = printed.get((name, column), "")
    for column in SHARES:
        cells |= _cells(column, metrics)
    length = metrics.get("caption_tokens")
    for part in ("value", "low", "high"):
        column = "caption_tokens" if part == "value" else f"caption_tokens_{part}"
        cells[column] = f"{getattr(length, part):.1f}" if length else ""
    for benchmark in BENCHMARKS:
        # Never measured here: no number of ours stands in these columns.
        cells[benchmark] = ""
        cells[f"{benchmark}_reported"] = printed.get((name, benchmark), "")
    captions = metrics.get("hallucination_token")
    detectors = {f"{row.backbone}/{row.reward_model}" for row in metrics.values()}
    return cells | {
        "n": str(captions.n) if captions else "0",
        "detector": "".join(detectors),
        "seeds": "".join({row.seed for row in metrics.values()}),
        "scale": sources.scale,
        "reported_row": name,
    }


def _cells(column: str, metrics: Mapping[str, Metric]) -> dict[str, str]:
    row = metrics.get(column)
    return {
        column: percent(row.value if row else None),
        f"{column}_low": percent(row.low if row else None),
        f"{column}_high": percent(row.high if row else None),
    }


def _notes(sources: Sources, measured: Mapping[str, Mapping[str, Metric]]) -> tuple[str, ...]:
    detectors = sorted({f"{row.backbone}/{row.reward_model}" for row in sources.metrics})
    notes = [
        "Percent, with 95% intervals in brackets (bootstrap over images, Wilson where an image has "
        "one yes-or-no item); n captions a row, one an image. The paper's values are of other "
        "models, images and detectors; rows without a number of ours are the paper's alone.",
        f"Rates are those of eq. 7, as {', '.join(detectors)} estimates them: the share of a "
        "caption's tokens (sentences) that it flags, or whether it flags any, averaged over "
        "captions. `true`: as the oracle knows them, over the tokens of the sentences that it can "
        "parse; `difference`: estimated minus true rate on those tokens alone. An empty caption "
        "has no rate and is not in n.",
        "`corrected`: Rogan and Gladen's rate, from sensitivity and specificity on the model's own "
        "captions of other images; both samples' errors are in its interval. It is clipped to "
        "[0, 100], and left out where sensitivity + specificity is not above 1, or the model said "
        "nothing wrong (or nothing right) there, or the oracle could parse nothing.",
        "`scene-exam` (open questions on counts, relations and presence) and `scene-mix` (open "
        "questions of all kinds) stand where the paper has MMMU and MEGA-Bench, whose numbers have "
        "columns of their own; `scene-choice` is multiple choice, 25% by chance. A response that "
        "cannot be read as an answer is wrong. Empty cells: not asked, or no item.",
    ]
    silent = [run for run, rows in measured.items() if "hallucination_token" not in rows]
    if silent:
        notes.append(f"Without a caption that says anything: {', '.join(silent)}.")
    return tuple(notes)
