"""Table 7: seconds that annotators need for a caption, and what their corrections are worth."""

from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.measured import backbones, need_rows
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table, percent
from tldr_reward.records import Metric

_AVERAGE = "average"
_GUIDANCES = ("binary", "token")
# Our name of a guidance -> the paper's column.
_PRINTED = {"binary": "seconds_binary_guidance", "token": "seconds_tldr_guidance"}
_SHARES = ("error_free", "false_edit")


def table7(sources: Sources) -> Table:
    """Table 7: one row an annotator and their average, for every detector that guided them."""
    printed = printed_values(sources.reported, "table7")
    rows = []
    for backbone in [*backbones(sources), ""]:
        found = {row.metric: row for row in sources.metrics if row.backbone == backbone}
        if found:
            names = dict.fromkeys(name.split("/")[1] for name in found if name[:8] == "seconds/")
            ordered = [*sorted(set(names) - {_AVERAGE}), _AVERAGE]
            rows += [_row(sources, backbone, found, name, printed) for name in ordered]
    need_rows(rows, "table7", "seconds of an annotator")
    reading = (
        ("Detector", "backbone"),
        ("Annotator", "annotator"),
        ("Source", "source"),
        ("Seconds, binary", "seconds_binary"),
        ("Seconds, token", "seconds_token"),
        ("Times faster", "speed_up"),
        ("Model's estimate", "model_speed_up"),
        ("Analysis", "analysis"),
        ("Error-free, binary (%)", "error_free_binary"),
        ("Error-free, token (%)", "error_free_token"),
        ("False edits, binary (%)", "false_edit_binary"),
        ("False edits, token (%)", "false_edit_token"),
        ("n, binary", "n_binary"),
        ("n, token", "n_token"),
    )
    title = "Table 7: seconds to correct a caption, with binary and with token guidance"
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, _notes(sources, rows))


def _row(
    sources: Sources,
    backbone: str,
    found: Mapping[str, Metric],
    annotator: str,
    printed: Mapping[tuple[str, str], str],
) -> dict[str, str]:
    reported_row = annotator if annotator == _AVERAGE else f"annotator_{annotator}"
    seconds = {name: printed.get((reported_row, column), "") for name, column in _PRINTED.items()}
    if not all(seconds.values()):
        reported_row = ""
    row = {"backbone": backbone, "annotator": annotator, "source": _source(found)}
    for guidance in _GUIDANCES:
        metric = found[f"seconds/{annotator}/{guidance}"]
        row |= _cells(f"seconds_{guidance}", metric, 1)
        row[f"seconds_{guidance}_reported"] = seconds[guidance]
    row |= _cells("speed_up", found[f"speed_up/{annotator}"], 2)
    # The paper prints seconds alone; this is their ratio.
    faster = float(seconds["binary"]) / float(seconds["token"]) if reported_row else None
    row["speed_up_reported"] = "" if faster is None else f"{faster:.2f}"
    row |= _model(found if annotator == _AVERAGE else {})
    for share in _SHARES:
        for guidance in _GUIDANCES:
            metric = found.get(f"{share}/{annotator}/{guidance}")
            row |= _cells(f"{share}_{guidance}", metric, None)
    for guidance in _GUIDANCES:
        row[f"n_{guidance}"] = str(found[f"seconds/{annotator}/{guidance}"].n)
    return row | {"scale": sources.scale, "reported_row": reported_row}


def _source(found: Mapping[str, Metric]) -> str:
    """Whether people annotated or a model of them: the log says, and a run is named after it."""
    runs = {row.run for row in found.values()}
    if len(runs) > 1:
        raise InputError(f"table7: several logs of one detector: {', '.join(sorted(runs))}")
    return runs.pop().split("/")[1]


def _model(found: Mapping[str, Metric]) -> dict[str, str]:
    """The ratio of geometric means over all annotators, in the row of their average."""
    fitted = [row for name, row in found.items() if name.startswith("model_speed_up/")]
    metric = fitted[0] if fitted else None
    analysis = metric.metric.partition("/")[2] if metric else ""
    return _cells("model_speed_up", metric, 2) | {"analysis": analysis}


def _cells(column: str, metric: Metric | None, digits: int | None) -> dict[str, str]:
    """Value and bounds with so many decimals; with None, shares as percent."""
    numbers = [None] * 3 if metric is None else [metric.value, metric.low, metric.high]
    texts = [
        percent(number) if digits is None or number is None else f"{number:.{digits}f}"
        for number in numbers
    ]
    return dict(zip((column, f"{column}_low", f"{column}_high"), texts, strict=True))


def _notes(sources: Sources, rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    analyses = {
        "paired": "captions had with both guidances are compared with themselves",
        "mixed": "a mixed-effects model of log seconds with annotators as random intercepts",
        "fixed": "log seconds with annotators as fixed effects, as the mixed-effects model did "
        "not converge or was singular",
    }
    used = sorted({row["analysis"] for row in rows} & set(analyses))
    notes = [
        "95% intervals in brackets: of seconds and of their ratio by a bootstrap over captions "
        "within annotator and guidance; they speak of these annotators, on other captions. "
        "Times faster: seconds with binary over seconds with token guidance. Model's estimate: "
        "the same of geometric means; " + "; ".join(analyses[name] for name in used) + ".",
        "Error-free: corrected captions with no error left. False edits: captions in which a true "
        "word was changed. Both by the captions' labels.",
        "The paper's three annotators are people, who corrected PixelProse captions; its ratio is "
        "computed here from the seconds that it prints.",
    ]
    for metric in sources.metrics:
        if metric.metric == f"seconds/{_AVERAGE}/none":
            notes.append(
                f"Without any guidance, an arm that the paper does not have: {metric.value:.1f} "
                f"seconds [{metric.low:.1f}, {metric.high:.1f}], {metric.n} captions."
            )
    if any(row["source"] == "simulated" for row in rows):
        notes.insert(
            0,
            "**Simulated:** nobody was timed. Words are flagged by the trained models; the times "
            "follow from a model of reading, checking and mending. Its constants, and each "
            "annotator's vigilance (the share of sentences checked although nothing in them is "
            "flagged), are set in the configuration. The rows say what such flags would be worth "
            "to annotators of that kind, and test no claim on people. Detector `oracle` flags the "
            "bad words and no others: more speed-up than that, no detector gives them.",
        )
    return tuple(notes)
