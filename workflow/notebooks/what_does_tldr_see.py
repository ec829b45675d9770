# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does TLDR see?
#
# A token-level detective reward model calls every word of a caption good or bad. Here it is asked
# which errors it finds, which it does not, and what its flags are worth. Every number is read from
# the metrics that the workflow has measured on captions that no model was trained on, half of
# them with an error whose place is known. Brackets are 95% intervals.

# %%
# %matplotlib inline
from pathlib import Path

from IPython.display import display

from tldr_reward.metrics.rows import CurvePoint
from tldr_reward.paper.figure_style import BACKBONE_NAMES, model_name, panels, style
from tldr_reward.paper.measured import TAXONOMIES
from tldr_reward.paper.notebook import against_text, mean_of_seeds, say, share_text, table
from tldr_reward.paper.precision_recall import draw_precision_recall
from tldr_reward.records import Metric, read_rows

# %% tags=["parameters"]
# What the workflow sets; by hand, start from a folder with results in it.
METRICS: list[str] = []
CURVE: list[str] = []
SCALE = "mini"

# %%
found = mean_of_seeds(row for file in METRICS for row in read_rows(Path(file), Metric))
backbones = [name for name in BACKBONE_NAMES if (name, "tldr", "test", "token_recall") in found]


def text(backbone, model, metric, split="test"):
    """A share in percent with its interval; a dash where there is none."""
    return share_text(found.get((backbone, model, split, metric)))


# %% [markdown]
# ## Does it tell bad words from good ones?
#
# Few words are bad, so a model that calls every word good is right on nearly all of them. Two
# numbers cannot be had that way: the average precision of bad words, which for a model that ranks
# at random is the share of bad words itself, and the recall at the threshold in use. *Prompting*
# asks the backbone itself, without a reward model. Two numbers are taken to differ where their
# intervals do not meet.

# %%
head = ["Backbone", "Model", "Average precision of bad words", "Recall", "Precision", "Bad words"]
table(
    head,
    [
        [
            BACKBONE_NAMES[backbone],
            model_name(model),
            *(text(backbone, model, name) for name in ("map_neg", "token_recall")),
            text(backbone, model, "token_precision"),
            text(backbone, model, "bad_token_share"),
        ]
        for backbone in backbones
        for model in ("tldr", "prompting")
        if (backbone, model, "test", "token_recall") in found
    ],
)
for backbone in backbones:
    row = found[backbone, "tldr", "test", "map_neg"]
    base = found[backbone, "tldr", "test", "bad_token_share"]
    verdict = (
        "better than chance"
        if row.low > base.high
        else "worse than chance"
        if row.high < base.low
        else "no better than chance, as far as these captions tell"
    )
    line = f"**{BACKBONE_NAMES[backbone]}:** TLDR ranks bad words {verdict}"
    line += f" ({100 * row.value:.1f}% against {100 * base.value:.1f}%)"
    if prompting := found.get((backbone, "prompting", "test", "map_neg")):
        beside = f"{against_text(row, prompting)} that of prompting"
        line += f"; its average precision is {beside} ({100 * prompting.value:.1f}%)"
    say(f"{line}.")

# %%
points = [point for file in CURVE for point in read_rows(Path(file), CurvePoint)]
if points:
    display(draw_precision_recall(points, SCALE))

# %% [markdown]
# ## Which errors does it find?
#
# Each false caption holds one kind of error. Recall: the share of its bad words that are flagged.
# The dotted line is the share of *true* words that are flagged (from precision, recall and the
# share of bad words). Where an interval reaches it, it has not been shown that words of that kind
# are flagged more often than true ones.


# %%
def false_alarm_rate(backbone):
    """Share of good words that are flagged."""
    names = ("token_recall", "token_precision", "bad_token_share")
    rows = [found.get((backbone, "tldr", "test", name)) for name in names]
    if None in rows or not rows[1].value:
        return None
    recall, precision, bad = (row.value for row in rows)
    return recall * bad * (1 - precision) / precision / (1 - bad)


kinds = [
    name
    for name in TAXONOMIES
    if any((backbone, "tldr", "test", f"token_recall/{name}") in found for backbone in backbones)
]
if backbones:
    figure, axes = panels([BACKBONE_NAMES[name] for name in backbones], 5.2, 4.2, SCALE)
    for axis, backbone in zip(axes, backbones, strict=True):
        for offset, model in ((-0.15, "tldr"), (0.15, "prompting")):
            for place, kind in enumerate(kinds):
                row = found.get((backbone, model, "test", f"token_recall/{kind}"))
                if row is not None:
                    axis.plot(
                        [row.low, row.high], [place + offset] * 2, color=style(model)["color"]
                    )
                    looks = style(model) | {"linestyle": "none"}
                    label = model_name(model) if place == 0 else None
                    axis.plot(row.value, place + offset, label=label, **looks)
        rate = false_alarm_rate(backbone)
        if rate is not None:
            axis.axvline(rate, color="0.35", linestyle=":", label="true words flagged (TLDR)")
        axis.set(xlim=(-0.02, 1.02), xlabel="Share of bad words flagged")
        axis.set_yticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds])
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    display(figure)

# %%
for backbone in backbones:
    rows = {kind: found.get((backbone, "tldr", "test", f"token_recall/{kind}")) for kind in kinds}
    rows = {kind: row for kind, row in rows.items() if row is not None}
    rate = false_alarm_rate(backbone)
    blind = [kind for kind, row in rows.items() if rate is not None and row.low <= rate]
    order = sorted(rows, key=lambda kind: rows[kind].value)
    names = [kind.replace("_", " ") for kind in (order[-1], order[0])]
    values = [100 * rows[kind].value for kind in (order[-1], order[0])]
    line = (
        f"**{BACKBONE_NAMES[backbone]}:** most is found of {names[0]} ({values[0]:.0f}%), "
        f"least of {names[1]} ({values[1]:.0f}%). "
    )
    shown = ", ".join(kind.replace("_", " ") for kind in blind)
    line += (
        f"Not shown to be flagged more often than true words: {shown}."
        if blind
        else "Every kind is flagged more often than true words."
    )
    say(line)

# %% [markdown]
# ## What is a flag worth?
#
# Of whole captions: how many false ones are flagged, and how many true ones. Of sentences: how
# many flagged ones are true after all (false discoveries), and how many bad ones are not flagged.

# %%
table(
    ["Backbone", "False captions flagged", "True captions flagged",
     "Flagged sentences that are true", "Bad sentences not flagged"],
    [
        [
            BACKBONE_NAMES[backbone],
            *(
                text(backbone, "tldr", name)
                for name in (
                    "flagged_negatives",
                    "flagged_originals",
                    "false_discovery_rate",
                    "false_negative_rate",
                )
            ),
        ]
        for backbone in backbones
    ],
)  # fmt: skip

# %% [markdown]
# ## Does it see, or does it read?
#
# A model could learn which wordings tend to be wrong and never look at the image. On phrasings
# that it was not trained on, and on scenes with more objects and unseen pairs of colour and shape,
# such habits help less. Average precision of bad words:

# %%
SPLITS = {"test": "as trained", "ood_phrasing": "new phrasings", "ood_scene": "new scenes"}
table(
    ["Backbone", "Model", *SPLITS.values()],
    [
        [
            BACKBONE_NAMES[backbone],
            model_name(model),
            *(text(backbone, model, "map_neg", split) for split in SPLITS),
        ]
        for backbone in backbones
        for model in ("tldr", "prompting")
    ],
)
for backbone in backbones:
    lines = []
    for split, name in list(SPLITS.items())[1:]:
        row = found.get((backbone, "tldr", split, "map_neg"))
        base = found.get((backbone, "tldr", split, "bad_token_share"))
        if row is not None and base is not None:
            above = "above" if row.low > base.high else "not shown to be above"
            line = f"{name}, {above} chance ({100 * base.value:.1f}%)"
            if prompting := found.get((backbone, "prompting", split, "map_neg")):
                line += f", {against_text(row, prompting)} prompting ({100 * prompting.value:.1f}%)"
            lines.append(line)
    say(f"**{BACKBONE_NAMES[backbone]}**, TLDR: {'; '.join(lines)}.")
