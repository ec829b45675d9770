"""Figure: accuracy, hallucination rate and size of the LoRA's update over tau, by backbone."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tldr_reward.errors import InputError
from tldr_reward.metrics.benchmarks import WAYS
from tldr_reward.paper.figure_style import BACKBONE_NAMES, backbone_title, ordered
from tldr_reward.paper.tau_tables import ANSWERED, BENCHMARKS
from tldr_reward.records import Metric

_COLOURS = seaborn.color_palette("colorblind")
_MARKERS = "osD^P"
# Linear from 0 to here, logarithmic beyond: the fine grid near 0 can be read beside tau = 1.
_LINEAR = 0.01
# Of models other than TLDR, for comparison: dash and name.
MODELS = {
    "tldr": ("-", "TLDR"),
    "tldr_shuffled": ((0, (4, 2)), "shuffled labels"),
    "captions": ((0, (1, 1.2)), "plain captions"),
}
# Rate lines of a backbone: metric, colour, what it is called.
_RATES = (
    ("true_hallucination_token", 3, "true (oracle)"),
    ("hallucination_token/by=own", 0, "by its own TLDR"),
    ("hallucination_token/by=other", 1, "by the other backbone's TLDR"),
)
# Points of a line by tau: value, low, high.
Line = dict[float, tuple[float, float, float]]


def draw_tau_sweep(metrics: Sequence[Metric], scale: str) -> Figure:
    """Four rows of panels with 95% intervals, one column a backbone; tau on a broken axis.

    Several seeds of a run are drawn as their mean, with the mean of their bounds.
    """
    lines = _lines(metrics)
    backbones = ordered([key[0] for key in lines], tuple(BACKBONE_NAMES))
    if not lines:
        raise InputError("tau_sweep: the metrics files hold no metric at a tau")
    seaborn.set_theme(context="paper", style="ticks", font="DejaVu Sans", font_scale=1.1)
    figure = Figure(figsize=(4.9 * len(backbones), 12), layout="constrained")
    axes = figure.subplots(4, len(backbones), sharex=True, sharey="row", squeeze=False)
    for column, backbone in enumerate(backbones):
        own = {key[1:]: line for key, line in lines.items() if key[0] == backbone}
        axes[0][column].set_title(f"{backbone_title(backbone)} ({scale} scale)")
        for row, way in enumerate(WAYS):
            _draw_accuracy(axes[row][column], own, way)
        _draw_rates(axes[2][column], own)
        _draw_updates(axes[3][column], own)
        _tau_axis(axes[3][column], sorted({tau for line in own.values() for tau in line}))
    labels = (
        *(f"Accuracy in percent{answered}" for answered in ANSWERED.values()),
        "Token hallucination rate in percent",
        "‖dW‖ / ‖W‖",
    )
    for row, label in zip(axes, labels, strict=True):
        row[0].set_ylabel(label)
        for axis in row:
            axis.grid(axis="y", color="0.9", linewidth=0.8)
            seaborn.despine(ax=axis)
    _legends(axes, {key[1] for key in lines})
    return figure


def _lines(metrics: Sequence[Metric]) -> dict[tuple[str, str, str], Line]:
    """Lines by (backbone, reward model, metric or benchmark), seeds averaged."""
    found: dict[tuple[str, str, str], dict[float, list[Metric]]] = {}
    for row in metrics:
        name, marked, tau = row.metric.partition("/tau=")
        if not marked:
            continue
        if name.endswith("accuracy"):
            name = f"{name.removesuffix('accuracy')}{row.split}"
        name = _own_or_other(name, row.backbone)
        line = found.setdefault((row.backbone, row.reward_model, name), {})
        line.setdefault(float(tau), []).append(row)
    return {
        key: {
            tau: tuple(
                float(np.mean([getattr(row, part) for row in rows]))
                for part in ("value", "low", "high")
            )
            for tau, rows in sorted(line.items())
        }
        for key, line in found.items()
    }


def _own_or_other(name: str, backbone: str) -> str:
    metric, by, detector = name.partition("/by=")
    return f"{metric}/by={'own' if detector == backbone else 'other'}" if by else name


def _draw_accuracy(axis, own: Mapping[tuple[str, str], Line], way: str) -> None:
    for index, name in enumerate(BENCHMARKS):
        for model, (dash, _) in MODELS.items():
            if line := own.get((model, f"{way}{name}")):
                _draw(axis, line, 100, _COLOURS[index], _MARKERS[index], dash, model == "tldr")


def _draw_rates(axis, own: Mapping[tuple[str, str], Line]) -> None:
    for name, colour, _ in _RATES:
        for model, (dash, _) in MODELS.items():
            # Of the others the true rate alone: three detectors of three models are unreadable.
            if (model == "tldr" or name == _RATES[0][0]) and (line := own.get((model, name))):
                _draw(axis, line, 100, _COLOURS[colour], "o", dash, model == "tldr")


def _draw_updates(axis, own: Mapping[tuple[str, str], Line]) -> None:
    for model, (dash, _) in MODELS.items():
        if line := own.get((model, "lora_update")):
            _draw(axis, line, 1, "0.25", "o", dash, False)


def _draw(axis, line: Line, factor: float, colour, marker: str, dash, with_bars: bool) -> None:
    taus = list(line)
    value, low, high = factor * np.array(list(line.values())).T
    bars = np.maximum(0, [value - low, high - value]) if with_bars else None
    axis.errorbar(
        taus,
        value,
        yerr=bars,
        color=colour,
        marker=marker,
        markersize=4.5,
        linestyle=dash,
        linewidth=1.5,
        elinewidth=0.9,
        alpha=1.0 if with_bars or factor == 1 else 0.75,
    )


def _tau_axis(axis, taus: Sequence[float]) -> None:
    axis.set_xscale("symlog", linthresh=_LINEAR, linscale=0.5)
    axis.xaxis.set_major_locator(FixedLocator(taus))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xlim(-_LINEAR / 3, max(taus) * 1.25)
    axis.tick_params(axis="x", labelrotation=45)
    axis.set_xlabel("τ (share of the LoRA's scale in training)")


def _legends(axes, models: set[str]) -> None:
    accuracy = [
        Line2D([], [], color=_COLOURS[index], marker=_MARKERS[index], label=heading)
        for index, (heading, _) in enumerate(BENCHMARKS.values())
    ]
    rates = [Line2D([], [], color=_COLOURS[colour], marker="o", label=name)
             for _, colour, name in _RATES]  # fmt: skip
    dashes = [
        Line2D([], [], color="0.25", linestyle=dash, label=f"LoRA of {name}")
        for model, (dash, name) in MODELS.items()
        if model in models
    ]
    for row, handles in zip(axes, (accuracy, None, rates, dashes), strict=True):
        if handles:
            row[0].legend(handles=handles, frameon=False, fontsize=7.5, loc="best")
