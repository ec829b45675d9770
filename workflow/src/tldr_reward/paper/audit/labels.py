"""Published labels of IsoBench's function-parity items that their own formulas refute."""

import dataclasses
from collections.abc import Sequence

from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN
from tldr_reward.paper.audit.rows import AuditRow, Numbers

_RULES = {
    "even": "f(-x) = f(x)",
    "odd": "f(-x) = -f(x)",
    "both": "f(-x) = f(x) = -f(x)",
    "neither": "f(-x) is neither f(x) nor -f(x)",
}


@dataclasses.dataclass(frozen=True)
class LabelledFunction:
    """One item: its place in IsoBench's math_parity, its code, its label as published."""

    index: str
    code: str
    label: str


def label_rows(
    functions: Sequence[tuple[LabelledFunction, str]], numbers: Numbers
) -> list[AuditRow]:
    """One row for each function with its parity, and one for what wrong labels can move.

    The parity is that of the polynomials' coefficients, an identity and no sampling.
    """
    rows = []
    for function, parity in functions:
        right = function.label == parity
        rows.append(
            AuditRow(
                f"label/isobench_math_parity/{function.index}",
                "label",
                f"IsoBench math_parity, item {function.index} (table 5)",
                "the published label is the function's parity",
                function.label,
                parity,
                f"{function.code}: {_RULES[parity]} for its polynomials",
                CONSISTENT if right else INCONSISTENT,
            )
        )
    wrong = sum(function.label != parity for function, parity in functions)
    n = int(numbers.entry("table5", "paligemma-3b/tau=0", "isobench_math_parity").n)
    rows.append(
        AuditRow(
            "label/isobench_math_parity/effect",
            "label",
            "table 5, isobench_math_parity",
            "accuracies are not moved by wrong labels",
            f"{wrong} of {n} items",
            f"up to {100 * wrong / n:.2f} points",
            f"{wrong} / {n} = {100 * wrong / n:.2f}%",
            CONSISTENT if wrong == 0 else UNKNOWN,
        )
    )
    return rows
