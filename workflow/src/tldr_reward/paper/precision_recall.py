"""Figure: precision against recall of bad tokens, one panel a backbone."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import CurvePoint
from tldr_reward.paper.figure_style import (
    BACKBONE_NAMES,
    MODEL_ORDER,
    backbone_title,
    model_name,
    ordered,
    panels,
    style,
)


def draw_precision_recall(points: Sequence[CurvePoint], scale: str) -> Figure:
    """Curves of each reward model, its threshold in use as a marker, the base rate dotted."""
    if not points:
        raise InputError("precision_recall: the curve files hold no point")
    backbones = ordered([point.backbone for point in points], tuple(BACKBONE_NAMES))
    figure, axes = panels([backbone_title(name) for name in backbones], 4.2, 4.8, scale)
    for axis, backbone in zip(axes, backbones, strict=True):
        own = [point for point in points if point.backbone == backbone]
        for model in ordered([point.reward_model for point in own], MODEL_ORDER):
            _draw_model(axis, model, [point for point in own if point.reward_model == model])
        base = own[0].base_rate
        label = f"share of bad tokens: {100 * base:.1f}%"
        axis.axhline(base, color="0.35", linestyle=":", linewidth=1.2, label=label)
        axis.set(xlim=(0, 1.02), ylim=(0, 1.03), xlabel="Recall of bad tokens")
        # Below the panel, where no curve can run under it.
        axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    axes[0].set_ylabel("Precision (marker: threshold in use)")
    return figure


def _draw_model(axis, model: str, points: Sequence[CurvePoint]) -> None:
    """One line a seed; the legend has the mean of the seeds' average precisions."""
    runs = list(dict.fromkeys(point.run for point in points))
    looks = style(model)
    average = 0.0
    for run in runs:
        own = [point for point in points if point.run == run]
        average += own[0].average_precision / len(runs)
        axis.plot(
            [point.recall for point in own],
            [point.precision for point in own],
            color=looks["color"],
            linestyle=looks["linestyle"],
            linewidth=1.8 if len(runs) == 1 else 1.1,
        )
        in_use = [point for point in own if point.operating]
        axis.plot(
            [point.recall for point in in_use],
            [point.precision for point in in_use],
            color=looks["color"],
            marker=looks["marker"],
            markersize=7,
            markeredgecolor="white",
            linestyle="none",
            zorder=3,
        )
    axis.plot([], [], label=f"{model_name(model)}: AP {100 * average:.1f}%", markersize=6, **looks)
