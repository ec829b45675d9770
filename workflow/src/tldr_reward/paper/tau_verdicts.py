"""What is shown over tau, against tau = 0: on benchmarks, in captions and by their estimates."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import erfc, sqrt
from typing import NamedTuple

from tldr_reward.metrics.benchmarks import WAYS
from tldr_reward.metrics.paired import holm
from tldr_reward.paper.figure_style import BACKBONE_NAMES, ordered
from tldr_reward.paper.notebook import LEVEL_OF_TESTS, Key, mean_of_seeds
from tldr_reward.paper.tau_sweep import MODELS
from tldr_reward.paper.tau_tables import ANSWERED, BENCHMARKS, tau_of
from tldr_reward.records import Metric

_SPLIT = "test"
_CHANGE = "true_hallucination_change_token"
_ESTIMATE = "hallucination_token/by="
_NORMAL_95 = 1.959964
# Change of the true rate from tau = 0 and its adjusted p, by (backbone, tau).
Changes = dict[tuple[str, float], tuple[Metric, float]]


class Shown(NamedTuple):
    """What is shown to be better and worse than tau = 0, and how many were compared with it."""

    better: list
    worse: list
    compared: int


@dataclasses.dataclass(frozen=True)
class TauRows:
    """Metrics of every backbone, reward model, seed and tau; those of several seeds as a mean."""

    metrics: Sequence[Metric]

    @cached_property
    def found(self) -> dict[Key, Metric]:
        """Means of the seeds."""
        return mean_of_seeds(self.metrics)

    @cached_property
    def at_tau(self) -> list[Metric]:
        """The rows that were measured at a tau."""
        return [row for row in self.metrics if "/tau=" in row.metric]

    @property
    def backbones(self) -> list[str]:
        """Backbones with a metric at a tau."""
        return ordered([row.backbone for row in self.at_tau], tuple(BACKBONE_NAMES))

    @property
    def models(self) -> list[str]:
        """Reward models with a metric at a tau; those other than TLDR are controls."""
        return ordered([row.reward_model for row in self.at_tau], tuple(MODELS))

    @property
    def detectors(self) -> list[str]:
        """Backbones whose TLDR model has estimated a rate at a tau."""
        names = [row.metric for row in self.at_tau if row.metric.startswith(_ESTIMATE)]
        own = [name.removeprefix(_ESTIMATE).split("/")[0] for name in names]
        return ordered(own, tuple(BACKBONE_NAMES))

    def taus(self, backbone: str, model: str, metric: str, split: str = _SPLIT) -> list[float]:
        """Taus at which a metric was measured, in rising order."""
        return sorted(
            {
                tau_of(name)
                for own, whose, where, name in self.found
                if (own, whose, where) == (backbone, model, split)
                and name.startswith(f"{metric}/tau=")
            }
        )

    def benchmark_taus(self, backbone: str, model: str) -> list[float]:
        """Taus at which the accuracy on any benchmark was measured, in rising order."""
        return sorted(
            {tau for name in BENCHMARKS for tau in self.taus(backbone, model, "accuracy", name)}
        )

    def at(
        self, backbone: str, model: str, metric: str, tau: float, split: str = _SPLIT
    ) -> Metric | None:
        """A metric at a tau."""
        return self.found.get((backbone, model, split, f"{metric}/tau={tau:g}"))

    def estimate(self, backbone: str, detector: str | None, tau: float) -> Metric | None:
        """Token rate of captions under TLDR's LoRA as a detector's backbone estimates it."""
        return self.at(backbone, "tldr", f"{_ESTIMATE}{detector}", tau)

    def other_detector(self, backbone: str) -> str | None:
        """The first detector that is not the backbone's own."""
        return next((name for name in self.detectors if name != backbone), None)

    def of_seeds(
        self, backbone: str, model: str, benchmark: str, metric: str, tau: float
    ) -> dict[str, float]:
        """A benchmark's metric at a tau, by seed."""
        return {
            row.seed: row.value
            for row in self.metrics
            if (row.backbone, row.reward_model, row.split) == (backbone, model, benchmark)
            and row.metric == f"{metric}/tau={tau:g}"
        }


def greatest_p(
    rows: TauRows, backbone: str, model: str, benchmark: str, tau: float, metric: str
) -> float | None:
    """The greatest of the seeds' p values: what is shown must be so on every seed."""
    own = rows.of_seeds(backbone, model, benchmark, metric, tau)
    return max(own.values(), default=None)


def direction(
    rows: TauRows, backbone: str, model: str, benchmark: str, tau: float, way: str = ""
) -> int | None:
    """1 better than at tau = 0, -1 worse, 0 not shown; None where nothing was compared.

    `way` is a way to answer, as metrics' names begin.
    """
    adjusted = greatest_p(rows, backbone, model, benchmark, tau, f"{way}holm_p")
    gained, lost = (
        rows.of_seeds(backbone, model, benchmark, f"{way}{name}", tau)
        for name in ("gained", "lost")
    )
    ways = {
        (gained[seed] > lost[seed]) - (gained[seed] < lost[seed]) for seed in gained if seed in lost
    }
    if adjusted is None or not ways:
        return None
    return ways.pop() if adjusted <= LEVEL_OF_TESTS and len(ways) == 1 else 0


def shown_on_benchmarks(rows: TauRows, backbone: str, model: str) -> Shown:
    """Benchmarks' headings with taus above zero, and whether accuracy is shown to differ."""
    signs = {
        (f"{heading}{ANSWERED[way]}", tau): sign
        for way in WAYS
        for name, (heading, _) in BENCHMARKS.items()
        for tau in rows.benchmark_taus(backbone, model)
        if tau > 0 and (sign := direction(rows, backbone, model, name, tau, way)) is not None
    }
    better, worse = ([key for key, own in signs.items() if own == sign] for sign in (1, -1))
    return Shown(better, worse, len(signs))


def best_tau(rows: TauRows, backbone: str, benchmark: str) -> float | None:
    """The tau above zero with TLDR's highest accuracy, of equal ones the lowest."""
    above = [tau for tau in rows.taus(backbone, "tldr", "accuracy", benchmark) if tau > 0]
    return max(
        above,
        key=lambda tau: rows.at(backbone, "tldr", "accuracy", tau, benchmark).value,
        default=None,
    )


def blind_at(rows: TauRows, backbone: str, tau: float) -> list[str]:
    """Headings of benchmarks where TLDR's accuracy is not shown to be above a constant answer's."""
    return [
        f"{heading}{ANSWERED[way]}"
        for way in WAYS
        for name, (heading, _) in BENCHMARKS.items()
        if (row := rows.at(backbone, "tldr", f"{way}accuracy", tau, name)) is not None
        and row.low <= rows.found[backbone, "tldr", name, "majority"].value
    ]


def p_of_interval(row: Metric) -> float:
    """Two-sided p of a normal distribution with this 95% interval; 1 where nothing changes."""
    spread = (row.high - row.low) / (2 * _NORMAL_95)
    if spread == 0:
        return 1.0 if row.value == 0 else 0.0
    return erfc(abs(row.value) / spread / sqrt(2))


def changes_of(rows: TauRows, model: str) -> Changes:
    """Changes of the true token rate, their p adjusted by Holm's rule over all of the model's."""
    own = {
        (backbone, tau): rows.at(backbone, model, _CHANGE, tau)
        for backbone in rows.backbones
        for tau in rows.taus(backbone, model, _CHANGE)
    }
    adjusted = holm([p_of_interval(row) for row in own.values()])
    return {key: (row, p) for (key, row), p in zip(own.items(), adjusted, strict=True)}


def shown_changes(changes: Changes, backbone: str) -> Shown:
    """Taus at which the true rate is shown to be lower (better) or higher (worse)."""
    own = {tau: change for (of, tau), change in changes.items() if of == backbone}
    shown = {tau: row for tau, (row, p) in own.items() if p <= LEVEL_OF_TESTS}
    lower = [tau for tau, row in shown.items() if row.high < 0]
    higher = [tau for tau, row in shown.items() if row.low > 0]
    return Shown(lower, higher, len(own))


def lowest_change(changes: Changes, backbone: str) -> tuple[float, Metric] | None:
    """The tau with the lowest change of the true rate, and that change."""
    own = [(tau, row) for (of, tau), (row, _) in changes.items() if of == backbone]
    return min(own, key=lambda pair: pair[1].value, default=None)


def falls(rows: TauRows, backbone: str, detector: str | None) -> list[float] | None:
    """Taus at which an estimate's interval lies below that at tau = 0; None without estimates."""
    base = rows.estimate(backbone, detector, 0)
    if base is None:
        return None
    taus = rows.taus(backbone, "tldr", f"{_ESTIMATE}{detector}")
    return [
        tau for tau in taus if tau > 0 and rows.estimate(backbone, detector, tau).high < base.low
    ]


def better_by_model(
    rows: TauRows, changes: Mapping[str, Changes], backbone: str
) -> dict[str, dict[str, bool]]:
    """Of benchmarks and of captions, by reward model: whether some tau is shown to be better."""
    found: dict[str, dict[str, bool]] = {"benchmarks": {}, "captions": {}}
    for model in rows.models:
        for what, shown in (
            ("benchmarks", shown_on_benchmarks(rows, backbone, model)),
            ("captions", shown_changes(changes[model], backbone)),
        ):
            if shown.compared:
                found[what][model] = bool(shown.better)
    return found
