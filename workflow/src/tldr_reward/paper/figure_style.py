"""One look for every figure: theme, and a colour and a marker for each reward model."""

from collections.abc import Sequence

import seaborn
from matplotlib.figure import Figure

# seaborn's colour-blind palette; markers and dashes tell the models apart without colour.
_COLOURS = seaborn.color_palette("colorblind")
MODEL_ORDER = (
    "tldr",
    "naive",
    "tldr_decoder_only",
    "tldr_projector_only",
    "tldr_plain",
    "prompting",
)
MODEL_NAMES = {
    "tldr": "TLDR",
    "naive": "naive",
    "tldr_decoder_only": "TLDR, decoder only",
    "tldr_projector_only": "TLDR, projector only",
    "tldr_plain": "TLDR, plain loss",
    "prompting": "prompting (own LM head)",
}
BACKBONE_NAMES = {"paligemma": "PaliGemma", "llama": "Llama-3.2-Vision"}
_MODEL_COLOURS = dict(zip(MODEL_ORDER, (_COLOURS[i] for i in (0, 1, 2, 4, 5, 7)), strict=True))
_MODEL_MARKERS = dict(zip(MODEL_ORDER, "osD^Pv", strict=True))
_DASHES = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)), "--")
_MODEL_DASHES = dict(zip(MODEL_ORDER, _DASHES, strict=True))


def style(model: str) -> dict:
    """Colour, marker and line style of a reward model; grey for one that has none of its own."""
    return {
        "color": _MODEL_COLOURS.get(model, _COLOURS[7]),
        "marker": _MODEL_MARKERS.get(model, "X"),
        "linestyle": _MODEL_DASHES.get(model, "-"),
    }


def model_name(model: str) -> str:
    """Name of a reward model in a legend."""
    return MODEL_NAMES.get(model, model)


def ordered(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Distinct names: those of `order` first, then others as they come."""
    distinct = list(dict.fromkeys(names))
    return [name for name in order if name in distinct] + [
        name for name in distinct if name not in order
    ]


def panels(
    titles: Sequence[str], width: float, height: float, scale: str, shared: bool = True
) -> tuple[Figure, list]:
    """A figure with one panel a title, side by side (inches each), and the scale named.

    `shared`: the panels have one vertical axis.
    """
    seaborn.set_theme(context="paper", style="ticks", font="DejaVu Sans", font_scale=1.15)
    figure = Figure(figsize=(width * len(titles), height), layout="constrained")
    figure.get_layout_engine().set(wspace=0.06)
    axes = figure.subplots(1, len(titles), sharey=shared, squeeze=False)[0]
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(f"{title} ({scale} scale)")
        seaborn.despine(ax=axis)
    return figure, list(axes)


def backbone_title(backbone: str) -> str:
    """Name of a backbone's panel; at small scales it is the architecture alone."""
    return BACKBONE_NAMES.get(backbone, backbone)
