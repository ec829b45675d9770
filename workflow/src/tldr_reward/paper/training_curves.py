"""Figure: training loss of each reward model against step, one panel a backbone.

Each loss is the model's own: those of other weights or targets differ in level, not in success.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tldr_reward.errors import InputError
from tldr_reward.paper.figure_style import (
    BACKBONE_NAMES,
    MODEL_ORDER,
    backbone_title,
    model_name,
    ordered,
    panels,
    style,
)
from tldr_reward.records import HistoryRow

_SMOOTHED_SHARE = 0.04  # window of the running mean, as a share of the steps


def draw_training_curves(histories: Mapping[str, Sequence[HistoryRow]], scale: str) -> Figure:
    """Smoothed loss on a logarithmic axis; `histories` by run id (backbone/model/seed)."""
    runs = {run: _identity(run) for run in histories}
    backbones = ordered([backbone for backbone, _ in runs.values()], tuple(BACKBONE_NAMES))
    figure, axes = panels([backbone_title(name) for name in backbones], 4.4, 3.8, scale)
    for axis, backbone in zip(axes, backbones, strict=True):
        own = {run: model for run, (name, model) in runs.items() if name == backbone}
        for model in ordered(list(own.values()), MODEL_ORDER):
            seeds = [histories[run] for run in own if own[run] == model]
            _draw_model(axis, model, seeds)
        axis.set(xlabel="Training step", yscale="log")
        axis.set_xlim(left=0)
        axis.grid(axis="y", which="major", color="0.9", linewidth=0.8)
        # A log axis of one decade would else have one labelled tick.
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_locator(NullLocator())
    axes[0].set_ylabel("Own loss (running mean)")
    handles = {}
    for axis in axes:
        lines, labels = axis.get_legend_handles_labels()
        handles |= {label: line for line, label in zip(lines, labels, strict=True)}
    figure.legend(
        handles=list(handles.values()),
        labels=list(handles),
        loc="outside lower center",
        ncols=min(4, 2 * len(axes)),
        frameon=False,
    )
    return figure


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Centred running mean of N values.

    At the start, where a loss falls fast, the window shrinks on both sides; at the end, where
    only noise is left, it loses its right side alone.
    """
    half = max(0, window // 2)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    begin = np.maximum(0, index - half)
    end = np.minimum(len(values), index + np.minimum(half, index) + 1)
    return (sums[end] - sums[begin]) / (end - begin)


def _identity(run: str) -> tuple[str, str]:
    parts = run.split("/")
    if len(parts) != 3 or not all(parts):
        raise InputError(f"run {run!r}: a run id has the form backbone/reward_model/seed<k>")
    return parts[0], parts[1]


def _draw_model(axis, model: str, histories: Sequence[Sequence[HistoryRow]]) -> None:
    looks = style(model)
    for number, history in enumerate(histories):
        if not history:
            raise InputError(f"a history of {model} has no steps")
        loss = np.array([row.loss for row in history])
        axis.plot(
            [row.step for row in history],
            smooth(loss, round(len(loss) * _SMOOTHED_SHARE)),
            color=looks["color"],
            linestyle=looks["linestyle"],
            linewidth=1.6,
            label=model_name(model) if number == 0 else None,
        )
