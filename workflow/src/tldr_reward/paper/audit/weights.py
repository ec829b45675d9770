"""Table 11's overall accuracies as weighted means of its taxonomies."""

import numpy as np
from scipy.optimize import linprog

from tldr_reward.paper.audit.printed import INCONSISTENT, UNKNOWN, WITHIN_ROUNDING, verdict_of_range
from tldr_reward.paper.audit.rows import AuditRow, Numbers

_COLUMNS_11 = ("naive", "tldr", "projector_only", "decoder_only")


def table11_rows(numbers: Numbers) -> list[AuditRow]:
    """The overall accuracies as one weighted mean of the taxonomies, and with table 8's weights."""
    return [_one_weighting(numbers), *_table8_weighting(numbers)]


def _one_weighting(numbers: Numbers) -> AuditRow:
    """Whether any one set of weights gives all four overall values: a linear programme."""
    bounds = overall_weights(numbers)
    names = [name for name in numbers.rows("table11") if name != "overall"]
    overall = ", ".join(numbers.text("table11", "overall", column) for column in _COLUMNS_11)
    means = [
        np.mean([float(numbers.text("table11", name, column)) for name in names])
        for column in _COLUMNS_11
    ]
    plain = ", ".join(f"{mean:.2f}" for mean in means)
    if bounds is None:
        shown, verdict = "no weights do", INCONSISTENT
    else:
        shown = "; ".join(
            f"{name} {low:.1%} to {high:.1%}"
            for name, (low, high) in zip(names, bounds, strict=True)
        )
        verdict = WITHIN_ROUNDING
    return AuditRow(
        "sum/table11/overall",
        "sum",
        "table 11, overall",
        "one set of weights of the eight taxonomies gives all four overall accuracies",
        f"{overall} ({', '.join(_COLUMNS_11)})",
        shown,
        f"equal weights give {plain}; the weights that give all four within rounding were sought "
        f"by linear programming",
        verdict,
    )


def overall_weights(numbers: Numbers) -> list[tuple[float, float]] | None:
    """Least and greatest weight of each taxonomy under which all overall values are reached.

    A weight times an accuracy within its rounding is a variable of its own, so that the problem
    is linear and the answer exact. None where no weights do.
    """
    names = [name for name in numbers.rows("table11") if name != "overall"]
    count, width = len(names), len(names) * (1 + len(_COLUMNS_11))
    upper, limits = [], []
    for place, column in enumerate(_COLUMNS_11):
        product = count * (1 + place)
        total = np.zeros(width)
        total[product : product + count] = 1
        low, high = numbers.number("table11", "overall", column).widest
        upper += [total, -total]
        limits += [high, -low]
        for index, name in enumerate(names):
            low, high = numbers.number("table11", name, column).widest
            for sign, end in ((1, high), (-1, low)):
                row = np.zeros(width)
                row[product + index], row[index] = sign, -sign * end
                upper.append(row)
                limits.append(0.0)
    equal = np.zeros((1, width))
    equal[0, :count] = 1
    problem = {"A_ub": np.array(upper), "b_ub": limits, "A_eq": equal, "b_eq": [1.0]}
    ends = []
    for index in range(count):
        aims = [sign * np.eye(width)[index] for sign in (1, -1)]
        found = [linprog(aim, bounds=(0, None), method="highs", **problem) for aim in aims]
        if not all(result.success for result in found):
            return None
        ends.append((float(found[0].fun), float(-found[1].fun)))
    return ends


def _table8_weighting(numbers: Numbers) -> list[AuditRow]:
    """The overall values if the test set had DOCCI's mix of taxonomies as table 8 counts it."""
    names = [name for name in numbers.rows("table11") if name != "overall"]
    weights = [int(numbers.text("table8", f"caption/docci/{name}", "negatives")) for name in names]
    rows = []
    for column in _COLUMNS_11:
        cells = [numbers.number("table11", name, column) for name in names]
        ends = [[cell.rounded[end] for cell in cells] for end in (0, 1)]
        low, high = (float(np.average(end, weights=weights)) for end in ends)
        mean = (low + high) / 2
        total = numbers.number("table11", "overall", column)
        verdict = verdict_of_range(total, mean, low, high, (low, high + float(total.step) / 2))
        rows.append(
            AuditRow(
                f"sum/table11/{column}",
                "sum",
                f"table 11, overall, {column}",
                "the overall accuracy is the mean over taxonomies as often as DOCCI's negatives",
                f"{total.text}%",
                f"{mean:.2f} [{low:.2f}, {high:.2f}]%",
                f"sum of accuracy x negatives of table 8, over {sum(weights)}",
                UNKNOWN if verdict == INCONSISTENT else verdict,
            )
        )
    return rows
