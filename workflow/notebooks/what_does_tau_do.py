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
# # What does tau do?
#
# The LoRA of a TLDR model was trained to judge captions. The paper puts the original LM head back
# on the backbone, lets the LoRA act at τ times its scale in training, and finds that a small τ
# makes the backbone itself better: right more often on benchmarks, and making up less in captions.
# At τ = 0 the backbone is as it was. Asked is whether any τ above zero is better than that, and
# whether what TLDR learned is the reason. Every number is read from the metrics that the workflow
# has measured. Brackets are 95% intervals.

# %%
# %matplotlib inline
from pathlib import Path

from IPython.display import display

from tldr_reward.paper.figure_style import backbone_title
from tldr_reward.paper.notebook import percent_text, say, table
from tldr_reward.paper.tau_sentences import (
    accuracy_cell,
    benchmark_sentence,
    best_row,
    caption_row,
    caption_sentence,
    control_row,
    lora_of,
    reason_sentence,
    yes_or_no,
)
from tldr_reward.paper.tau_sweep import draw_tau_sweep
from tldr_reward.paper.tau_tables import ANSWERED, BENCHMARKS
from tldr_reward.paper.tau_verdicts import (
    TauRows,
    best_tau,
    changes_of,
    shown_changes,
    shown_on_benchmarks,
)
from tldr_reward.records import Metric, read_rows

# %% tags=["parameters"]
# What the workflow sets; by hand, start from a folder with results in it.
METRICS: list[str] = []
SCALE = "mini"

# %%
rows = TauRows([row for file in METRICS for row in read_rows(Path(file), Metric)])
backbones, models = rows.backbones, rows.models

# %%
if rows.at_tau:
    display(draw_tau_sweep(rows.metrics, SCALE))
else:
    say("Nothing was measured at any τ.")

# %% [markdown]
# Controls, where there are any, are dashed and dotted; of their captions the true rate alone is
# drawn.
#
# ## Do benchmarks get better?
#
# Accuracy with TLDR's LoRA, in percent. *Constant*: what the best constant answer gets. Bold and an
# arrow: shown to be above or below τ = 0, by McNemar's exact test on the same items, adjusted by
# Holm's rule over all benchmarks, τ, backbones and both ways to answer, on every seed. An answer
# that the benchmark's parser does not understand is wrong; the last table says how many percent
# there are. *Constrained*: asked without options, the likeliest of the choices in words counts.

# %%
for backbone in backbones:
    taus = rows.benchmark_taus(backbone, "tldr")
    if not taus:
        continue
    headings = [f"τ = {tau:g}" for tau in taus]
    for way, answered in ANSWERED.items():
        say(f"**{backbone_title(backbone)}**, accuracy{answered}:")
        table(
            ["Benchmark", "Items", "Constant", *headings],
            [
                [
                    heading,
                    str(row.n),
                    percent_text(row),
                    *(accuracy_cell(rows, backbone, name, tau, way) for tau in taus),
                ]
                for name, (heading, _) in BENCHMARKS.items()
                if (row := rows.found.get((backbone, "tldr", name, "majority"))) is not None
            ],
        )
    say(f"{backbone_title(backbone)}, answers that were not understood:")
    table(
        ["Benchmark", *headings],
        [
            [
                heading,
                *(
                    percent_text(rows.at(backbone, "tldr", "not_understood", tau, name))
                    for tau in taus
                ),
            ]
            for name, (heading, _) in BENCHMARKS.items()
            if rows.taus(backbone, "tldr", "not_understood", name)
        ],
    )

# %% [markdown]
# The τ above zero with the highest accuracy, of each benchmark (of equal ones the lowest). It
# is picked, so its accuracy is likely to be too high; the adjusted p takes that into account.

# %%
table(
    ["Backbone", "Benchmark", "Accuracy, τ = 0", "Best τ", "Accuracy there", "Gained / lost",
     "p (McNemar)", "p (Holm)"],
    [
        best_row(rows, backbone, name, tau)
        for backbone in backbones
        for name in BENCHMARKS
        if rows.at(backbone, "tldr", "accuracy", 0, name) is not None
        and (tau := best_tau(rows, backbone, name)) is not None
    ],
)  # fmt: skip
for backbone in backbones:
    if sentence := benchmark_sentence(rows, backbone):
        say(sentence)

# %% [markdown]
# ## Do captions get truer?
#
# Token hallucination rates in percent: as the backbone's own TLDR model estimates it, as the other
# backbone's does, and the true rate by the oracle. *Change*: true rate minus that at τ = 0, on the
# same images, so that it need not be the difference of the true rates. Both are of the sentences
# that the oracle understands; the last column says how many it does not. p is that of a normal
# distribution with the change's interval, adjusted by Holm's rule over all τ and backbones.

# %%
changes = {model: changes_of(rows, model) for model in models}
for backbone in backbones:
    taus = rows.taus(backbone, "tldr", "lora_update")
    if taus:
        say(f"**{backbone_title(backbone)}:**")
        table(
            ["τ", "By its own TLDR", "By the other", "True", "Change", "p (Holm)", "Cut off",
             "Empty", "Sentences not understood"],
            [caption_row(rows, changes["tldr"], backbone, tau) for tau in taus],
        )  # fmt: skip

# %% [markdown]
# The reward model's LoRA has shaped the captions that it judges. Where its estimate falls and the
# true rate is not shown to (told below, if anywhere), captions may have come to please the judge.
# An estimate *falls* where its interval lies below that at τ = 0.

# %%
for backbone in backbones:
    say(caption_sentence(rows, changes.get("tldr", {}), backbone))

# %% [markdown]
# ## How large is the update?
#
# The norm of what the LoRA adds to the weights, beside the norm of the weights that it changes,
# ||dW|| / ||W||, in percent. The same τ is a step of another size for each LoRA.

# %%
updated = [
    (backbone, model)
    for backbone in backbones
    for model in models
    if rows.taus(backbone, model, "lora_update")
]
taus = sorted({tau for run in updated for tau in rows.taus(*run, "lora_update")})
if taus:
    table(
        ["Backbone", "LoRA of", *(f"τ = {tau:g}" for tau in taus)],
        [
            [
                backbone_title(backbone),
                lora_of(model),
                *(percent_text(rows.at(backbone, model, "lora_update", tau), 2) for tau in taus),
            ]
            for backbone, model in updated
        ],
    )

# %% [markdown]
# ## Is it what TLDR learned?
#
# Weights between those of a backbone and those that it was tuned to can be better than either,
# whatever it was tuned to (WiSE-FT). Controls tell that apart: a LoRA trained as TLDR's on
# *shuffled labels*, which say nothing of which words are wrong, and a LoRA trained on *plain
# captions* without any labels. Each is compared with its own τ = 0; Holm's rule is over its own
# comparisons.

# %%
shown = {
    (backbone, model): (
        shown_on_benchmarks(rows, backbone, model),
        shown_changes(changes[model], backbone),
    )
    for backbone in backbones
    for model in models
}
if shown:
    table(
        ["Backbone", "LoRA of", "Better on benchmarks", "Worse", "Comparisons",
         "Captions truer at τ", "Captions less true at τ", "Lowest change of the true rate"],
        [
            control_row(changes, *run, *kinds)
            for run, kinds in shown.items()
            if any(kind.compared for kind in kinds)
        ],
    )  # fmt: skip
if not set(models) - {"tldr"}:
    say("No control was measured at this scale.")

# %% [markdown]
# ## Is any τ above zero better?
#
# *Yes*: shown on a benchmark, or in the true rate of captions, at some τ, after Holm's adjustment.
# *No*: not shown here; a difference too small for these items would look the same.

# %%
for backbone in backbones:
    say(reason_sentence(rows, changes, backbone))
if shown:
    table(
        ["Backbone", "LoRA of", "Better on a benchmark", "Worse on a benchmark",
         "Captions truer", "Captions less true"],
        [
            [
                backbone_title(backbone),
                lora_of(model),
                *(
                    yes_or_no(found, kind.compared)
                    for kind in kinds
                    for found in (kind.better, kind.worse)
                ),
            ]
            for (backbone, model), kinds in shown.items()
        ],
    )  # fmt: skip
