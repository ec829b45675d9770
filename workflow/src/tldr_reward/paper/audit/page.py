"""The audit rendered for reading: what does not add up first, then the rest by table, strength."""

import re
from collections.abc import Sequence

from tldr_reward.paper.audit.printed import INCONSISTENT, VERDICTS
from tldr_reward.paper.audit.rows import KINDS, AuditRow

_KINDS = {
    "sum": "sums, means, shares of counts",
    "granularity": "whole counts behind percentages",
    "regression": "lines of figures 5 and 6",
    "source": "camera-ready, rebuttal and tables against each other",
    "text": "text against tables",
    "label": "published labels of IsoBench",
    "strength": "strength of comparisons",
}
_INTRODUCTION = """\
Every number here is one that the paper prints, or is worked out from such numbers alone; no model
ran, and no scale matters. A printed number stands for all that its decimals leave open: half a unit
of the last decimal to either side where it was rounded, a whole unit away from zero where it was
truncated. Reachable slopes, intercepts, r and p of a line are sought over everything that table 3's
rates and scores may stand for, by a bounded search from many starts; that a slope and an intercept
cannot both be had is shown exactly where the line's mean point forbids it.

- **consistent**: the printed numbers give it as printed; of strength: they show it (Holm's p below
  5% within its family, in the direction that the paper says).
- **consistent within rounding**: some unrounded inputs give it, or truncation does.
- **inconsistent**: none do, under any way of rounding; of strength: they show the opposite.
- **cannot be told**: what would decide it is not printed; of strength: these numbers do not show
  it.
"""
_STRENGTH = """\
Estimates with 95% intervals: Newcombe's and Fisher's exact test for two counts, Wilson's and an
exact test for one, t for annotators, permutations for correlations. Means of shares whose spread is
not printed get the widest interval and the greatest p that such means can have. Tests take the two
sides as separate items, and items as independent; several captions of one image are not, and p is
then too small. What the same counts would be at best on the same items stands in audit.csv. *Could
show*: the smallest difference that so many items show with a power of 80% at the 5% level. *Would
need*: the n from which the printed difference is significant, where n is not stated; n is then the
fewest items that the percentages of table 11 allow, and more would make p smaller.
"""


def render_audit(rows: Sequence[AuditRow]) -> str:
    """The whole page in Markdown."""
    other = [row for row in rows if row.kind != "strength"]
    strength = [row for row in rows if row.kind == "strength"]
    wrong = [row for row in rows if row.verdict == INCONSISTENT]
    lines = ["# Audit of the paper's printed numbers", "", _INTRODUCTION, *_summary(rows)]
    lines += ["", f"## What does not add up ({len(wrong)})", ""]
    heading = ("Where", "What is checked", "Printed", "Recomputed", "Arithmetic")
    lines += _table(heading, [_checked(row) for row in wrong])
    lines += ["", "## Everything else, by table"]
    rest = [row for row in other if row.verdict != INCONSISTENT]
    for place in _places(rest):
        own = [row for row in rest if place_of(row) == place]
        lines += ["", f"### {place}", ""]
        lines += _table((*heading, "Verdict"), [(*_checked(row), row.verdict) for row in own])
    lines += ["", "## Strength", "", _STRENGTH.rstrip()]
    for family in dict.fromkeys(row.family for row in strength):
        own = [row for row in strength if row.family == family]
        lines += ["", f"### {family[0].upper()}{family[1:]}", "", *_strength_table(own)]
    return "\n".join(lines).rstrip() + "\n"


def _summary(rows: Sequence[AuditRow]) -> list[str]:
    """How many of each verdict, by kind."""
    cells = []
    for kind in KINDS:
        counts = [
            sum(r.kind == kind and r.verdict == verdict for r in rows) for verdict in VERDICTS
        ]
        cells.append((_KINDS[kind], *map(str, counts), str(sum(counts))))
    totals = [str(sum(row.verdict == verdict for row in rows)) for verdict in VERDICTS]
    cells.append(("**all**", *totals, str(len(rows))))
    return _table(("Checks", *VERDICTS, "all"), cells)


def place_of(row: AuditRow) -> str:
    """The table, figure or section that a row's id names, as a heading."""
    name = row.id.split("/")[1]
    match = re.fullmatch(r"(table|figure)(\d+)", name)
    return f"{match[1].capitalize()} {match[2]}" if match else name.replace("_", " ").capitalize()


def _places(rows: Sequence[AuditRow]) -> list[str]:
    """Headings in reading order: tables by number, figures, then the others."""

    def order(place: str) -> tuple[int, int, str]:
        kind, _, number = place.partition(" ")
        ranks = {"Table": 0, "Figure": 1}
        numbered = kind in ranks and number.isdigit()
        return (ranks[kind], int(number), "") if numbered else (2, 0, place)

    return sorted({place_of(row) for row in rows}, key=order)


def _checked(row: AuditRow) -> tuple[str, ...]:
    return (row.where, row.statement, row.printed, row.recomputed, row.arithmetic)


def _strength_table(rows: Sequence[AuditRow]) -> list[str]:
    heading = ("Where", "Comparison", "Printed", "Estimate", "p", "Holm's p", "n", "Could show",
               "Would need", "Verdict")  # fmt: skip
    return _table(
        heading,
        [
            (
                row.where,
                row.statement,
                row.printed,
                f"{row.recomputed} {row.unit}" if row.recomputed else "",
                row.p,
                row.p_holm,
                row.n,
                row.smallest_difference,
                row.n_needed,
                row.verdict,
            )
            for row in rows
        ],
    )


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_line(heading), _line([":--"] * len(heading)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") or "–" for cell in cells) + " |"
