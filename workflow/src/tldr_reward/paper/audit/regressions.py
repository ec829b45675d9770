"""Printed lines of figures 5 and 6 against table 3, with the disputed score on either row."""

from collections.abc import Mapping, Sequence

from tldr_reward.paper.audit.lines import (
    Box,
    box_of,
    extremes,
    fit,
    intercepts_given_slope,
    p_of_r,
    reached_together,
)
from tldr_reward.paper.audit.printed import (
    INCONSISTENT,
    WITHIN_ROUNDING,
    Printed,
    printed,
    verdict_of_range,
)
from tldr_reward.paper.audit.rows import AuditRow, Numbers, source_name

_PARTS = ("slope", "intercept", "pearson_r", "p_value")
_LINES = {"figure5": "mmmu_on_ln_token_rate", "figure6": "mega_bench_on_ln_token_rate"}


def regression_rows(numbers: Numbers) -> list[AuditRow]:
    """Figure 5, and figure 6 with the disputed MEGA-Bench score on either row."""
    rates = {
        row: numbers.number("table3", row, "hallucination_token") for row in numbers.rows("table3")
    }
    rows = line_rows("figure5", "", rates, _scores(numbers, "mmmu", None), numbers)
    for source in ("camera_ready", "rebuttal"):
        scores = _scores(numbers, "mega_bench", source)
        rows += line_rows("figure6", source, rates, scores, numbers)
    return rows + [*printed_p_rows(numbers), placement_row(numbers, rates)]


def _scores(numbers: Numbers, column: str, source: str | None) -> dict[str, Printed]:
    """Scores by model as one source prints them; None takes whichever does."""
    return {
        row: numbers.number("table3", row, column, source or "camera_ready")
        for row in numbers.rows("table3", column)
        if source is None or numbers.prints("table3", row, column, source)
    }


def line_rows(
    figure: str,
    placement: str,
    rates: Mapping[str, Printed],
    scores: Mapping[str, Printed],
    numbers: Numbers,
) -> list[AuditRow]:
    """One row for each printed part of a line, and one for slope and intercept together."""
    boxes = [box_of([rates[row] for row in scores], list(scores.values()), interval)
             for interval in ("rounded", "widest")]  # fmt: skip
    point = fit(boxes[0].point)
    tag = f"/{placement}" if placement else ""
    where = f"figure {figure[-1]}" + (
        f", 43.0 as in the {source_name(placement)}" if placement else ""
    )
    rows = []
    for entry in numbers.reported:
        if entry.table != figure or entry.column not in _PARTS:
            continue
        low, high = extremes(boxes[0], entry.column)
        widest = extremes(boxes[1], entry.column)
        number = printed(entry.value)
        value = getattr(point, entry.column)
        rows.append(
            AuditRow(
                f"regression/{figure}/{entry.column}{_source_tag(entry.source)}{tag}",
                "regression",
                where,
                f"the printed {entry.column} follows from table 3's {len(scores)} points",
                entry.value,
                f"{value:.5g} [{low:.5g}, {high:.5g}]",
                f"least squares of {len(scores)} scores on ln(rate/100): {value:.5g}; within the "
                f"rounding of rates and scores {low:.5g} to {high:.5g}, with truncation "
                f"{widest[0]:.5g} to {widest[1]:.5g}; printed {entry.value}",
                verdict_of_range(number, value, low, high, widest),
            )
        )
    return [*rows, _together_row(figure, where, tag, boxes, numbers)]


def _source_tag(source: str) -> str:
    """Which source prints a value, where it is one alone."""
    return "" if ";" in source else f"/{source}"


def _together_row(
    figure: str, where: str, tag: str, boxes: Sequence[Box], numbers: Numbers
) -> AuditRow:
    """Whether slope, intercept and r are reached by one and the same set of unrounded points."""
    names = _PARTS[:3]
    cells = {name: numbers.number(figure, _LINES[figure], name) for name in names}
    slope, intercept = cells["slope"], cells["intercept"]
    low, high = intercepts_given_slope(boxes[0], slope.rounded)
    widest = intercepts_given_slope(boxes[1], slope.widest)
    reached = _reached(boxes[1], cells)
    return AuditRow(
        f"regression/{figure}/together{tag}",
        "regression",
        where,
        "printed slope, intercept and r come from one and the same line",
        ", ".join(f"{name} {cell.text}" for name, cell in cells.items()),
        f"intercept [{low:.2f}, {high:.2f}] at slope {slope.text}",
        f"a line passes through the mean point: intercept = mean score - slope x mean ln(rate), so "
        f"slope {slope.text} leaves intercepts of {low:.2f} to {high:.2f} where all was rounded, "
        f"{widest[0]:.2f} to {widest[1]:.2f} where it may have been truncated; printed "
        f"{intercept.text}; unrounded points that give all three were "
        f"{'' if reached else 'not '}found by search",
        WITHIN_ROUNDING if reached else INCONSISTENT,
    )


def _reached(box: Box, cells: Mapping[str, Printed]) -> bool:
    """Whether a line of the box has all printed parts: excluded exactly, or found by search."""
    low, high = intercepts_given_slope(box, cells["slope"].widest)
    if high < cells["intercept"].widest[0] or low > cells["intercept"].widest[1]:
        return False
    return reached_together(box, {name: cell.widest for name, cell in cells.items()})


def printed_p_rows(numbers: Numbers) -> list[AuditRow]:
    """Printed p values against the printed r and the number of points."""
    rows = []
    for entry in numbers.reported:
        if entry.table not in _LINES or entry.column != "p_value":
            continue
        r = numbers.number(entry.table, entry.row, "pearson_r")
        n, number = int(entry.n), printed(entry.value)
        point = p_of_r(float(r.value), n)
        high, low = (p_of_r(end, n) for end in r.rounded)
        widest = tuple(p_of_r(end, n) for end in reversed(r.widest))
        rows.append(
            AuditRow(
                f"regression/{entry.table}/p_of_printed_r{_source_tag(entry.source)}",
                "regression",
                f"figure {entry.table[-1]}, {source_name(entry.source)}",
                f"the printed p is that of the printed r with {n} points",
                f"p = {entry.value}, r = {r.text}",
                f"{point:.4g} [{low:.4g}, {high:.4g}]",
                f"t = r sqrt(n - 2) / sqrt(1 - r^2) with {n - 2} degrees of freedom: p = "
                f"{point:.4g}; r rounded gives {low:.4g} to {high:.4g}, r truncated "
                f"{widest[0]:.4g} to {widest[1]:.4g}",
                verdict_of_range(number, point, low, high, widest),
            )
        )
    return rows


def placement_row(numbers: Numbers, rates: Mapping[str, Printed]) -> AuditRow:
    """Which row of table 3 the disputed score would have to stand on for figure 6's line."""
    both = {
        row: numbers.number("table3", row, "mega_bench")
        for row in numbers.rows("table3", "mega_bench")
        if all(numbers.prints("table3", row, "mega_bench", s) for s in ("camera_ready", "rebuttal"))
    }
    disputed = _disputed(numbers)
    cells = {name: numbers.number("figure6", _LINES["figure6"], name) for name in _PARTS[:3]}
    found, texts = [], []
    for row in [row for row in rates if row not in both]:
        scores = both | {row: disputed}
        box = box_of([rates[name] for name in scores], list(scores.values()), "widest")
        line = fit(box.point)
        texts.append(f"{row}: slope {line.slope:.2f}, intercept {line.intercept:.2f}")
        if _reached(box, cells):
            found.append(row)
    return AuditRow(
        "regression/figure6/any_placement",
        "regression",
        "figure 6",
        f"{disputed.text} on some row of table 3 gives the printed slope, intercept and r",
        ", ".join(f"{name} {cell.text}" for name, cell in cells.items()),
        ", ".join(found) or "none",
        "; ".join(texts),
        WITHIN_ROUNDING if found else INCONSISTENT,
    )


def _disputed(numbers: Numbers) -> Printed:
    """The MEGA-Bench score that the camera-ready alone prints on a row of its own."""
    for entry in numbers.reported:
        if (entry.table, entry.column, entry.source) == ("table3", "mega_bench", "camera_ready"):
            return printed(entry.value)
    return numbers.number("table3", "gpt-4o-mini", "mega_bench")
