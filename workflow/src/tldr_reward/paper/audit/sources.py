"""The camera-ready against the rebuttal, and tables that print the same quantity twice."""

from fractions import Fraction

from tldr_reward.paper.audit.granularity import counts
from tldr_reward.paper.audit.printed import (
    CONSISTENT,
    INCONSISTENT,
    UNKNOWN,
    WITHIN_ROUNDING,
    modes_of,
    printed,
)
from tldr_reward.paper.audit.rows import AuditRow, Numbers, source_name
from tldr_reward.paper.reported import ReportedValue

_LEVELS = ("hallucination_token", "hallucination_sentence", "hallucination_response")
_MEASURES = ("token_accuracy", "sentence_accuracy", "response_accuracy", "map_neg", "map_pos")
# Cells that should be one number: (table, row) here and there.
_TWICE = (
    ("table6", "paligemma-3b/tau=0", "table3", "paligemma-3b-mix-448", _LEVELS),
    ("table6", "llama-3.2-11b-vision/tau=0", "table3", "llama-3.2-11b-vision", _LEVELS),
    ("table2", "paligemma-3b/projector+decoder", "table1", "paligemma-3b/tldr", _MEASURES),
)
# Overall accuracies of table 11: where else they stand.
_OVERALL = {
    "naive": ("table1", "paligemma-3b/naive"),
    "tldr": ("table1", "paligemma-3b/tldr"),
    "projector_only": ("table2", "paligemma-3b/projector_only"),
    "decoder_only": ("table2", "paligemma-3b/decoder_only"),
}
# Models of table 4 and the row of table 3 that is theirs; GPT-4V is taken for GPT-4-Turbo-Vision.
_FLAGGED = {
    "gpt-4v": "gpt-4-turbo-vision",
    "llama-3.2-90b": "llama-3.2-90b-vision",
    "qwen2-vl-7b": "qwen2-vl-7b",
}


def source_rows(numbers: Numbers) -> list[AuditRow]:
    """All rows of this kind."""
    return [
        *differing_rows(numbers),
        *moved_rows(numbers),
        *twice_rows(numbers),
        *flagged_rows(numbers),
        *definition_rows(numbers),
        _named_model(numbers),
    ]


def differing_rows(numbers: Numbers) -> list[AuditRow]:
    """Cells for which the two sources print different values."""
    pairs: dict[tuple[str, str, str], dict[str, ReportedValue]] = {}
    for entry in numbers.reported:
        if ";" not in entry.source:
            pairs.setdefault((entry.table, entry.row, entry.column), {})[entry.source] = entry
    return [
        _differing(cell, found["camera_ready"], found["rebuttal"])
        for cell, found in pairs.items()
        if len(found) > 1
    ]


def _differing(
    cell: tuple[str, str, str], camera: ReportedValue, rebuttal: ReportedValue
) -> AuditRow:
    first, second = printed(camera.value), printed(rebuttal.value)
    fine, coarse = (first, second) if first.step <= second.step else (second, first)
    modes = modes_of(fine.value, coarse)
    if modes:
        text, verdict = f"{fine.text} {modes[0]} is {coarse.text}", WITHIN_ROUNDING
    else:
        text = f"{camera.value} - {rebuttal.value} = {float(first.value - second.value):.4g}"
        verdict = INCONSISTENT
        if camera.n and camera.unit == "percent":
            text += "".join(
                f"; {number.text}: {_as_count(number, camera.n)}" for number in (first, second)
            )
    return AuditRow(
        f"source/{'/'.join(cell)}",
        "source",
        f"{cell[0].replace('table', 'table ').replace('figure', 'figure ')}, {cell[1]}, {cell[2]}",
        "camera-ready and rebuttal print the same value",
        f"{camera.value} (camera-ready), {rebuttal.value} (rebuttal)",
        "",
        text,
        verdict,
    )


def _as_count(number, n: str) -> str:
    found = counts(number, int(n))
    return ", ".join(f"{k}/{n}" for k in found) or f"no k/{n}"


def moved_rows(numbers: Numbers) -> list[AuditRow]:
    """Scores of table 3 that one source alone prints, on a row that the other leaves empty."""
    alone = [
        entry
        for entry in numbers.reported
        if entry.table == "table3" and ";" not in entry.source
        and len([s for s in ("camera_ready", "rebuttal")
                 if numbers.prints("table3", entry.row, entry.column, s)]) == 1
    ]  # fmt: skip
    rows = []
    for column in dict.fromkeys(entry.column for entry in alone):
        found = [entry for entry in alone if entry.column == column]
        text = "; ".join(f"{source_name(e.source)}: {e.value} on {e.row}" for e in found)
        rows.append(
            AuditRow(
                f"source/table3/{column}/row",
                "source",
                f"table 3, {column}",
                "camera-ready and rebuttal print a score on the same row",
                text,
                "",
                "the other source leaves that row empty; see the lines of figure 6 for either row",
                INCONSISTENT,
            )
        )
    return rows


def twice_rows(numbers: Numbers) -> list[AuditRow]:
    """Table 6 at tau = 0 against table 3, table 2 against table 1, table 11 against both."""
    cells = [
        ((table, row, column), (other, other_row, column))
        for table, row, other, other_row, columns in _TWICE
        for column in columns
    ]
    cells += [
        (("table11", "overall", column), (table, row, "response_accuracy"))
        for column, (table, row) in _OVERALL.items()
    ]
    rows = []
    for here, there in cells:
        first, second = numbers.text(*here), numbers.text(*there)
        rows.append(
            AuditRow(
                f"source/{'/'.join(here)}/twice",
                "source",
                f"{_name(here[0])} and {_name(there[0])}, {here[1]}, {here[2]}",
                f"{_name(here[0])} repeats {_name(there[0])}",
                f"{first}% and {second}%",
                "",
                f"{first} - {second} = {float(Fraction(first) - Fraction(second)):.4g}",
                CONSISTENT if first == second else INCONSISTENT,
            )
        )
    return rows


def _name(table: str) -> str:
    return table.replace("table", "table ").replace("figure", "figure ")


def flagged_rows(numbers: Numbers) -> list[AuditRow]:
    """Captions that table 4 counts as flagged against the response rate of table 3."""
    rows = []
    for model, other in _FLAGGED.items():
        flagged, samples = (
            int(numbers.text("table4", f"{model}/tldr", name)) for name in ("flagged", "samples")
        )
        rate = numbers.number("table3", other, "hallucination_response")
        modes = modes_of(Fraction(100 * flagged, samples), rate)
        rows.append(
            AuditRow(
                f"source/table4/{model}/flagged",
                "source",
                f"tables 3 and 4, {model}",
                "captions flagged in table 4 are table 3's response rate (same model, 800 images)",
                f"{flagged} of {samples}; {rate.text}%",
                f"{100 * flagged / samples:.4g}%",
                f"{flagged} / {samples} = {100 * flagged / samples:.4f}%"
                + (f", {modes[0]} {rate.text}" if modes else f", printed {rate.text}%")
                + (f"; taken for {other}" if other not in (model, f"{model}-vision") else ""),
                CONSISTENT if modes else INCONSISTENT,
            )
        )
    return rows


def definition_rows(numbers: Numbers) -> list[AuditRow]:
    """Whether the human evaluation's share can be one of all sentences, as its name says.

    A sentence that is right and flagged is a flagged sentence: as a share of all sentences there
    cannot be more of them than table 3's sentence rate.
    """
    rows = []
    for row in numbers.rows("human_evaluation", "sentence_false_negative_rate"):
        share = numbers.number("human_evaluation", row, "sentence_false_negative_rate")
        flagged = numbers.number("table3", row, "hallucination_sentence")
        least, most = float(share.value), float(flagged.value)
        possible = share.widest[0] <= flagged.widest[1]
        rows.append(
            AuditRow(
                f"source/human_evaluation/{row}/definition",
                "source",
                f"section 5.1 and table 3, {row}",
                "right sentences that are flagged are a share of all sentences (camera-ready's "
                "false negatives), not of the flagged ones (rebuttal)",
                f"{share.text}%; {flagged.text}% of sentences flagged",
                f"at most {flagged.text}%",
                f"{least} > {most}: of all sentences there cannot be so many; of right sentences "
                f"there could only if {most} / {least} = {most / least:.0%} of all were right; of "
                "flagged sentences it is a false discovery rate"
                if not possible
                else f"{least} <= {most}: possible",
                UNKNOWN if possible else INCONSISTENT,
            )
        )
    return rows


def _named_model(numbers: Numbers) -> AuditRow:
    table, prose = (
        numbers.text("text", "table4/llama", f"parameters_in_{where}")
        for where in ("table", "prose")
    )
    return AuditRow(
        "source/table4/llama/parameters",
        "source",
        "table 4 and the rebuttal's prose",
        "prose and table name the same Llama for self-correction",
        f"{table} billion parameters (table), {prose} (prose)",
        "",
        f"{table} - {prose} = {int(table) - int(prose)}; one of the rebuttal's answers has {table} "
        f"in prose too",
        CONSISTENT if table == prose else INCONSISTENT,
    )
