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
from pathlib import Path

from IPython.display import display

from tldr_reward.metrics.zoo_correlation import AGREEMENT, SOURCES, STANDS_FOR, ZooFit, ZooPoint
from tldr_reward.paper.notebook import listed, say, share_text, table
from tldr_reward.paper.zoo_errors import causes_of_error, draw_error, numbered
from tldr_reward.paper.zoo_figures import (
    OUR_SCORES,
    PAPER_SCORES,
    draw_estimated_against_true,
    draw_score_against_hallucination,
)
from tldr_reward.paper.zoo_sentences import (
    LINE_NAMES,
    agreement_sentence,
    bounded_text,
    claim_rows,
    errors_sentence,
    line_row,
    order_row,
    what_is_left,
)
from tldr_reward.paper.zoo_verdicts import (
    ZooRows,
    above_false_alarms,
    alarms_of,
    answer,
    errors_of,
    holding_intervals,
    length_of,
    not_above_the_true,
)
from tldr_reward.records import Metric, read_rows

# %% tags=["parameters"]
# What the workflow sets; by hand, start from a folder with results in it.
METRICS: list[str] = []
POINTS: list[str] = []
FITS: list[str] = []
SCALE = "mini"

# %%
rows = ZooRows(
    *(
        [row for file in files for row in read_rows(Path(file), kind)]
        for files, kind in ((METRICS, Metric), (POINTS, ZooPoint), (FITS, ZooFit))
    )
)
models = rows.models
detectors = {f"{row.backbone}/{row.reward_model}" for row in rows.found.values()}
say(f"Reward model that flags: {listed(sorted(detectors))}. Models: {listed(models)}.")
if silent := [name for name in rows.everyone if name not in models]:
    say(f"Without a caption that says anything, and so without a rate: {listed(silent)}.")

# %% [markdown]
# ## Is it the true rate?
#
# Token rates in percent. *Estimated minus true* is over the tokens that the oracle can judge, so
# that it need not be the difference of the two columns before it. *Corrected* is the rate of Rogan
# and Gladen: the estimate freed of the reward model's own errors, as far as they are known from the
# model's captions of other images. It is a dash where those captions do not tell.

# %%
RATES = (
    "hallucination_token",
    "true_hallucination_token",
    "hallucination_difference_token",
    "corrected_hallucination_token",
)
table(
    ["Model", "H_T (estimated)", "True", "Estimated minus true", "Corrected", "Captions"],
    [
        [
            name,
            *(share_text(rows.row(name, metric), 2) for metric in RATES),
            str(rows.row(name, "hallucination_token").n),
        ]
        for name in models
    ],
)
say(errors_sentence(rows))
both, plain, corrected = holding_intervals(rows)
say(
    f"Of the {both} models with a corrected rate, the true rate lies within the interval of H_T "
    f"for {plain}, and within that of the corrected rate for {corrected}."
    if both
    else "No model has both a corrected and a true rate."
)

# %%
if any(point.source == AGREEMENT for point in rows.points):
    display(draw_estimated_against_true(rows.points, rows.fits, SCALE))

# %% [markdown]
# ## Does it put models in the right order?
#
# Two models are *told apart* where the intervals of their true rates do not meet. Kendall's tau is
# the share of pairs in the right order minus the share of pairs in the wrong one. r is Pearson's,
# of the logarithms of estimated and true rate. Models that are checkpoints of one training are not
# independent of each other; the intervals of r and the p values take them as if they were.

# %%
table(
    ["Level", "Rate", "Pairs in the right order", "Kendall's tau", "Of pairs told apart",
     "r", "p (permutation)", "r without one model"],
    [
        order_row(rows, level, name, metric)
        for level in ("token", "sentence", "response")
        for name, metric in (
            ("estimated", "hallucination"),
            ("corrected", "corrected_hallucination"),
        )
    ],
)  # fmt: skip
say(agreement_sentence(rows))

# %% [markdown]
# ## Do better models have a lower rate?
#
# The paper plots scores of models against −ln H_T and reads from a straight line that H_T is a good
# measure. Its scores are those of MMMU and MEGA-Bench; scene-exam and scene-mix, questions on
# scenes, stand in their place here. The same line can be drawn with the true rate, which the paper
# did not have. A positive r: the lower the rate, the higher the score. p is adjusted by Holm's rule
# over our lines; r without one model is the least and the greatest that is left when one is taken
# away, which is named. *Shown*: the interval of r is above zero, and p (Holm's, for our lines)
# agrees.

# %%
table(
    ["Score", "Rate", "Models", "r", "p (permutation)", "p (Holm)", "r without one model"],
    [line_row(rows, score, source) for score in STANDS_FOR for source in ("reported", *SOURCES)],
)
for score in STANDS_FOR:
    told = "; ".join(
        f"{name}: {answer(rows.fit(score, source))}" for source, name in LINE_NAMES.items()
    )
    say(f"**The higher {PAPER_SCORES[score]} or {OUR_SCORES[score]}, the lower the rate?** {told}.")

# %%
for score in STANDS_FOR:
    if any(point.score == score for point in rows.points):
        display(draw_score_against_hallucination(rows.points, rows.fits, score, SCALE))

# %% [markdown]
# ## What else moves H_T?
#
# A reward model flags true words too. *False alarms*: the share of true tokens of a model's own
# captions (of other images) that are flagged, which is about what H_T would be if the model said
# nothing wrong. *Wrong tokens found*: the share of wrong tokens there that are flagged. Captions
# that are long, or cut off at the limit, are other text than the reward model has learned from.

# %%
table(
    ["Model", "H_T (estimated)", "False alarms", "Wrong tokens found", "Tokens a caption",
     "Captions cut off", "Sentences not understood"],
    [
        [
            name,
            share_text(rows.row(name, "hallucination_token"), 2),
            bounded_text(alarms_of(rows, name), 2),
            share_text(rows.row(name, "sensitivity_token")),
            bounded_text(length_of(rows, name), 1),
            share_text(rows.row(name, "truncated")),
            share_text(rows.row(name, "unparsed_sentences")),
        ]
        for name in models
    ],
)  # fmt: skip
above, alike = above_false_alarms(rows)
if above or alike:
    say(
        f"H_T is not shown to be above what false alarms alone would give for {listed(alike)}; it "
        f"is for {listed(above)}."
    )
for name, under in not_above_the_true(rows).items():
    own = share_text(rows.row(name, "hallucination_token"), 2)
    say(
        f"The oracle finds no wrong word of {name}: as far as it understands the captions, all of "
        f"H_T ({own}) is false alarms. Not shown to have a higher H_T than it: {listed(under)}."
    )

# %% [markdown]
# Does the error of H_T go with the true rate, with length, with cut-off captions, or with false
# alarms? Where wrong tokens are missed, H_T falls short of the true rate by more, the higher that
# is. Over models, p by permutation, adjusted by Holm's rule over the lines that can be drawn.

# %%
causes = causes_of_error(rows)
table(
    ["Estimated minus true rate against", "Models", "r", "p (permutation)", "p (Holm)"],
    [cause.row() for cause in causes],
)
moves = [cause.name.lower() for cause in causes if cause.is_shown]
say(f"Shown to go with the error of H_T: {listed(moves)}.")

# %%
gaps = {name: rows.gaps[name] for name in rows.everyone if name in rows.gaps}
if gaps:
    display(draw_error(causes, gaps, SCALE))
    say(f"Numbers: {listed(numbered(list(gaps)))}.")

# %% [markdown]
# ## What is left of the claim?
#
# *Not shown* can mean that it is not so, or that there are too few models or captions to tell. *No
# line*: fewer models than a line needs, or all of them alike.

# %%
errors = errors_of(gaps)
table(
    ["Claim", "Answer", "From"],
    [
        ["H_T is the true rate",
         f"shown to be wrong for {len(errors.too_high) + len(errors.too_low)} of {len(gaps)}",
         "estimated minus true rate"],
        ["The higher the true rate, the higher H_T", answer(rows.fit("rate", AGREEMENT)),
         "r of the logarithms"],
        *(row for score in STANDS_FOR for row in claim_rows(rows, score)),
    ],
)  # fmt: skip
for score in STANDS_FOR:
    say(what_is_left(rows, score))
