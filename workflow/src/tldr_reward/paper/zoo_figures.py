"""Figures 5 and 6: score against hallucination rate; and estimated against true rates."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import seaborn
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogFormatter, LogLocator

from tldr_reward.errors import InputError
from tldr_reward.metrics.zoo_correlation import AGREEMENT, ZooFit, ZooPoint
from tldr_reward.paper.figure_style import panels

_COLOURS = seaborn.color_palette("colorblind")
PAPER_SCORES = {"exam": "MMMU", "mix": "MEGA-Bench"}
OUR_SCORES = {"exam": "scene-exam", "mix": "scene-mix"}
_OURS, _PAPERS = _COLOURS[0], _COLOURS[3]
_EDGE = 0.08  # of the range, around the points


class _PlainNumbers(LogFormatter):
    """0.2 where LogFormatter would write 2e-01."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def draw_score_against_hallucination(
    points: Sequence[ZooPoint], fits: Sequence[ZooFit], score: str, scale: str
) -> Figure:
    """Three panels: the paper's points, our rates as estimated, our rates as the oracle knows."""
    if score not in OUR_SCORES:
        raise InputError(f"score {score!r}; allowed: {', '.join(OUR_SCORES)}")
    titles = {
        "reported": f"The paper's points: {PAPER_SCORES[score]}",
        "estimated": f"{OUR_SCORES[score]}, rate estimated by TLDR",
        "true": f"{OUR_SCORES[score]}, true rate by the oracle",
    }
    figure, axes = panels(list(titles.values()), 4.4, 5.6, scale, shared=False)
    for axis, (source, title) in zip(axes, titles.items(), strict=True):
        own = _chosen(points, score, source, "token")
        colour = _PAPERS if source == "reported" else _OURS
        # The paper's points are of no scale of ours.
        shown = title if source == "reported" else f"{title} ({scale} scale)"
        axis.set_title(shown, fontsize=9)
        _draw_points(axis, own, colour)
        _draw_fit(axis, own, _chosen(fits, score, source, "token"), colour)
        axis.set(xlabel="−ln of the token hallucination rate", ylabel=f"{_ylabel(score, source)}")
    return figure


def draw_estimated_against_true(
    points: Sequence[ZooPoint], fits: Sequence[ZooFit], scale: str
) -> Figure:
    """Rates of our models, as estimated and as true, on logarithmic axes; equal ones dashed.

    A rate of 0 stands at the edge, hollow, and is no part of r.
    """
    names = ("token", "sentence", "response")
    figure, axes = panels([f"{name.capitalize()} rate" for name in names], 4.2, 5.4, scale,
                          shared=False)  # fmt: skip
    for axis, level in zip(axes, names, strict=True):
        own = _zeros_at_edge(
            [_as_rates(point) for point in _chosen(points, "rate", AGREEMENT, level)]
        )
        axis.set(xscale="log", yscale="log")
        for each in (axis.xaxis, axis.yaxis):
            each.set_major_formatter(_PlainNumbers(minor_thresholds=(2, 1)))
            each.set_minor_locator(LogLocator(subs=(2, 3, 5)))
            each.set_minor_formatter(_PlainNumbers(minor_thresholds=(2, 1)))
        _draw_points(axis, own, _OURS)
        if own:
            ends = [value for point in own for value in (point.x, point.y)]
            axis.plot([min(ends), max(ends)], [min(ends), max(ends)], color="0.5", ls="--", lw=1)
        for fit in _chosen(fits, "rate", AGREEMENT, level):
            _note(axis, f"r of the logarithms = {_r_text(fit)}\n{_p_text(fit)}\n{_without(fit)}")
        if any(point.zero for point in own):
            axis.text(0.98, 0.02, "hollow: a rate of 0, not in r", transform=axis.transAxes,
                      ha="right", fontsize=7)  # fmt: skip
        axis.set(xlabel="True rate (%), by the oracle", ylabel="Estimated rate (%), by TLDR")
    return figure


def _as_rates(point: ZooPoint) -> ZooPoint:
    """A point of two logarithms as a point of two rates in percent."""
    x, x_low, x_high, y, y_low, y_high = (
        100 * math.exp(-value)
        for value in (point.x, point.x_high, point.x_low, point.y, point.y_high, point.y_low)
    )
    return dataclasses.replace(
        point, x=x, x_low=x_low, x_high=x_high, y=y, y_low=y_low, y_high=y_high
    )


def _zeros_at_edge(points: Sequence[ZooPoint]) -> list[ZooPoint]:
    """Points with what replaces a rate of 0 at half of the least other rate, without bounds."""
    others = [point for point in points if not point.zero]
    if not others:
        return list(points)
    x_edge, y_edge = (min(getattr(point, axis) for point in others) / 2 for axis in "xy")
    moved = []
    for point in points:
        if point.zero and point.x < x_edge:
            point = dataclasses.replace(point, x=x_edge, x_low=math.nan, x_high=math.nan)
        if point.zero and point.y < y_edge:
            point = dataclasses.replace(point, y=y_edge, y_low=math.nan, y_high=math.nan)
        moved.append(point)
    return moved


def _chosen(rows: Sequence, score: str, source: str, level: str) -> list:
    return [row for row in rows if (row.score, row.source, row.level) == (score, source, level)]


def _ylabel(score: str, source: str) -> str:
    name = PAPER_SCORES[score] if source == "reported" else f"{OUR_SCORES[score]} accuracy"
    return f"{name} (%)"


def _draw_points(axis, points: Sequence[ZooPoint], colour) -> None:
    """Numbered points with their intervals, hollow where a rate of 0 was replaced."""
    if not points:
        axis.text(0.5, 0.5, "no model has both numbers", transform=axis.transAxes, ha="center")
        return
    for number, point in enumerate(points, start=1):
        axis.errorbar(
            point.x,
            point.y,
            xerr=bars(point.x, point.x_low, point.x_high),
            yerr=bars(point.y, point.y_low, point.y_high),
            color=colour,
            marker="o",
            markersize=6,
            markerfacecolor="white" if point.zero else colour,
            elinewidth=0.9,
            linestyle="none",
            zorder=3,
        )
        axis.annotate(str(number), (point.x, point.y), (5, 4), textcoords="offset points",
                      fontsize=8, zorder=4)  # fmt: skip
    names = [
        Line2D([], [], linestyle="none", label=f"{number} {point.model}")
        for number, point in enumerate(points, start=1)
    ]
    axis.legend(
        handles=names, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2,
        fontsize=6.5, handlelength=0, handletextpad=0,
    )  # fmt: skip


def bars(value: float, low: float, high: float) -> list[list[float]] | None:
    """Lengths of an error bar below and above a value; None where its bounds are not known."""
    if math.isnan(low) or math.isnan(high):
        return None
    return [[max(0.0, value - low)], [max(0.0, high - value)]]


def _draw_fit(axis, points: Sequence[ZooPoint], fits: Sequence[ZooFit], colour) -> None:
    """The fitted line over the points' range, with its equation and what it is worth."""
    for fit in fits:
        ends = np.array([min(point.x for point in points), max(point.x for point in points)])
        ends = ends + np.array([-_EDGE, _EDGE]) * np.ptp(ends)
        axis.plot(ends, fit.intercept + fit.slope * ends, color=colour, lw=1.2, zorder=2)
        sign = "+" if fit.slope >= 0 else "−"
        equation = f"y = {_number(fit.intercept)} {sign} {abs(fit.slope):.2f} x"
        _note(axis, f"{equation}\nr = {_r_text(fit)}\n{_p_text(fit)}\n{_without(fit)}")


def _note(axis, text: str) -> None:
    """What a line is worth, above the points."""
    low, high = axis.get_ylim()
    room = 0.34
    top = high * (high / low) ** room if axis.get_yscale() == "log" else high + room * (high - low)
    axis.set_ylim(low, top)
    axis.text(0.03, 0.98, text, transform=axis.transAxes, va="top", fontsize=8)


def _r_text(fit: ZooFit) -> str:
    if math.isnan(fit.r_low):
        return _number(fit.r)
    return f"{_number(fit.r)} [{_number(fit.r_low)}, {_number(fit.r_high)}]"


def _p_text(fit: ZooFit) -> str:
    p = f"{fit.p_permutation:.2g}" if fit.p_permutation >= 1e-4 else f"{fit.p_permutation:.1e}"
    kind = "exact" if fit.n <= 10 else "permutation"
    return f"{kind} p = {p}, n = {fit.n}"


def _without(fit: ZooFit) -> str:
    return f"r without one model: {_number(fit.r_without_low)} to {_number(fit.r_without_high)}"


def _number(value: float) -> str:
    """Two decimals with a real minus sign."""
    return f"{value:.2f}".replace("-", "−")
