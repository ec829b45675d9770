"""Figure: share of bad tokens against P(bad), raw and calibrated, one panel a backbone."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import ReliabilityBin
from tldr_reward.paper.figure_style import BACKBONE_NAMES, backbone_title, ordered, panels, style

_LEAST = 1e-5  # where a share of 0 is drawn


def draw_reliability(bins: Sequence[ReliabilityBin], scale: str) -> Figure:
    """Both axes logarithmic, since most tokens lie near 0; one line a seed, dashed before.

    A dot's bar is the 95% interval of its share; on the diagonal a P(bad) means what it says.
    """
    if not bins:
        raise InputError("reliability: the files hold no bin")
    backbones = ordered([row.backbone for row in bins], tuple(BACKBONE_NAMES))
    figure, axes = panels([backbone_title(name) for name in backbones], 4.2, 4.6, scale)
    for axis, backbone in zip(axes, backbones, strict=True):
        axis.plot([_LEAST, 1], [_LEAST, 1], color="0.6", linewidth=1, zorder=0)
        own = [row for row in bins if row.backbone == backbone]
        for calibrated, label in ((0, "as the reward head gives it"), (1, "calibrated")):
            rows = [row for row in own if row.calibrated == calibrated]
            _draw_rows(axis, rows, "naive" if not calibrated else "tldr", label)
        axis.set(xscale="log", yscale="log", xlim=(_LEAST, 1.3), ylim=(_LEAST, 1.3))
        axis.set(xlabel="P(bad) of a token")
        for one in (axis.xaxis, axis.yaxis):
            one.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
        axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    axes[0].set_ylabel("Share of tokens that are bad")
    return figure


def _draw_rows(axis, rows: Sequence[ReliabilityBin], look: str, label: str) -> None:
    looks = style(look) | {"linestyle": "-" if look == "tldr" else "--"}
    for run in dict.fromkeys(row.run for row in rows):
        own = [row for row in rows if row.run == run]
        shares = [max(_LEAST, row.observed) for row in own]
        bars = [
            [share - max(_LEAST, row.low) for share, row in zip(shares, own, strict=True)],
            [max(0.0, row.high - share) for share, row in zip(shares, own, strict=True)],
        ]
        places = [max(_LEAST, row.predicted) for row in own]
        axis.errorbar(places, shares, yerr=[[max(0.0, bar) for bar in side] for side in bars],
                      markersize=5, linewidth=1.4, elinewidth=0.9, **looks)  # fmt: skip
    axis.plot([], [], label=label, markersize=5, **looks)
