"""Whether a percentage is k/n for a whole k, and which n a set of percentages allows."""

import math
from collections.abc import Sequence
from fractions import Fraction

from tldr_reward.paper.audit.printed import (
    CONSISTENT,
    HALF_EVEN,
    HALF_UP,
    INCONSISTENT,
    MODES,
    TRUNCATED,
    UNKNOWN,
    WITHIN_ROUNDING,
    Printed,
    modes_of,
    printed,
)
from tldr_reward.paper.audit.rows import AuditRow, Numbers, source_name
from tldr_reward.paper.reported import ReportedValue

# Columns that count a yes or no for each item; the other rates average shares over items.
_COUNTED = ("hallucination_response", "sentence_false_negative_rate")
_AVERAGED = ("hallucination_token", "hallucination_sentence")
_MOST = 1000


def granularity_rows(numbers: Numbers) -> list[AuditRow]:
    """Every percentage with a known n, every column's way of rounding, and sizes of table 11."""
    rows = percentage_rows(numbers)
    rows += [_averaged(numbers, table) for table in ("table3", "table6", "pixelprose")]
    rows += column_rows(numbers)
    return rows + size_rows(numbers)


def percentage_rows(numbers: Numbers) -> list[AuditRow]:
    """One row for each percentage that counts items whose number is known."""
    return [_row(entry, numbers) for entry in numbers.reported if _is_counted(entry)]


def _is_counted(entry: ReportedValue) -> bool:
    counted = entry.table == "table5" or entry.column in _COUNTED
    return bool(entry.n) and entry.unit == "percent" and counted


def counts(number: Printed, n: int) -> dict[int, list[str]]:
    """Whole k whose 100 k / n is printed as this percentage, with the ways of rounding."""
    low, high = (end * n / 100 for end in number.widest)
    found = {}
    for k in range(max(0, math.floor(low)), min(n, math.ceil(high)) + 1):
        if modes := modes_of(Fraction(100 * k, n), number):
            found[k] = modes
    return found


def is_count(number: Printed, n: int, modes: Sequence[str]) -> bool:
    """Whether a percentage is k/n for a whole k under one of the modes."""
    return any(set(modes) & set(found) for found in counts(number, n).values())


def sizes(numbers: Sequence[Printed], modes: Sequence[str], most: int = _MOST) -> list[int]:
    """All n up to `most` for which every percentage is k/n under one of the modes."""
    return [n for n in range(1, most + 1) if all(is_count(number, n, modes) for number in numbers)]


def nearest(number: Printed, n: int) -> str:
    """The two counts around a percentage that is no k/n, with theirs."""
    k = math.floor(number.value * n / 100)
    digits = max(0, -math.floor(math.log10(number.step))) + 2
    return ", ".join(f"{i}/{n} = {100 * i / n:.{digits}f}%" for i in (k, k + 1) if i <= n)


def _row(entry: ReportedValue, numbers: Numbers) -> AuditRow:
    n, number = int(entry.n), printed(entry.value)
    found = counts(number, n)
    rounded = [k for k, modes in found.items() if {HALF_UP, HALF_EVEN} & set(modes)]
    if rounded:
        verdict = CONSISTENT
    else:
        verdict = WITHIN_ROUNDING if found else INCONSISTENT
    shown = ", ".join(f"{k}/{n} ({'; '.join(modes)})" for k, modes in found.items())
    arithmetic = "; ".join(f"{k}/{n} = {100 * k / n:.4f}%" for k in found) or nearest(number, n)
    if not found:
        arithmetic += _other_sizes(entry, number, n, numbers)
    tag = "" if ";" in entry.source else f"/{entry.source}"
    return AuditRow(
        f"granularity/{entry.table}/{entry.row}/{entry.column}{tag}",
        "granularity",
        f"{_where(entry.table)}, {entry.row}, {entry.column} ({source_name(entry.source)})",
        f"the percentage is a whole number of {n} items",
        f"{entry.value}%",
        shown or f"no k/{n}",
        arithmetic,
        verdict,
    )


def _other_sizes(entry: ReportedValue, number: Printed, n: int, numbers: Numbers) -> str:
    """Which sizes would give the value: near n, and n times the number of annotators."""
    if entry.table == "human_evaluation":
        people = int(numbers.text("human_evaluation", "all", "annotators"))
        found = counts(number, n * people)
        own = ", ".join(f"{k}/{n * people}" for k in found) or f"no k/{n * people} either"
        return f"; over {people} annotators: {own}"
    rounded = (HALF_UP, HALF_EVEN)
    less = next((size for size in range(n - 1, 0, -1) if is_count(number, size, rounded)), 0)
    return f"; the greatest size below {n} that gives it is {less}" if less else ""


def _averaged(numbers: Numbers, table: str) -> AuditRow:
    entries = [e for e in numbers.reported if e.table == table and e.column in _AVERAGED]
    return AuditRow(
        f"granularity/{table}/averages",
        "granularity",
        f"{_where(table)}, token and sentence rates",
        "the rates fit the number of responses",
        f"{len(entries)} values, n = {', '.join(sorted({e.n for e in entries}))}",
        "any",
        "a rate is the mean over responses of a share whose denominator is the response's length: "
        "the number of responses alone sets no step",
        UNKNOWN,
    )


def column_rows(numbers: Numbers) -> list[AuditRow]:
    """Whether one way of rounding serves a whole column that has one n."""
    groups: dict[tuple[str, str, int], list[ReportedValue]] = {}
    for entry in numbers.reported:
        if _is_counted(entry):
            groups.setdefault((entry.table, entry.column, int(entry.n)), []).append(entry)
    return [_column_row(*key, entries) for key, entries in groups.items() if len(entries) > 1]


def _column_row(table: str, column: str, n: int, entries: list[ReportedValue]) -> AuditRow:
    misfits = {
        mode: [e.value for e in entries if not is_count(printed(e.value), n, [mode])]
        for mode in MODES
    }
    whole = [mode for mode in MODES if not misfits[mode]]
    if whole:
        verdict = WITHIN_ROUNDING if whole == [TRUNCATED] else CONSISTENT
    else:
        verdict = INCONSISTENT
    return AuditRow(
        f"granularity/{table}/{column}/one_way",
        "granularity",
        f"{_where(table)}, column {column}",
        f"one way of rounding makes every value of the column a whole number of {n}",
        f"{len(entries)} values",
        ", ".join(whole) or "none does",
        "; ".join(
            f"{mode}: {'no k for ' + ', '.join(dict.fromkeys(bad)) if bad else 'all fit'}"
            for mode, bad in misfits.items()
        ),
        verdict,
    )


def table11_numbers(numbers: Numbers, taxonomy: str) -> list[Printed]:
    """The four printed accuracies of one taxonomy of table 11."""
    return [
        numbers.number("table11", taxonomy, column)
        for column in ("naive", "tldr", "projector_only", "decoder_only")
    ]


def size_rows(numbers: Numbers) -> list[AuditRow]:
    """Test-set sizes that table 11's four accuracies of a taxonomy allow."""
    rows, smallest = [], []
    for name in numbers.rows("table11"):
        values = table11_numbers(numbers, name)
        found = sizes(values, MODES)
        rounded = sizes(values, [HALF_UP, HALF_EVEN])
        if name != "overall":
            smallest.append((found[0], rounded[0]))
        rows.append(
            AuditRow(
                f"granularity/table11/{name}/sizes",
                "granularity",
                f"table 11, {name}",
                f"test-set sizes up to {_MOST} for which all four accuracies are k/n",
                ", ".join(f"{value.text}%" for value in values),
                f"at least {found[0]}, {rounded[0]} if all were rounded",
                f"rounded or truncated, each: {', '.join(map(str, found[:6]))}, ... ({len(found)} "
                f"sizes); all rounded: {', '.join(map(str, rounded[:6]))}, ... ({len(rounded)})",
                UNKNOWN,
            )
        )
    return [*rows, _total_row(smallest)]


def _total_row(smallest: list[tuple[int, int]]) -> AuditRow:
    """`smallest`: fewest responses of each taxonomy under any way of rounding, and rounded."""
    texts = []
    for sizes_of_all in zip(*smallest, strict=True):
        texts.append(f"{' + '.join(map(str, sizes_of_all))} = {sum(sizes_of_all)}")
    return AuditRow(
        "granularity/table11/total",
        "granularity",
        "table 11",
        "the fewest responses that the taxonomies' accuracies allow together",
        "n is not stated",
        f"at least {sum(least for least, _ in smallest)}",
        f"{texts[0]}; if all were rounded {texts[1]}",
        UNKNOWN,
    )


def _where(table: str) -> str:
    """`table5` as table 5, `human_evaluation` as human evaluation."""
    if table.startswith(("table", "figure")):
        return table.replace("table", "table ").replace("figure", "figure ")
    return table.replace("_", " ")
