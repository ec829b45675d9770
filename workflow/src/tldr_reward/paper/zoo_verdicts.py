"""What is shown of H_T over models: against the true rate, in their order, and along lines."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations
from math import inf, isnan
from typing import NamedTuple

from tldr_reward.metrics.zoo_correlation import ZooFit, ZooPoint
from tldr_reward.paper.notebook import LEVEL_OF_TESTS
from tldr_reward.records import Metric

_ESTIMATED = "hallucination_token"
_TRUE = "true_hallucination_token"
_CORRECTED = "corrected_hallucination_token"
# A number with its bounds.
Bounded = tuple[float, float, float]


class Pairs(NamedTuple):
    """Pairs of models: all, in the right order, in the wrong one; told apart, and of these right.

    Two models are told apart where the intervals of their true rates do not meet.
    """

    all: int
    right: int
    wrong: int
    apart: int
    apart_right: int

    @property
    def kendall(self) -> float | None:
        """Share of pairs in the right order minus the share in the wrong one."""
        return (self.right - self.wrong) / self.all if self.all else None


class Errors(NamedTuple):
    """Models whose H_T is shown to be above the true rate, below it, and neither."""

    too_high: list[str]
    too_low: list[str]
    level: list[str]


@dataclasses.dataclass(frozen=True)
class ZooRows:
    """Metrics of the zoo's models, the points that figures draw of them, and lines through them."""

    metrics: Sequence[Metric]
    points: Sequence[ZooPoint]
    fits: Sequence[ZooFit]

    @cached_property
    def found(self) -> dict[tuple[str, str], Metric]:
        """Metrics by (model, metric)."""
        return {(row.run, row.metric): row for row in self.metrics}

    @cached_property
    def everyone(self) -> list[str]:
        """All models, in the order of the files."""
        return list(dict.fromkeys(run for run, _ in self.found))

    @cached_property
    def models(self) -> list[str]:
        """Models with a rate, the truest first, those without a true rate last."""
        return sorted(
            (name for name in self.everyone if self.row(name, _ESTIMATED)),
            key=lambda name: row.value if (row := self.row(name, _TRUE)) else inf,
        )

    @cached_property
    def gaps(self) -> dict[str, Metric]:
        """Estimated minus true rate, by model."""
        rows = {name: self.row(name, "hallucination_difference_token") for name in self.models}
        return {name: row for name, row in rows.items() if row is not None}

    def row(self, model: str, metric: str) -> Metric | None:
        """A model's metric."""
        return self.found.get((model, metric))

    def fit(self, score: str, source: str, level: str = "token") -> ZooFit | None:
        """The line of a panel."""
        own = (fit for fit in self.fits if (fit.score, fit.source, fit.level)
               == (score, source, level))  # fmt: skip
        return next(own, None)

    def points_of(self, score: str, source: str, level: str = "token") -> list[ZooPoint]:
        """The points of a panel."""
        return [
            point
            for point in self.points
            if (point.score, point.source, point.level) == (score, source, level)
        ]


def errors_of(gaps: Mapping[str, Metric]) -> Errors:
    """What the intervals of estimated minus true rate say, by model."""
    too_high = [name for name, row in gaps.items() if row.low > 0]
    too_low = [name for name, row in gaps.items() if row.high < 0]
    return Errors(too_high, too_low, [name for name in gaps if name not in (*too_high, *too_low)])


def holding_intervals(rows: ZooRows) -> tuple[int, int, int]:
    """How many models have a corrected and a true rate, and where H_T's interval holds the true.

    Third, for how many of them the corrected rate's interval does.
    """
    both = [name for name in rows.models if rows.row(name, _CORRECTED) and rows.row(name, _TRUE)]

    def holding(metric: str) -> int:
        return sum(
            rows.row(name, metric).low <= rows.row(name, _TRUE).value <= rows.row(name, metric).high
            for name in both
        )

    return len(both), holding(_ESTIMATED), holding(_CORRECTED)


def pairs_in_order(rows: ZooRows, metric: str, level: str) -> Pairs:
    """Pairs of models that have a rate and a true rate of a level, by their order."""
    rates = [
        (rows.row(name, f"{metric}_{level}"), rows.row(name, f"true_hallucination_{level}"))
        for name in rows.models
    ]
    pairs = list(combinations([(rate, true) for rate, true in rates if rate and true], 2))
    gained = [
        (rate.value - other.value) * (true.value - than.value)
        for (rate, true), (other, than) in pairs
    ]
    apart = [true.low > than.high or true.high < than.low for (_, true), (_, than) in pairs]
    right = [product > 0 for product in gained]
    wrong = sum(product < 0 for product in gained)
    return Pairs(len(pairs), sum(right), wrong, sum(apart), sum(map(min, apart, right)))


def answer(fit: ZooFit | None) -> str:
    """Whether r is shown to be above 0: its interval must say so, and p with it."""
    if fit is None:
        return "no line"
    # Adjusted where several of our lines ask the same.
    p = fit.p_permutation if isnan(fit.p_holm) else fit.p_holm
    if fit.r_low > 0 or fit.r_high < 0:
        if p > LEVEL_OF_TESTS:
            return "undecided, since interval and p disagree"
        return "shown" if fit.r_low > 0 else "the opposite is shown"
    return "not shown"


def percent_of(rows: ZooRows, model: str, metric: str) -> Bounded | None:
    """A share in percent with its bounds."""
    row = rows.row(model, metric)
    return row and tuple(100 * part for part in (row.value, row.low, row.high))


def length_of(rows: ZooRows, model: str) -> Bounded | None:
    """Tokens a caption with bounds."""
    row = rows.row(model, "caption_tokens")
    return row and (row.value, row.low, row.high)


def alarms_of(rows: ZooRows, model: str) -> Bounded | None:
    """False alarms, what is missing of the specificity, in percent with bounds."""
    row = rows.row(model, "specificity_token")
    return row and tuple(100 * (1 - part) for part in (row.value, row.high, row.low))


def above_false_alarms(rows: ZooRows) -> tuple[list[str], list[str]]:
    """Models whose H_T is shown to be above what false alarms alone would give, and the others."""
    alarms = {name: own for name in rows.models if (own := alarms_of(rows, name))}
    above = [name for name in alarms if percent_of(rows, name, _ESTIMATED)[1] > alarms[name][2]]
    return above, [name for name in alarms if name not in above]


def not_above_the_true(rows: ZooRows) -> dict[str, list[str]]:
    """Models that say nothing wrong, each with the others that are not shown to have more H_T."""
    rates = {name: rows.row(name, _TRUE) for name in rows.models}
    right = [name for name, row in rates.items() if row is not None and row.value == 0]
    return {
        name: [
            other
            for other in rows.models
            if other not in right
            and rows.row(other, _ESTIMATED).low <= rows.row(name, _ESTIMATED).high
        ]
        for name in right
    }
