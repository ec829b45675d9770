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
# # Is H_T a good measure?
#
# The token hallucination rate H_T of a model is the share of its captions' tokens that a reward
# model flags, averaged over captions. The reward model makes errors of its own, so H_T is an
# estimate. Here an oracle knows every scene, and with it the true rate. Asked is whether H_T is
# near the true rate, whether it puts models in the right order, and whether better models, by
# their scores on questions, have a lower one, as the paper says. Every number is read from the
# metrics that the workflow has measured. Brackets are 95% intervals.

# %%
# %matplotlib inline
from itertools import combinations
from math import isnan
from pathlib import Path

from IPython.display import display

from tldr_reward.metrics.correlation import correlate
from tldr_reward.metrics.paired import holm
from tldr_reward.metrics.zoo_correlation import AGREEMENT, SOURCES, STANDS_FOR, ZooFit, ZooPoint
from tldr_reward.paper.figure_style import panels, style
from tldr_reward.paper.notebook import interval_text, listed, number_text, say, share_text, table
from tldr_reward.paper.table import p_text
from tldr_reward.paper.zoo_figures import (
    OUR_SCORES,
    PAPER_SCORES,
    bars,
    draw_estimated_against_true,
    draw_score_against_hallucination,
)
from tldr_reward.records import Metric, read_rows

# %% tags=["parameters"]
# What the workflow sets; by hand, start from a folder with results in it.
METRICS: list[str] = []
POINTS: list[str] = []
FITS: list[str] = []
SCALE = "mini"

# %%
LEVELS = ("token", "sentence", "response")
LEVEL_OF_TESTS = 0.05  # that of the intervals
found = {(row.run, row.metric): row for file in METRICS for row in read_rows(Path(file), Metric)}
points = [point for file in POINTS for point in read_rows(Path(file), ZooPoint)]
fits = {
    (fit.score, fit.source, fit.level): fit
    for file in FITS
    for fit in read_rows(Path(file), ZooFit)
}
everyone = list(dict.fromkeys(run for run, _ in found))
models = [name for name in everyone if (name, "hallucination_token") in found]
# The truest first, those without a true rate last.
models.sort(
    key=lambda name: (
        row.value if (row := found.get((name, "true_hallucination_token"))) else float("inf")
    )
)
silent = [name for name in everyone if name not in models]
detectors = {f"{row.backbone}/{row.reward_model}" for row in found.values()}


def row_of(model, metric):
    """A model's metric at token level, or None."""
    return found.get((model, metric))


say(f"Reward model that flags: {listed(sorted(detectors))}. Models: {listed(models)}.")
if silent:
    say(f"Without a caption that says anything, and so without a rate: {listed(silent)}.")

# %% [markdown]
# ## Is it the true rate?
#
# Token rates in percent. *Estimated minus true* is over the tokens that the oracle can judge, so
# that it need not be the difference of the two columns before it. *Corrected* is the rate of Rogan
# and Gladen: the estimate freed of the reward model's own errors, as far as they are known from the
# model's captions of other images. It is a dash where those captions do not tell.

# %%
table(
    ["Model", "H_T (estimated)", "True", "Estimated minus true", "Corrected", "Captions"],
    [
        [
            name,
            *(
                share_text(row_of(name, f"{metric}_token"), 2)
                for metric in (
                    "hallucination",
                    "true_hallucination",
                    "hallucination_difference",
                    "corrected_hallucination",
                )
            ),
            str(row_of(name, "hallucination_token").n),
        ]
        for name in models
    ],
)
gaps = {name: row_of(name, "hallucination_difference_token") for name in models}
gaps = {name: row for name, row in gaps.items() if row is not None}
too_high = [name for name, row in gaps.items() if row.low > 0]
too_low = [name for name, row in gaps.items() if row.high < 0]
level = [name for name in gaps if name not in (*too_high, *too_low)]
say(
    f"**H_T is too high** for {listed(too_high)}; **too low** for {listed(too_low)}; not shown to "
    f"differ from the true rate for {listed(level)}."
)
both = [
    name
    for name in models
    if row_of(name, "corrected_hallucination_token") and row_of(name, "true_hallucination_token")
]
if both:
    holds = {
        metric: [
            name
            for name in both
            if row_of(name, metric).low
            <= row_of(name, "true_hallucination_token").value
            <= row_of(name, metric).high
        ]
        for metric in ("hallucination_token", "corrected_hallucination_token")
    }
    plain, corrected = (len(names) for names in holds.values())
    say(
        f"Of the {len(both)} models with a corrected rate, the true rate lies within the interval "
        f"of H_T for {plain}, and within that of the corrected rate for {corrected}."
    )
else:
    say("No model has both a corrected and a true rate.")

# %%
if any(point.source == AGREEMENT for point in points):
    display(draw_estimated_against_true(points, list(fits.values()), SCALE))

# %% [markdown]
# ## Does it put models in the right order?
#
# Two models are *told apart* where the intervals of their true rates do not meet. Kendall's tau is
# the share of pairs in the right order minus the share of pairs in the wrong one. r is Pearson's,
# of the logarithms of estimated and true rate. Models that are checkpoints of one training are not
# independent of each other; the intervals of r and the p values take them as if they were.


# %%
def pairs_in_order(metric, level):
    """Pairs of models with both rates: all, right, wrong; those told apart, and of these right."""
    rates = [
        (row_of(name, f"{metric}_{level}"), row_of(name, f"true_hallucination_{level}"))
        for name in models
    ]
    pairs = list(combinations([(rate, true) for rate, true in rates if rate and true], 2))
    gained = [
        (rate.value - other.value) * (true.value - than.value)
        for (rate, true), (other, than) in pairs
    ]
    apart = [true.low > than.high or true.high < than.low for (_, true), (_, than) in pairs]
    right = [product > 0 for product in gained]
    wrong = sum(product < 0 for product in gained)
    return len(pairs), sum(right), wrong, sum(apart), sum(map(min, apart, right))


def r_text(fit):
    """r with its interval; a dash without a line."""
    return "–" if fit is None else interval_text(fit.r, fit.r_low, fit.r_high, 2)


def without_text(fit):
    """How far r goes when one model is left out, and which."""
    if fit is None:
        return "–"
    low, high = (number_text(r, 2) for r in (fit.r_without_low, fit.r_without_high))
    return f"{low} ({fit.r_without_low_model}) to {high} ({fit.r_without_high_model})"


def answer(fit):
    """Whether r is shown to be above 0: its interval must say so, and p with it."""
    if fit is None:
        return "no line"
    # Adjusted where several of our lines ask the same.
    p = fit.p_permutation if isnan(fit.p_holm) else fit.p_holm
    if fit.r_low > 0 or fit.r_high < 0:
        if p > LEVEL_OF_TESTS:
            return "undecided, since interval and p disagree"
        return "shown" if fit.r_low > 0 else "the opposite is shown"
    return "not shown"


rows = []
for level in LEVELS:
    for metric, name in (("hallucination", "estimated"), ("corrected_hallucination", "corrected")):
        pairs, right, wrong, apart, apart_right = pairs_in_order(metric, level)
        fit = fits.get(("rate", AGREEMENT, level)) if name == "estimated" else None
        kendall = number_text((right - wrong) / pairs, 2) if pairs else "–"
        rows.append(
            [level, name, f"{right} of {pairs}", kendall, f"{apart_right} of {apart}",
             r_text(fit), p_text(fit.p_permutation) if fit else "–", without_text(fit)]
        )  # fmt: skip
table(
    ["Level", "Rate", "Pairs in the right order", "Kendall's tau", "Of pairs told apart",
     "r", "p (permutation)", "r without one model"],
    rows,
)  # fmt: skip
agreement = fits.get(("rate", AGREEMENT, "token"))
*_, apart, apart_right = pairs_in_order("hallucination", "token")
if agreement is None:
    say("Too few models have both token rates for a line through them.")
else:
    say(
        f"**The higher the true token rate, the higher H_T?** Over {agreement.n} models: "
        f"{answer(agreement)}. Of the {apart} pairs whose true token rates are told apart, it has "
        f"{apart_right} in the right order."
    )

# %% [markdown]
# ## Do better models have a lower rate?
#
# The paper plots scores of models against -ln H_T and reads from a straight line that H_T is a good
# measure. Its scores are those of MMMU and MEGA-Bench; scene-exam and scene-mix, questions on
# scenes, stand in their place here. The same line can be drawn with the true rate, which the paper
# did not have. A positive r: the lower the rate, the higher the score. p is adjusted by Holm's rule
# over our lines; r without one model is the least and the greatest that is left when one is taken
# away, which is named. *Shown*: the interval of r is above zero, and p (Holm's, for our lines)
# agrees.

# %%
NAMES = {
    "reported": "the paper's, H_T",
    "estimated": "ours, H_T",
    "true": "ours, true rate",
}
panel_rows = []
for score in STANDS_FOR:
    for source in ("reported", *SOURCES):
        fit = fits.get((score, source, "token"))
        own = [point for point in points if (point.score, point.source, point.level)
               == (score, source, "token")]  # fmt: skip
        adjusted = "–" if fit is None or source == "reported" else p_text(fit.p_holm)
        panel_rows.append(
            [PAPER_SCORES[score] if source == "reported" else OUR_SCORES[score], NAMES[source],
             str(len(own)), r_text(fit), p_text(fit.p_permutation) if fit else "–", adjusted,
             without_text(fit)]
        )  # fmt: skip
table(
    ["Score", "Rate", "Models", "r", "p (permutation)", "p (Holm)", "r without one model"],
    panel_rows,
)
for score in STANDS_FOR:
    lines = {source: fits.get((score, source, "token")) for source in ("reported", *SOURCES)}
    told = "; ".join(f"{NAMES[source]}: {answer(fit)}" for source, fit in lines.items())
    say(f"**The higher {PAPER_SCORES[score]} or {OUR_SCORES[score]}, the lower the rate?** {told}.")

# %%
for score in STANDS_FOR:
    if any(point.score == score for point in points):
        display(draw_score_against_hallucination(points, list(fits.values()), score, SCALE))

# %% [markdown]
# ## What else moves H_T?
#
# A reward model flags true words too. *False alarms*: the share of true tokens of a model's own
# captions (of other images) that are flagged, which is what H_T would be if the model said nothing
# wrong. *Wrong tokens found*: the share of wrong tokens there that are flagged. Captions that are
# long, or cut off at the limit, are other text than the reward model has learned from.


# %%
def percent_of(name, metric):
    """A share in percent with its bounds, or None."""
    row = row_of(name, metric)
    return row and tuple(100 * part for part in (row.value, row.low, row.high))


def length_of(name):
    """Tokens a caption with bounds, or None."""
    row = row_of(name, "caption_tokens")
    return row and (row.value, row.low, row.high)


def alarms_of(name):
    """False alarms, what is missing of the specificity, in percent with bounds, or None."""
    row = row_of(name, "specificity_token")
    return row and tuple(100 * (1 - part) for part in (row.value, row.high, row.low))


table(
    ["Model", "H_T (estimated)", "False alarms", "Wrong tokens found", "Tokens a caption",
     "Captions cut off", "Sentences not understood"],
    [
        [
            name,
            share_text(row_of(name, "hallucination_token"), 2),
            "–" if alarms_of(name) is None else interval_text(*alarms_of(name), 2),
            share_text(row_of(name, "sensitivity_token")),
            "–" if length_of(name) is None else interval_text(*length_of(name), 1),
            *(share_text(row_of(name, metric)) for metric in ("truncated", "unparsed_sentences")),
        ]
        for name in models
    ],
)  # fmt: skip
told = [name for name in models if alarms_of(name)]
alike = [name for name in told if percent_of(name, "hallucination_token")[1] <= alarms_of(name)[2]]
if told:
    say(
        f"H_T is not shown to be above what false alarms alone would give for {listed(alike)}; it "
        f"is for {listed(name for name in told if name not in alike)}."
    )
right = [
    name
    for name in models
    if (row := row_of(name, "true_hallucination_token")) is not None and row.value == 0
]
for name in right:
    own = row_of(name, "hallucination_token")
    under = [
        other for other in models
        if other not in right and row_of(other, "hallucination_token").low <= own.high
    ]  # fmt: skip
    say(
        f"The oracle finds no wrong word of {name}: as far as it understands the captions, all of "
        f"H_T ({share_text(own, 2)}) is false alarms. Not shown to have a higher H_T than it: "
        f"{listed(under)}."
    )

# %% [markdown]
# Does the error of H_T go with the true rate, with length, with cut-off captions, or with false
# alarms? Where wrong tokens are missed, H_T falls short of the true rate by more, the higher that
# is. Over models, p by permutation, adjusted by Holm's rule over the lines that can be drawn.

# %%
CAUSES = {
    "True rate (%)": lambda name: percent_of(name, "true_hallucination_token"),
    "Length (tokens a caption)": length_of,
    "Captions cut off (%)": lambda name: percent_of(name, "truncated"),
    "False alarms (%)": alarms_of,
}
drawn = {
    title: {name: cause(name) for name in gaps if cause(name)} for title, cause in CAUSES.items()
}
lines = {
    title: correlate([own[name][0] for name in own], [gaps[name].value for name in own])
    for title, own in drawn.items()
}
lines = {title: line for title, line in lines.items() if line is not None}
adjusted = dict(zip(lines, holm([line.p_value for line in lines.values()]), strict=True))
table(
    ["Estimated minus true rate against", "Models", "r", "p (permutation)", "p (Holm)"],
    [
        [
            title,
            str(len(own)),
            *(
                (
                    interval_text(line.r, line.r_low, line.r_high, 2),
                    p_text(line.p_value),
                    p_text(adjusted[title]),
                )
                if (line := lines.get(title))
                else ("–", "–", "–")
            ),
        ]
        for title, own in drawn.items()
    ],
)
moves = [
    title.partition(" (")[0].lower()
    for title, line in lines.items()
    if (line.r_low > 0 or line.r_high < 0) and adjusted[title] <= LEVEL_OF_TESTS
]
say(f"Shown to go with the error of H_T: {listed(moves)}.")

# %%
if gaps:
    figure, axes = panels([title.partition(" (")[0] for title in drawn], 3.4, 3.9, SCALE)
    for axis, (title, own) in zip(axes, drawn.items(), strict=True):
        for number, name in enumerate(gaps, start=1):
            if name not in own:
                continue
            gap, (x, x_low, x_high) = gaps[name], own[name]
            axis.errorbar(
                x,
                100 * gap.value,
                xerr=bars(x, x_low, x_high),
                yerr=bars(100 * gap.value, 100 * gap.low, 100 * gap.high),
                elinewidth=0.9,
                **style("tldr") | {"linestyle": "none"},
            )
            axis.annotate(
                str(number), (x, 100 * gap.value), (5, 4), textcoords="offset points", fontsize=8
            )
        axis.axhline(0, color="0.35", linestyle=":")
        axis.set(xlabel=title)
    axes[0].set_ylabel("Estimated minus true rate (points)")
    display(figure)
    numbered = [f"{number}\N{NO-BREAK SPACE}{name}" for number, name in enumerate(gaps, start=1)]
    say(f"Numbers: {listed(numbered)}.")

# %% [markdown]
# ## What is left of the claim?
#
# *Not shown* can mean that it is not so, or that there are too few models or captions to tell. *No
# line*: fewer models than a line needs, or all of them alike.


# %%
table(
    ["Claim", "Answer", "From"],
    [
        ["H_T is the true rate",
         f"not shown to be wrong for {len(gaps) - len(too_high) - len(too_low)} of {len(gaps)}",
         "estimated minus true rate"],
        ["The higher the true rate, the higher H_T", answer(agreement), "r of the logarithms"],
        *(
            [f"The better by {scores[score]}, the lower {rate}",
             answer(fits.get((score, source, "token"))), NAMES[source]]
            for score in STANDS_FOR
            for source, scores, rate in (
                ("reported", PAPER_SCORES, "H_T"),
                ("estimated", OUR_SCORES, "H_T"),
                ("true", OUR_SCORES, "the true rate"),
            )
        ),
    ],
)  # fmt: skip
for score in STANDS_FOR:
    ours = {source: answer(fits.get((score, source, "token"))) for source in SOURCES}
    name = OUR_SCORES[score]
    if ours["estimated"] == "shown" and ours["true"] == "shown":
        line = (
            f"{name} goes with H_T and with the true rate: here the line with H_T says what the "
            "line with the true rate says."
        )
    elif ours["estimated"] == "shown":
        line = (
            f"{name} goes with H_T, and is not shown to go with the true rate: here the line is no "
            "evidence that H_T measures how much a model makes up."
        )
    elif ours["true"] == "shown":
        line = f"{name} goes with the true rate, and H_T is not shown to tell: its errors hide it."
    elif set(ours.values()) == {"no line"}:
        line = f"{name} has no line here: nothing can be said of the claim."
    else:
        line = f"{name} is shown to go with neither rate: nothing here supports the claim."
    say(line)
