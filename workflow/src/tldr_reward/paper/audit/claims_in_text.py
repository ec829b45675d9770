"""What the text says of a table against the table: times faster, orders, greatest and least."""

from collections.abc import Sequence

from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN, verdict_of_range
from tldr_reward.paper.audit.rows import AuditRow, Numbers

_LEVELS = ("token", "sentence", "response")


def text_rows(numbers: Numbers) -> list[AuditRow]:
    """All rows of this kind but those on tau."""
    rows = [_times(numbers, row) for row in numbers.rows("table7")]
    rows += [_lowest(numbers, level) for level in _LEVELS]
    rows += [_order_of_levels(numbers, table) for table in ("table3", "table6")]
    rows += [_fewest_spatial(numbers, source) for source in ("vg100k_synthetic", "docci")]
    return [*rows, *_table11(numbers), _fifth(numbers), _all_positive(numbers)]


def row_of(
    name: str, where: str, statement: str, printed: str, arithmetic: str, right: bool
) -> AuditRow:
    """A claim of the text that the table bears out or not."""
    verdict = CONSISTENT if right else INCONSISTENT
    return AuditRow(f"text/{name}", "text", where, statement, printed, "", arithmetic, verdict)


def _times(numbers: Numbers, row: str) -> AuditRow:
    """How many times faster, within the rounding of the seconds."""
    binary, token = (
        numbers.number("table7", row, f"seconds_{kind}_guidance") for kind in ("binary", "tldr")
    )
    said = numbers.number("text", "table7", "times_faster")
    ratio = float(binary.value / token.value)
    low, high = binary.rounded[0] / token.rounded[1], binary.rounded[1] / token.rounded[0]
    return AuditRow(
        f"text/table7/{row}",
        "text",
        f"table 7, {row}",
        f"annotation is {said.text} times faster, said as a whole number",
        f"{said.text} times",
        f"{ratio:.2f} [{low:.2f}, {high:.2f}]",
        f"{binary.text} / {token.text} = {ratio:.3f}; {said.text} stands for 2.5 to 3.5 rounded, "
        "3 to 4 truncated",
        verdict_of_range(said, ratio, low, high, (low, high)),
    )


def _lowest(numbers: Numbers, level: str) -> AuditRow:
    """Who hallucinates least at a level, against whom the text names."""
    named = "gpt-4o" if level == "token" else "llama-3.2-90b-vision"
    rates = {
        row: float(numbers.text("table3", row, f"hallucination_{level}"))
        for row in numbers.rows("table3")
    }
    ranked = sorted(rates, key=rates.__getitem__)[:2]
    return row_of(
        f"table3/lowest/{level}",
        f"table 3, {level} level",
        f"{named} has the lowest {level} rate",
        f"{rates[named]}%",
        f"lowest: {ranked[0]} {rates[ranked[0]]}, then {ranked[1]} {rates[ranked[1]]}",
        ranked[0] == named and rates[ranked[0]] < rates[ranked[1]],
    )


def _order_of_levels(numbers: Numbers, table: str) -> AuditRow:
    """Only a bad response has bad sentences: no sentence rate is above the response rate."""
    cells = {
        row: tuple(float(numbers.text(table, row, f"hallucination_{name}")) for name in _LEVELS[1:])
        for row in numbers.rows(table)
    }
    wrong = [row for row, (sentence, response) in cells.items() if sentence > response]
    return row_of(
        f"{table}/levels",
        f"table {table[-1]}, all rows",
        "no sentence rate is above the response rate",
        f"{len(cells)} rows",
        "; ".join(f"{row}: {s} <= {r}" for row, (s, r) in cells.items() if row not in wrong)
        + "".join(f"; {row}: {cells[row][0]} > {cells[row][1]}" for row in wrong),
        not wrong,
    )


def _fewest_spatial(numbers: Numbers, source: str) -> AuditRow:
    prefix = f"caption/{source}/"
    found = {
        row.removeprefix(prefix): int(numbers.text("table8", row, "negatives"))
        for row in numbers.rows("table8", "negatives")
        if row.startswith(prefix)
    }
    ranked = sorted(found, key=found.__getitem__)[:2]
    return row_of(
        f"table8/{source}/fewest",
        f"table 8, captions of {source}",
        "spatial relationship has the fewest negatives",
        str(found["spatial_relationship"]),
        f"fewest: {ranked[0]} {found[ranked[0]]}, then {ranked[1]} {found[ranked[1]]}",
        ranked[0] == "spatial_relationship",
    )


def _table11(numbers: Numbers) -> list[AuditRow]:
    """Where TLDR is below naive, what is hardest, where the projector is missed most."""
    names = [name for name in numbers.rows("table11") if name != "overall"]
    cells = {
        column: {name: float(numbers.text("table11", name, column)) for name in names}
        for column in ("naive", "tldr", "decoder_only")
    }
    gains = {name: cells["tldr"][name] - cells["naive"][name] for name in names}
    missed = {name: cells["tldr"][name] - cells["decoder_only"][name] for name in names}
    hardest = sorted(names, key=cells["tldr"].__getitem__)
    costs = sorted(names, key=missed.__getitem__, reverse=True)
    below = {name for name in names if gains[name] < 0}
    return [
        row_of(
            "table11/below_naive",
            "table 11",
            "TLDR is below naive in spatial relationship and small object alone",
            ", ".join(sorted(below)),
            _listed(gains, names),
            below == {"spatial_relationship", "small_object"},
        ),
        row_of(
            "table11/hardest",
            "table 11",
            "spatial relationship is TLDR's hardest taxonomy",
            f"{cells['tldr']['spatial_relationship']}%",
            f"lowest: {hardest[0]} {cells['tldr'][hardest[0]]}, "
            f"then {hardest[1]} {cells['tldr'][hardest[1]]}",
            hardest[0] == "spatial_relationship",
        ),
        row_of(
            "table11/projector",
            "table 11",
            "an untuned projector costs most in spatial relationship and counting",
            ", ".join(costs[:2]),
            f"tldr - decoder only: {_listed(missed, costs)}",
            set(costs[:2]) == {"spatial_relationship", "counting"},
        ),
    ]


def _listed(values: dict[str, float], names: Sequence[str]) -> str:
    return "; ".join(f"{name} {values[name]:+.1f}" for name in names)


def _fifth(numbers: Numbers) -> AuditRow:
    rate = numbers.text("pixelprose", "pixelprose", "hallucination_response")
    said = numbers.text("text", "pixelprose", "flagged_above")
    return row_of(
        "pixelprose/fifth",
        "PixelProse",
        "over a fifth of the captions are flagged",
        f"{rate}%",
        f"{rate} > {said}",
        float(rate) > float(said),
    )


def _all_positive(numbers: Numbers) -> AuditRow:
    """What calling every token good would score, as far as the text tells."""
    share = float(numbers.text("text", "training_data", "positive_tokens_above"))
    rows = numbers.rows("table1", "token_accuracy")
    values = [float(numbers.text("table1", row, "token_accuracy")) for row in rows]
    return AuditRow(
        "text/table1/all_positive",
        "text",
        "table 1 and section 4",
        "token accuracy is above that of calling every token good",
        ", ".join(f"{row} {value}" for row, value in zip(rows, values, strict=True)),
        f"all good: {share:g} to 100%",
        f"more than {share:g}% of tokens are good, so that calling all of them good scores "
        f"{share:g} or more; the gain over it is at most "
        f"{', '.join(f'{value - share:.1f}' for value in values)} points and may be "
        "negative; the test set's own share is not printed",
        UNKNOWN,
    )
