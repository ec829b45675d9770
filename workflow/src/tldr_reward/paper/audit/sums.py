"""Sums, means, shares of counts: tables 4, 7, 8 and 11, figure 3."""

from fractions import Fraction

import numpy as np

from tldr_reward.paper.audit.printed import (
    CONSISTENT,
    INCONSISTENT,
    UNKNOWN,
    Printed,
    modes_of,
    verdict_of_range,
)
from tldr_reward.paper.audit.rows import AuditRow, Numbers
from tldr_reward.paper.audit.weights import table11_rows

_SOURCES_OF_CAPTIONS = ("vg100k_synthetic", "docci")


def sum_rows(numbers: Numbers) -> list[AuditRow]:
    """All rows of this kind."""
    return [
        *table4_rows(numbers),
        *table7_rows(numbers),
        *table8_rows(numbers),
        *table11_rows(numbers),
        *figure3_rows(numbers),
    ]


def table4_rows(numbers: Numbers) -> list[AuditRow]:
    """Wins, ties and losses add up to the corrected; corrected <= flagged <= samples."""
    rows = []
    for row in numbers.rows("table4"):
        names = ("win", "tie", "loss", "self_corrected", "flagged", "samples")
        win, tie, loss, corrected, flagged, samples = (
            int(numbers.text("table4", row, name)) for name in names
        )
        right = win + tie + loss == corrected <= flagged <= samples
        rows.append(
            AuditRow(
                f"sum/table4/{row}",
                "sum",
                f"table 4, {row}",
                "wins, ties and losses are the corrected samples, no more than the flagged ones",
                f"{corrected} corrected of {flagged} flagged of {samples}",
                str(win + tie + loss),
                f"{win} + {tie} + {loss} = {win + tie + loss}; "
                f"{corrected} <= {flagged} <= {samples}",
                CONSISTENT if right else INCONSISTENT,
            )
        )
    return rows


def table7_rows(numbers: Numbers) -> list[AuditRow]:
    """The average over annotators, for both kinds of guidance."""
    rows = []
    for column in ("seconds_binary_guidance", "seconds_tldr_guidance"):
        people = [row for row in numbers.rows("table7") if row != "average"]
        values = [numbers.number("table7", row, column) for row in people]
        total = numbers.number("table7", "average", column)
        mean = float(sum(value.value for value in values)) / len(values)
        low, high = (_mean_of(values, end, "rounded") for end in (0, 1))
        widest = tuple(_mean_of(values, end, "widest") for end in (0, 1))
        shown = " + ".join(value.text for value in values)
        rows.append(
            AuditRow(
                f"sum/table7/{column}",
                "sum",
                "table 7, average",
                f"the average of {column.replace('_', ' ')} is that of its {len(values)} rows",
                f"{total.text} s",
                f"{mean:.2f} [{low:.2f}, {high:.2f}] s",
                f"({shown}) / {len(values)} = {mean:.3f}",
                verdict_of_range(total, mean, low, high, widest),
            )
        )
    return rows


def _mean_of(values: list[Printed], end: int, interval: str) -> float:
    """Mean of the lower (0) or the upper (1) ends of what printed values may stand for."""
    return float(np.mean([getattr(value, interval)[end] for value in values]))


def table8_rows(numbers: Numbers) -> list[AuditRow]:
    """Counts of the synthetic data: negatives against positives, pairs against images."""
    positives, negatives = (
        int(numbers.text("table8", "vqa/vg100k", name)) for name in ("positives", "negatives")
    )
    rows = [
        AuditRow(
            "sum/table8/vqa",
            "sum",
            "table 8, VQA",
            "every question-answer pair has one negative",
            f"{positives} and {negatives}",
            str(negatives - positives),
            f"{negatives} - {positives} = {negatives - positives}",
            CONSISTENT if positives == negatives else INCONSISTENT,
        ),
        _pairs(numbers, positives),
    ]
    return rows + [_negatives(numbers, source) for source in _SOURCES_OF_CAPTIONS]


def _pairs(numbers: Numbers, positives: int) -> AuditRow:
    images = int(numbers.text("text", "vg100k", "images"))
    pairs = numbers.number("text", "vg100k", "pairs_per_image")
    low, high = (images * end for end in pairs.rounded)
    product = images * int(pairs.value)
    within = low <= positives <= high
    return AuditRow(
        "sum/table8/pairs",
        "sum",
        "section 4 and table 8, VQA",
        "images times pairs an image are the pairs used",
        f"{images} images, about {pairs.text} pairs each; {positives} pairs used",
        f"{product} [{low:.0f}, {high:.0f}]",
        f"{images} x {pairs.text} = {product}; {positives} / {images} = {positives / images:.2f} "
        f"an image; {1 - positives / product:.1%} of the pairs unaccounted for: dropped by a "
        "filter, or left unused, is not stated",
        CONSISTENT if within else UNKNOWN,
    )


def _negatives(numbers: Numbers, source: str) -> AuditRow:
    positives = int(numbers.text("table8", f"caption/{source}", "positives"))
    prefix = f"caption/{source}/"
    found = {
        row.removeprefix(prefix): int(numbers.text("table8", row, "negatives"))
        for row in numbers.rows("table8", "negatives")
        if row.startswith(prefix)
    }
    most, total = max(found, key=found.__getitem__), sum(found.values())
    return AuditRow(
        f"sum/table8/{source}",
        "sum",
        f"table 8, captions of {source}",
        "no taxonomy has more negatives than there are captions to perturb",
        f"{positives} positives, up to {found[most]} negatives ({most})",
        f"{total} negatives",
        f"{' + '.join(map(str, found.values()))} = {total} = {total / positives:.2f} a caption; "
        f"{found[most]} <= {positives}",
        CONSISTENT if found[most] <= positives else INCONSISTENT,
    )


def figure3_rows(numbers: Numbers) -> list[AuditRow]:
    """The token rate of the example against its own counts."""
    bad, tokens = (
        int(numbers.text("figure3", "example", name)) for name in ("bad_tokens", "tokens")
    )
    rate = numbers.number("figure3", "example", "token_rate_percent_as_printed")
    share = Fraction(bad, tokens)
    as_percent, as_share = modes_of(share * 100, rate), modes_of(share, rate)
    hint = f"; {rate.text} is the share, not the percentage" if as_share and not as_percent else ""
    return [
        AuditRow(
            "sum/figure3/token_rate",
            "sum",
            "figure 3",
            "the token rate is bad tokens over tokens, in percent",
            f"{rate.text}%",
            f"{float(share * 100):.3f}%",
            f"{bad} / {tokens} = {float(share):.5f} = {float(share * 100):.2f}%{hint}",
            CONSISTENT if as_percent else INCONSISTENT,
        )
    ]
