"""Figure: response accuracy by taxonomy, one panel a backbone, the paper's values hollow."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
from tldr_reward.paper.measured import TAXONOMIES
from tldr_reward.paper.pooling import Pooled, Resamples, pool
from tldr_reward.paper.reported import ReportedValue, printed_values
from tldr_reward.records import Metric

_ROWS = ("overall", *TAXONOMIES)
# Our reward models -> the columns of the paper's table 11, which is PaliGemma's alone.
_PRINTED = {
    "naive": "naive",
    "tldr": "tldr",
    "tldr_projector_only": "projector_only",
    "tldr_decoder_only": "decoder_only",
}


def draw_accuracy_by_taxonomy(
    metrics: Sequence[Metric],
    reported: Sequence[ReportedValue],
    resamples: Resamples,
    scale: str,
) -> Figure:
    """Points with 95% intervals on the test split; chance (50%) dotted."""
    found = _pool_all(metrics, resamples)
    if not found:
        raise InputError(
            "response_accuracy_by_taxonomy: the metrics files hold no response accuracy by "
            "taxonomy of naive or tldr on split 'test'"
        )
    printed = printed_values(reported, "table11")
    backbones = ordered([backbone for backbone, _ in found], tuple(BACKBONE_NAMES))
    figure, axes = panels([backbone_title(name) for name in backbones], 4.6, 6.2, scale)
    models = ordered([model for _, model in found], MODEL_ORDER)
    lowest = min(pooled.low for by_row in found.values() for pooled in by_row.values())
    left = min(45.0, 100 * lowest - 2)
    for axis, backbone in zip(axes, backbones, strict=True):
        own = [model for model in models if (backbone, model) in found]
        for offset, model in zip(_offsets(len(own)), own, strict=True):
            _draw_points(axis, found[backbone, model], model, offset)
            if backbone == "paligemma":
                _draw_printed(axis, printed, model, offset)
        axis.axvline(50, color="0.35", linestyle=":", linewidth=1.2)
        axis.axhline(0.5, color="0.8", linewidth=0.8)
        for line in np.arange(1.5, len(_ROWS) - 1):
            axis.axhline(line, color="0.92", linewidth=0.8)
        axis.set(xlabel="Response accuracy (%)", xlim=(left, 102))
    labels = [name.replace("_", " ").replace("ocr", "OCR") for name in _ROWS]
    axes[0].set_yticks(range(len(_ROWS)), labels)
    axes[0].set_ylim(len(_ROWS) - 0.5, -0.5)
    _legend(figure, models, "paligemma" in backbones, len(backbones) + 1)
    return figure


def _pool_all(
    metrics: Sequence[Metric], resamples: Resamples
) -> dict[tuple[str, str], dict[str, Pooled]]:
    """Pooled response accuracy by (backbone, reward model) and row of the figure."""
    rows: dict[tuple[str, str], dict[str, list[Metric]]] = {}
    for metric in metrics:
        name = metric.metric.removeprefix("response_accuracy/")
        name = "overall" if metric.metric == "response_accuracy" else name
        if metric.split == "test" and metric.reward_model in _PRINTED and name in _ROWS:
            by_name = rows.setdefault((metric.backbone, metric.reward_model), {})
            by_name.setdefault(name, []).append(metric)
    return {
        key: {name: pool(found, resamples) for name, found in by_name.items()}
        for key, by_name in rows.items()
    }


def _offsets(count: int) -> np.ndarray:
    """Vertical places of the models within a row of height 1."""
    return (np.arange(count) - (count - 1) / 2) * 0.19


def _draw_points(axis, pooled: dict[str, Pooled], model: str, offset: float) -> None:
    names = [name for name in _ROWS if name in pooled]
    values = np.array([pooled[name].value for name in names])
    below = values - [pooled[name].low for name in names]
    above = np.array([pooled[name].high for name in names]) - values
    looks = style(model)
    axis.errorbar(
        100 * values,
        [_ROWS.index(name) + offset for name in names],
        # A percentile interval may leave out its own value by a hair.
        xerr=100 * np.maximum(0, [below, above]),
        color=looks["color"],
        marker=looks["marker"],
        linestyle="none",
        markersize=5.5,
        elinewidth=1.4,
        zorder=3,
    )


def _draw_printed(axis, printed: dict[tuple[str, str], str], model: str, offset: float) -> None:
    looks = style(model)
    for row, name in enumerate(_ROWS):
        if value := printed.get((name, _PRINTED[model])):
            axis.plot(
                float(value),
                row + offset,
                color=looks["color"],
                marker=looks["marker"],
                markerfacecolor="white",
                markersize=5.5,
                linestyle="none",
                zorder=2,
            )


def _legend(figure: Figure, models: Sequence[str], with_paper: bool, columns: int) -> None:
    handles = [
        Line2D([], [], label=model_name(model), markersize=6, **(style(model) | {"linestyle": ""}))
        for model in models
    ]
    if with_paper:
        handles.append(
            Line2D(
                [],
                [],
                color="0.3",
                marker="o",
                markerfacecolor="white",
                linestyle="",
                label="hollow: the paper's",
            )
        )
    handles.append(Line2D([], [], color="0.35", linestyle=":", label="always good (50%)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
