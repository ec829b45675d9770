"""The error of H_T, estimated minus true rate, against what may cause it: lines and a figure."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure

from tldr_reward.metrics.correlation import Correlation, correlate
from tldr_reward.metrics.paired import holm
from tldr_reward.paper.figure_style import panels, style
from tldr_reward.paper.notebook import LEVEL_OF_TESTS, interval_text
from tldr_reward.paper.table import p_text
from tldr_reward.paper.zoo_figures import bars
from tldr_reward.paper.zoo_verdicts import Bounded, ZooRows, alarms_of, length_of, percent_of
from tldr_reward.records import Metric

_CAUSES: dict[str, Callable[[ZooRows, str], Bounded | None]] = {
    "True rate (%)": lambda rows, name: percent_of(rows, name, "true_hallucination_token"),
    "Length (tokens a caption)": length_of,
    "Captions cut off (%)": lambda rows, name: percent_of(rows, name, "truncated"),
    "False alarms (%)": alarms_of,
}


@dataclasses.dataclass(frozen=True)
class Cause:
    """A cause's values by model, and the line of the error over it with an adjusted p, if any."""

    title: str
    values: Mapping[str, Bounded]
    line: Correlation | None
    p_holm: float | None

    @property
    def name(self) -> str:
        """The title without its unit."""
        return self.title.partition(" (")[0]

    @property
    def is_shown(self) -> bool:
        """Whether the error goes with the cause: the interval of r must say so, and p with it."""
        if self.line is None:
            return False
        return (self.line.r_low > 0 or self.line.r_high < 0) and self.p_holm <= LEVEL_OF_TESTS

    def row(self) -> list[str]:
        """Cells of a table: cause, models, r, p and adjusted p."""
        line = self.line
        texts = ["–"] * 3
        if line is not None:
            texts = [interval_text(line.r, line.r_low, line.r_high, 2), p_text(line.p_value),
                     p_text(self.p_holm)]  # fmt: skip
        return [self.title, str(len(self.values)), *texts]


def causes_of_error(rows: ZooRows) -> list[Cause]:
    """What may cause the error, p adjusted by Holm's rule over the lines that can be drawn."""
    values = {
        title: {name: own for name in rows.gaps if (own := cause(rows, name))}
        for title, cause in _CAUSES.items()
    }
    lines = {
        title: correlate([x for x, _, _ in own.values()], [rows.gaps[name].value for name in own])
        for title, own in values.items()
    }
    drawn = [title for title, line in lines.items() if line is not None]
    adjusted = dict(zip(drawn, holm([lines[title].p_value for title in drawn]), strict=True))
    return [Cause(title, own, lines[title], adjusted.get(title)) for title, own in values.items()]


def draw_error(causes: Sequence[Cause], gaps: Mapping[str, Metric], scale: str) -> Figure:
    """The error in points against each cause, models numbered in the order of `gaps`."""
    figure, axes = panels([cause.name for cause in causes], 3.4, 3.9, scale)
    for axis, cause in zip(axes, causes, strict=True):
        for number, (name, gap) in enumerate(gaps.items(), start=1):
            if name not in cause.values:
                continue
            x, x_low, x_high = cause.values[name]
            axis.errorbar(
                x,
                100 * gap.value,
                xerr=bars(x, x_low, x_high),
                yerr=bars(100 * gap.value, 100 * gap.low, 100 * gap.high),
                elinewidth=0.9,
                **style("tldr") | {"linestyle": "none"},
            )
            axis.annotate(
                str(number), (x, 100 * gap.value), (5, 4), textcoords="offset points", fontsize=8
            )
        axis.axhline(0, color="0.35", linestyle=":")
        axis.set(xlabel=cause.title)
    axes[0].set_ylabel("Estimated minus true rate (points)")
    return figure


def numbered(names: Sequence[str]) -> list[str]:
    """Names with the numbers that points have in the figure."""
    return [f"{number}\N{NO-BREAK SPACE}{name}" for number, name in enumerate(names, start=1)]
