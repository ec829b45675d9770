"""Comparisons that the paper draws, each with interval, test, Holm's p and what n could show."""

import dataclasses
from collections.abc import Sequence

from tldr_reward.metrics.intervals import wilson
from tldr_reward.metrics.paired import holm
from tldr_reward.metrics.strength import (
    ALPHA,
    Effect,
    binomial_test,
    compare_counts,
    compare_means,
    items_needed,
    one_sided_pairs,
    paired_items_needed,
    smallest_difference,
)
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN
from tldr_reward.paper.audit.rows import AuditRow

STATED = "stated"
ALLOWED = "fewest that table 11's percentages allow, rounded or truncated"
UNSTATED = "not stated"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One comparison; `claimed` is the sign that the paper gives its effect (0: none).

    `effect` is a difference of shares where `unit` is points, a share where it is percent; None
    where the printed numbers allow no test. `neutral` is what it is without any difference.
    """

    id: str
    where: str
    statement: str
    family: str
    printed: str
    arithmetic: str
    effect: Effect | None
    claimed: int
    unit: str = "points"
    n: str = ""
    n_basis: str = UNSTATED
    smallest: str = ""
    n_needed: str = ""
    neutral: float = 0.0


def strength_rows(comparisons: Sequence[Comparison]) -> list[AuditRow]:
    """Rows with Holm's p over each family's tests."""
    adjusted: dict[str, float] = {}
    for family in dict.fromkeys(item.family for item in comparisons):
        tested = [item for item in comparisons if item.family == family and item.effect]
        p_values = holm([item.effect.p_value for item in tested])
        adjusted |= {item.id: p for item, p in zip(tested, p_values, strict=True)}
    return [_row(item, adjusted.get(item.id)) for item in comparisons]


def _row(item: Comparison, p_holm: float | None) -> AuditRow:
    effect = item.effect
    scaled = 100.0 if item.unit in ("points", "percent") else 1.0
    cells = {}
    if effect is not None:
        names = ("estimate", "low", "high")
        values = (effect.value, effect.low, effect.high)
        cells = {name: f"{scaled * v:.4g}" for name, v in zip(names, values, strict=True)}
        cells |= {"p": p_text(effect.p_value), "p_holm": p_text(p_holm)}
    return AuditRow(
        f"strength/{item.id}",
        "strength",
        item.where,
        item.statement,
        item.printed,
        "" if effect is None else f"{cells['estimate']} [{cells['low']}, {cells['high']}]",
        item.arithmetic,
        _verdict(item, p_holm),
        family=item.family,
        unit=item.unit,
        n=item.n,
        n_basis=item.n_basis,
        smallest_difference=item.smallest,
        n_needed=item.n_needed,
        **cells,
    )


def _verdict(item: Comparison, p_holm: float | None) -> str:
    """Told only where Holm's p is below the level, and then by the sign of the effect."""
    if p_holm is None or p_holm >= ALPHA or not item.claimed:
        return UNKNOWN
    above = item.effect.value > item.neutral
    return CONSISTENT if above == (item.claimed > 0) else INCONSISTENT


def p_text(p: float) -> str:
    """A p value with 3 significant digits; below the least number there is, that it is below."""
    if p == 0:
        return "<1e-300"
    return f"{p:.2e}" if p < 1e-3 else f"{p:.3g}"


def points(share: float) -> str:
    """A share as percentage points."""
    return f"{100 * share:.1f} points"


def needed(first: float, second: float) -> str:
    """Items for significance, on separate and on the same items."""
    apart, together = items_needed(first, second), paired_items_needed(first, second)
    if apart is None:
        return "no n: the values are equal"
    return f"{apart} (separate items), {together} (same items, at best)"


def shares(
    cells: dict,
    first: tuple[int, int],
    second: tuple[int, int],
    unrounded: tuple[float, float] | None = None,
) -> Comparison:
    """A comparison of two counts of n, with what they would be at best on the same items.

    `unrounded`: the printed shares where n is not stated, to say which n they would need.
    """
    (k_first, n_first), (k_second, n_second) = first, second
    effect = compare_counts(k_first, n_first, k_second, n_second)
    text = (
        f"{k_first}/{n_first} against {k_second}/{n_second}: Fisher's exact p = "
        f"{p_text(effect.p_value)}"
    )
    if n_first == n_second:
        best = one_sided_pairs(abs(k_first - k_second))
        text += f"; on the same items, if all that change change one way, p = {p_text(best)}"
    before = cells.pop("arithmetic", "")
    return Comparison(
        **cells,
        arithmetic=text + (f"; {before}" if before else ""),
        effect=effect,
        n=str(n_first),
        smallest=points(smallest_difference(k_second / n_second, n_second)),
        n_needed=needed(*unrounded) if unrounded else "",
    )


def means(cells: dict, first: float, second: float, n: int, wants_n: bool = False) -> Comparison:
    """A comparison of two means of n responses' shares, whose spread is not printed."""
    effect = compare_means(first, second, n)
    before = cells.pop("arithmetic", "")
    text = (
        f"{100 * first:.4g}% against {100 * second:.4g}%, means of {n} shares: with the greatest "
        f"spread that such means can have, p is at most {p_text(effect.p_value)}"
    )
    return Comparison(
        **cells,
        arithmetic=text + (f"; {before}" if before else ""),
        effect=effect,
        n=str(n),
        smallest=points(smallest_difference(second, n)),
        n_needed=needed(first, second) if wants_n else "",
    )


def single_share(cells: dict, share: float, n: int, bound: float) -> Comparison:
    """One share of n items against a bound: exact binomial test, Wilson's interval."""
    k = round(share * n)
    p_value = binomial_test(k, n, bound)
    return Comparison(
        **cells,
        arithmetic=f"{k}/{n} against {100 * bound:.4g}%: exact binomial p = {p_text(p_value)}",
        effect=Effect(share, *wilson(share * n, n), p_value),
        unit="percent",
        n=str(n),
        n_basis=STATED,
        smallest=points(smallest_difference(bound, n, groups=1)),
        neutral=bound,
    )


def untested(cells: dict, why: str) -> Comparison:
    """A comparison that the printed numbers allow no test of."""
    unknown = {"arithmetic": why, "n_needed": "not from what is printed"}
    return Comparison(**cells | unknown, effect=None)
