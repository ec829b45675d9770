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
from math import erfc, sqrt
from pathlib import Path

from IPython.display import display

from tldr_reward.metrics.paired import holm
from tldr_reward.paper.figure_style import BACKBONE_NAMES, ordered
from tldr_reward.paper.notebook import (
    listed,
    mean_of_seeds,
    number_text,
    say,
    share_text,
    table,
)
from tldr_reward.paper.table import p_text
from tldr_reward.paper.tau_sweep import MODELS, draw_tau_sweep
from tldr_reward.paper.tau_tables import BENCHMARKS, tau_of
from tldr_reward.records import Metric, read_rows

# %% tags=["parameters"]
# What the workflow sets; by hand, start from a folder with results in it.
METRICS: list[str] = []
SCALE = "mini"

# %%
LEVEL_OF_TESTS = 0.05  # that of the intervals
SPLIT = "test"
metrics = [row for file in METRICS for row in read_rows(Path(file), Metric)]
found = mean_of_seeds(metrics)
at_tau = [row for row in metrics if "/tau=" in row.metric]
backbones = ordered([row.backbone for row in at_tau], tuple(BACKBONE_NAMES))
models = ordered([row.reward_model for row in at_tau], tuple(MODELS))
controls = [name for name in models if name != "tldr"]


def taus_of(backbone, model, metric, split=SPLIT):
    """Taus at which a metric was measured, in rising order."""
    return sorted(
        {
            tau_of(name)
            for own, whose, where, name in found
            if (own, whose, where) == (backbone, model, split) and name.startswith(f"{metric}/tau=")
        }
    )


def at(backbone, model, metric, tau, split=SPLIT):
    """A metric at a tau, or None."""
    return found.get((backbone, model, split, f"{metric}/tau={tau:g}"))


def name_of(backbone):
    """Name of a backbone in a sentence."""
    return BACKBONE_NAMES.get(backbone, backbone)


def lora_of(model):
    """What a LoRA learned."""
    return MODELS[model][1] if model in MODELS else model


def tau_list(taus):
    """Taus for a table."""
    return listed(f"{tau:g}" for tau in taus)


def at_taus(taus):
    """Taus for a sentence."""
    return f"at τ = {tau_list(taus)}" if taus else "at no τ"


# %%
if at_tau:
    display(draw_tau_sweep(metrics, SCALE))
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
# Holm's rule over all benchmarks, τ and backbones, on every seed. An answer that the benchmark's
# parser does not understand is wrong; the second table says how many percent there are.


# %%
def p_at(backbone, model, benchmark, tau, metric):
    """The greatest of the seeds' p values: what is shown must be so on every seed."""
    own = [
        row.value
        for row in metrics
        if (row.backbone, row.reward_model, row.split) == (backbone, model, benchmark)
        and row.metric == f"{metric}/tau={tau:g}"
    ]
    return max(own, default=None)


def direction(backbone, model, benchmark, tau):
    """1 better than at tau = 0, -1 worse, 0 not shown; None where nothing was compared."""
    adjusted = p_at(backbone, model, benchmark, tau, "holm_p")
    changes = [
        (of("gained") > of("lost")) - (of("gained") < of("lost"))
        for own in {row.seed for row in metrics if row.backbone == backbone}
        if (of := counts_of(backbone, model, benchmark, tau, own)) is not None
    ]
    if adjusted is None or not changes:
        return None
    return changes[0] if adjusted <= LEVEL_OF_TESTS and len(set(changes)) == 1 else 0


def counts_of(backbone, model, benchmark, tau, seed):
    """Counts of a seed's items that were gained and lost, by their names; None without any."""
    own = {
        row.metric.partition("/")[0]: row.value
        for row in metrics
        if (row.backbone, row.reward_model, row.split, row.seed)
        == (backbone, model, benchmark, seed)
        and row.metric in (f"gained/tau={tau:g}", f"lost/tau={tau:g}")
    }
    return own.get if len(own) == 2 else None


ARROWS = {1: "↑", -1: "↓"}


def accuracy_cell(backbone, benchmark, tau):
    """Accuracy in percent, marked where it is shown to differ from tau = 0."""
    row = at(backbone, "tldr", "accuracy", tau, benchmark)
    if row is None:
        return "–"
    text = number_text(100 * row.value, 1)
    way = direction(backbone, "tldr", benchmark, tau)
    return f"**{text} {ARROWS[way]}**" if way else text


benchmark_taus = {
    (backbone, model): sorted(
        {tau for name in BENCHMARKS for tau in taus_of(backbone, model, "accuracy", name)}
    )
    for backbone in backbones
    for model in models
}
for backbone in backbones:
    taus = benchmark_taus[backbone, "tldr"] if "tldr" in models else []
    if not taus:
        continue
    say(f"**{name_of(backbone)}**, accuracy:")
    table(
        ["Benchmark", "Items", "Constant", *(f"τ = {tau:g}" for tau in taus)],
        [
            [
                heading,
                str(row.n),
                number_text(100 * row.value, 1),
                *(accuracy_cell(backbone, name, tau) for tau in taus),
            ]
            for name, (heading, _) in BENCHMARKS.items()
            if (row := found.get((backbone, "tldr", name, "majority"))) is not None
        ],
    )
    say(f"{name_of(backbone)}, answers that were not understood:")
    table(
        ["Benchmark", *(f"τ = {tau:g}" for tau in taus)],
        [
            [
                heading,
                *(
                    number_text(100 * row.value, 1)
                    if (row := at(backbone, "tldr", "not_understood", tau, name))
                    else "–"
                    for tau in taus
                ),
            ]
            for name, (heading, _) in BENCHMARKS.items()
            if taus_of(backbone, "tldr", "not_understood", name)
        ],
    )

# %% [markdown]
# The τ above zero with the highest accuracy, of each benchmark (of equal ones the lowest). It
# is picked, so its accuracy is likely to be too high; the adjusted p takes that into account.
# *Likeliest option*: how often the right option is the likeliest, which needs no parser.

# %%
rows = []
for backbone in backbones:
    for name, (heading, _) in BENCHMARKS.items():
        above = [tau for tau in taus_of(backbone, "tldr", "accuracy", name) if tau > 0]
        base = at(backbone, "tldr", "accuracy", 0, name)
        if base is None or not above:
            continue
        best = max(above, key=lambda tau: at(backbone, "tldr", "accuracy", tau, name).value)
        gained, lost = (at(backbone, "tldr", part, best, name) for part in ("gained", "lost"))
        p_values = [
            p_at(backbone, "tldr", name, best, metric) for metric in ("mcnemar_p", "holm_p")
        ]
        likeliest = [
            share_text(at(backbone, "tldr", "constrained_accuracy", tau, name)) for tau in (0, best)
        ]
        rows.append(
            [
                name_of(backbone),
                heading,
                share_text(base),
                f"{best:g}",
                share_text(at(backbone, "tldr", "accuracy", best, name)),
                f"{gained.value:g} / {lost.value:g}" if gained and lost else "–",
                *("–" if p is None else p_text(p) for p in p_values),
                *likeliest,
            ]
        )
table(
    ["Backbone", "Benchmark", "Accuracy, τ = 0", "Best τ", "Accuracy there", "Gained / lost",
     "p (McNemar)", "p (Holm)", "Likeliest option, τ = 0", "Likeliest option there"],
    rows,
)  # fmt: skip


def shown_on_benchmarks(backbone, model):
    """Benchmarks and taus that are shown to be better, and worse, and how many were compared."""
    ways = {
        (heading, tau): way
        for name, (heading, _) in BENCHMARKS.items()
        for tau in benchmark_taus.get((backbone, model), ())
        if tau > 0 and (way := direction(backbone, model, name, tau)) is not None
    }
    better, worse = ([key for key, way in ways.items() if way == sign] for sign in (1, -1))
    return better, worse, len(ways)


def places(shown):
    """Benchmarks with their taus, for a sentence."""
    headings = dict.fromkeys(heading for heading, _ in shown)
    return "; ".join(
        f"{heading.lower()} {at_taus([tau for other, tau in shown if other == heading])}"
        for heading in headings
    )


for backbone in backbones:
    better, worse, compared = shown_on_benchmarks(backbone, "tldr")
    if not compared:
        continue
    # Where accuracy is no better than a constant answer's, there is little to lose.
    blind = {
        tau: [
            heading.lower()
            for name, (heading, _) in BENCHMARKS.items()
            if (row := at(backbone, "tldr", "accuracy", tau, name)) is not None
            and row.low <= found[backbone, "tldr", name, "majority"].value
        ]
        for tau in benchmark_taus[backbone, "tldr"]
    }
    never = [name for name in blind[0] if all(name in names for names in blind.values())]
    say(
        f"**{name_of(backbone)}**, {compared} comparisons with τ = 0. Shown to be better: "
        f"{places(better) or 'none'}. Shown to be worse: {places(worse) or 'none'}. Not shown to "
        f"be above a constant answer at τ = 0: {listed(blind[0])}; at any τ: {listed(never)}."
    )

# %% [markdown]
# ## Do captions get truer?
#
# Token hallucination rates in percent: as the backbone's own TLDR model estimates it, as the other
# backbone's does, and the true rate by the oracle. *Change*: true rate minus that at τ = 0, on the
# same images. p is that of a normal distribution with the change's interval, adjusted by Holm's
# rule over all τ and backbones.


# %%
def p_of_interval(row):
    """Two-sided p of a normal distribution with this 95% interval; 1 where nothing changes."""
    spread = (row.high - row.low) / (2 * 1.959964)
    if spread == 0:
        return 1.0 if row.value == 0 else 0.0
    return erfc(abs(row.value) / spread / sqrt(2))


def approximate_p_text(p):
    """A p value that is not known to more digits than these."""
    return "<\N{NO-BREAK SPACE}0.0001" if p < 1e-4 else p_text(p)


def changes_of(model):
    """Changes of the true token rate by (backbone, tau), each with its adjusted p."""
    name = "true_hallucination_change_token"
    own = {
        (backbone, tau): at(backbone, model, name, tau)
        for backbone in backbones
        for tau in taus_of(backbone, model, name)
    }
    adjusted = holm([p_of_interval(row) for row in own.values()])
    return {key: (row, p) for (key, row), p in zip(own.items(), adjusted, strict=True)}


def shown_changes(model, backbone):
    """Taus at which the true rate is shown to be lower, and higher, and how many were compared."""
    own = {tau: change for (of, tau), change in changes[model].items() if of == backbone}
    lower = [tau for tau, (row, p) in own.items() if row.high < 0 and p <= LEVEL_OF_TESTS]
    higher = [tau for tau, (row, p) in own.items() if row.low > 0 and p <= LEVEL_OF_TESTS]
    return lower, higher, len(own)


changes = {model: changes_of(model) for model in models}
estimates = [row.metric for row in at_tau if row.metric.startswith("hallucination_token/by=")]
detectors = ordered([name.split("/")[1].removeprefix("by=") for name in estimates],
                    tuple(BACKBONE_NAMES))  # fmt: skip


def rate_by(backbone, detector, tau, model="tldr"):
    """The token rate of a backbone's captions as a detector's backbone estimates it."""
    return at(backbone, model, f"hallucination_token/by={detector}", tau)


def other_of(backbone):
    """The first detector that is not the backbone's own, or None."""
    return next((name for name in detectors if name != backbone), None)


for backbone in backbones:
    taus = taus_of(backbone, "tldr", "lora_update")
    if not taus:
        continue
    say(f"**{name_of(backbone)}:**")
    table(
        ["τ", "By its own TLDR", "By the other", "True", "Change", "p (Holm)", "Cut off", "Empty",
         "Sentences not understood"],
        [
            [
                f"{tau:g}",
                share_text(rate_by(backbone, backbone, tau), 2),
                share_text(rate_by(backbone, other_of(backbone), tau), 2),
                share_text(at(backbone, "tldr", "true_hallucination_token", tau), 2),
                share_text(change[0] if change else None, 2),
                approximate_p_text(change[1]) if change else "–",
                *(
                    share_text(at(backbone, "tldr", metric, tau))
                    for metric in ("truncated", "empty", "unparsed_sentences")
                ),
            ]
            for tau in taus
            for change in [changes["tldr"].get((backbone, tau))]
        ],
    )  # fmt: skip


# %% [markdown]
# The reward model's LoRA has shaped the captions that it judges. Where its estimate falls and the
# true rate is not shown to, captions may have come to please the judge. An estimate *falls* where
# its interval lies below that at τ = 0.


# %%
def falls(backbone, detector):
    """Taus at which an estimate's interval lies below that at tau = 0; None without estimates."""
    base = rate_by(backbone, detector, 0) if detector else None
    if base is None:
        return None
    taus = taus_of(backbone, "tldr", f"hallucination_token/by={detector}")
    return [tau for tau in taus if tau > 0 and rate_by(backbone, detector, tau).high < base.low]


for backbone in backbones:
    own, other = falls(backbone, backbone), falls(backbone, other_of(backbone))
    lower, higher, compared = shown_changes("tldr", backbone) if "tldr" in models else ([], [], 0)
    if own is None and not compared:
        say(f"**{name_of(backbone)}:** without a caption that says anything at τ = 0, no rate.")
        continue
    parts = [
        f"{whose} estimate falls {at_taus(taus)}"
        for whose, taus in (("its own TLDR's", own), ("the other's", other))
        if taus is not None
    ]
    if compared:
        parts.append(
            f"the true rate is shown to be lower {at_taus(lower)}, higher {at_taus(higher)}"
        )
        pleased = [tau for tau in own or () if tau not in lower]
        parts.append(f"the own estimate falls and the true rate is not shown to {at_taus(pleased)}")
    else:
        parts.append("the oracle understands no caption, so that the true rate is not known")
    say(f"**{name_of(backbone)}:** {'; '.join(parts)}.")

# %% [markdown]
# ## How large is the update?
#
# The norm of what the LoRA adds to the weights, beside the norm of the weights that it changes,
# ||dW|| / ||W||, in percent. The same τ is a step of another size for each LoRA.

# %%
update_taus = sorted(
    {
        tau
        for backbone in backbones
        for model in models
        for tau in taus_of(backbone, model, "lora_update")
    }
)
if update_taus:
    table(
        ["Backbone", "LoRA of", *(f"τ = {tau:g}" for tau in update_taus)],
        [
            [
                name_of(backbone),
                lora_of(model),
                *(
                    number_text(100 * row.value, 2)
                    if (row := at(backbone, model, "lora_update", tau))
                    else "–"
                    for tau in update_taus
                ),
            ]
            for backbone in backbones
            for model in models
            if taus_of(backbone, model, "lora_update")
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
if models:
    table(
        ["Backbone", "LoRA of", "Benchmarks: better", "worse", "of", "Captions truer at τ",
         "less true at τ", "Lowest change of the true rate"],
        [
            [
                name_of(backbone),
                lora_of(model),
                *(str(len(shown)) for shown in (better, worse)),
                str(compared),
                *(tau_list(shown) if captioned else "–" for shown in (lower, higher)),
                f"{share_text(least[0], 2)} at {tau:g}" if least else "–",
            ]
            for backbone in backbones
            for model in models
            for better, worse, compared in [shown_on_benchmarks(backbone, model)]
            for lower, higher, captioned in [shown_changes(model, backbone)]
            for tau, least in [
                min(
                    (
                        (tau, change)
                        for (of, tau), change in changes[model].items()
                        if of == backbone
                    ),
                    key=lambda pair: pair[1][0].value,
                    default=(0.0, None),
                )
            ]
            if compared or captioned
        ],
    )  # fmt: skip
if not controls:
    say("No control was measured at this scale.")

# %% [markdown]
# ## Is any τ above zero better?
#
# *Yes*: shown on a benchmark, or in the true rate of captions, at some τ, after Holm's adjustment.
# *No*: not shown here; a difference too small for these items would look the same.


# %%
def answer(shown, compared):
    """Yes, no, or a dash where nothing was compared."""
    return "–" if not compared else "yes" if shown else "no"


rows = []
for backbone in backbones:
    # Of each kind of comparison, by LoRA: whether some tau is shown to be better.
    verdicts = {"benchmarks": {}, "captions": {}}
    for model in models:
        better, worse, compared = shown_on_benchmarks(backbone, model)
        lower, higher, captioned = shown_changes(model, backbone)
        if compared:
            verdicts["benchmarks"][model] = bool(better)
        if captioned:
            verdicts["captions"][model] = bool(lower)
        rows.append(
            [name_of(backbone), lora_of(model), answer(better, compared), answer(worse, compared),
             answer(lower, captioned), answer(higher, captioned)]
        )  # fmt: skip
    lines = []
    for what, shown in verdicts.items():
        others = [name for name in shown if name != "tldr"]
        alike = listed(lora_of(name) for name in others if shown[name])
        if "tldr" not in shown:
            line = "nothing was compared"
        elif not shown["tldr"]:
            line = "no τ above zero is shown to be better"
        elif not others:
            line = "some τ is better; without a control it is open why"
        elif alike == listed([]):
            line = "some τ is better, and with no control is any shown to be"
        else:
            line = f"some τ is better, and some is with {alike}: labels need not be the reason"
        lines.append(f"{what}: {line}")
    say(f"**{name_of(backbone)}.** {'; '.join(lines)}.")
if rows:
    table(
        ["Backbone", "LoRA of", "Better on a benchmark", "Worse on a benchmark",
         "Captions truer", "Captions less true"],
        rows,
    )  # fmt: skip
