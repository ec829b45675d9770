"""What is shown of H_T over models: errors, pairs in order, lines, false alarms, and causes."""

import math

import pytest

from tldr_reward.metrics.zoo_correlation import AGREEMENT, ZooFit, ZooPoint
from tldr_reward.paper.zoo_errors import causes_of_error, draw_error, numbered
from tldr_reward.paper.zoo_sentences import (
    agreement_sentence,
    bounded_text,
    claim_rows,
    errors_sentence,
    line_row,
    order_row,
    r_text,
    what_is_left,
    without_text,
)
from tldr_reward.paper.zoo_verdicts import (
    Pairs,
    ZooRows,
    above_false_alarms,
    alarms_of,
    answer,
    errors_of,
    holding_intervals,
    length_of,
    not_above_the_true,
    pairs_in_order,
    percent_of,
)
from tldr_reward.records import Metric

SPACE = "\N{NO-BREAK SPACE}"


def metric(model, name, value, half=0.01):
    run = (model, "llama", "tldr", "mini", "0", "test")
    return Metric(*run, name, value, value - half, value + half, 100)


def rates(model, estimated, true, half=0.01):
    """Token rates of a model, estimated and true, and their difference."""
    return [
        metric(model, "hallucination_token", estimated, half),
        metric(model, "true_hallucination_token", true, half),
        metric(model, "hallucination_difference_token", estimated - true, half),
    ]


def fit(score, source, r, half, p, p_holm=math.nan):
    return ZooFit("mini", score, source, "token", 4, 1, 0, 2, 0, r, r - half, r + half, p, p_holm,
                  r - 0.1, "a", r + 0.1, "b")  # fmt: skip


def zoo(*rows, fits=(), points=()):
    return ZooRows([row for group in rows for row in group], points, fits)


def test_models_stand_from_the_truest_to_those_without_a_true_rate():
    rows = zoo(
        [metric("unjudged", "hallucination_token", 0.1), metric("silent", "caption_tokens", 0)],
        rates("worse", 0.1, 0.3),
        rates("better", 0.2, 0.1),
    )
    assert rows.everyone == ["unjudged", "silent", "worse", "better"]
    assert rows.models == ["better", "worse", "unjudged"]
    assert list(rows.gaps) == ["better", "worse"]


def test_a_rate_is_wrong_where_the_interval_of_its_error_leaves_zero_out():
    rows = zoo(rates("high", 0.3, 0.1), rates("low", 0.1, 0.3), rates("near", 0.1, 0.105))
    assert errors_of(rows.gaps) == (["high"], ["low"], ["near"])
    assert errors_sentence(rows) == (
        "**H_T is too high** for high; **too low** for low; not shown to differ from the true rate "
        "for near."
    )
    assert errors_sentence(zoo(rates("high", 0.3, 0.1))) == (
        "**H_T is too high** for high; **too low** for none; shown to differ from the true rate "
        "for all."
    )
    assert errors_sentence(zoo()) == "No model has both an estimated and a true rate."


def test_a_model_that_the_line_leaves_out_is_named():
    points = [
        ZooPoint("mini", "rate", AGREEMENT, "token", name, 1, 0, 2, 1, 0, 2, zero)
        for name, zero in (("a", 1), ("b", 0), ("c", 0), ("d", 0), ("e", 0))
    ]
    line = fit("rate", AGREEMENT, 0.8, 0.1, 0.01)
    rows = zoo(rates("a", 0.1, 0.0), rates("b", 0.2, 0.1), fits=[line], points=points)
    assert agreement_sentence(rows) == (
        "**The higher the true token rate, the higher H_T?** Over 4 models, without a, since a "
        "rate of 0 has no logarithm: shown. Of the 1 pairs of all models whose true token rates "
        "are told apart, it has 1 in the right order."
    )
    everyone = agreement_sentence(zoo(fits=[line], points=points[1:]))
    assert "Over 4 models: shown. Of the 0 pairs" in everyone
    assert agreement_sentence(zoo()).startswith("Too few models")


def test_intervals_that_hold_the_true_rate_are_counted():
    corrected = "corrected_hallucination_token"
    rows = zoo(
        [*rates("a", 0.3, 0.1), metric("a", corrected, 0.105)],
        [*rates("b", 0.2, 0.195), metric("b", corrected, 0.25)],
        [*rates("c", 0.2, 0.1), metric("c", corrected, 0.1, 0.05)],
        rates("d", 0.1, 0.1),
    )
    assert holding_intervals(rows) == (3, 1, 2)


def test_pairs_are_counted_by_their_order_and_by_what_tells_them_apart():
    # True: a 10, b 11, c 30; the intervals of a and b meet. Estimated: c above a, b least.
    rows = zoo(rates("a", 0.2, 0.10), rates("b", 0.1, 0.11), rates("c", 0.3, 0.30))
    pairs = pairs_in_order(rows, "hallucination", "token")
    assert pairs == Pairs(all=3, right=2, wrong=1, apart=2, apart_right=2)
    assert pairs.kendall == pytest.approx(1 / 3)
    assert pairs_in_order(rows, "hallucination", "sentence") == Pairs(0, 0, 0, 0, 0)
    assert Pairs(0, 0, 0, 0, 0).kendall is None
    assert order_row(rows, "token", "estimated", "hallucination") == [
        "token", "estimated", "2 of 3", "0.33", "2 of 2", "–", "–", "–"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("r", "p", "p_holm", "told"),
    [
        (0.8, 0.05, math.nan, "shown"),
        (0.8, 0.06, math.nan, "undecided, since interval and p disagree"),
        (0.8, 0.01, 0.06, "undecided, since interval and p disagree"),
        (-0.8, 0.01, 0.02, "the opposite is shown"),
        (0.4, 0.01, 0.02, "not shown"),
    ],
)
def test_a_line_is_shown_where_interval_and_adjusted_p_agree(r, p, p_holm, told):
    assert answer(fit("exam", "true", r, 0.5, p, p_holm)) == told


def test_a_line_is_told_with_what_is_left_without_one_model():
    assert (answer(None), r_text(None), without_text(None)) == ("no line", "–", "–")
    own = fit("exam", "estimated", 0.8, 0.1, 0.01, 0.02)
    assert r_text(own) == f"0.80 [0.70,{SPACE}0.90]"
    assert without_text(own) == "0.70 (a) to 0.90 (b)"
    point = ZooPoint("mini", "exam", "estimated", "token", "a", 1, 0, 2, 50, 40, 60, 0)
    paper = fit("exam", "reported", 0.8, 0.1, 0.01)
    rows = zoo(fits=[own, paper], points=[point])
    assert line_row(rows, "exam", "estimated") == [
        "scene-exam", "ours, H_T", "1", f"0.80 [0.70,{SPACE}0.90]", "0.01", "0.02",
        "0.70 (a) to 0.90 (b)",
    ]  # fmt: skip
    assert line_row(rows, "exam", "reported")[:3] == ["MMMU", "the paper's, H_T", "0"]
    assert line_row(rows, "exam", "reported")[5] == "–"
    assert line_row(rows, "exam", "true")[3:] == ["–", "–", "–", "–"]
    assert claim_rows(rows, "exam") == [
        ["The better by MMMU, the lower H_T", "shown", "the paper's, H_T"],
        ["The better by scene-exam, the lower H_T", "shown", "ours, H_T"],
        ["The better by scene-exam, the lower the true rate", "no line", "ours, true rate"],
    ]


@pytest.mark.parametrize(
    ("estimated", "true", "told"),
    [
        (0.8, 0.8, "goes with H_T and with the true rate"),
        (0.8, 0.0, "no evidence that H_T measures how much a model makes up"),
        (0.0, 0.8, "H_T is not shown to tell"),
        (0.0, -0.8, "shown to go with neither rate"),
    ],
)
def test_a_line_with_the_estimate_is_worth_what_the_true_rate_says(estimated, true, told):
    fits = [fit("mix", source, r, 0.1, 0.01, 0.02)
            for source, r in (("estimated", estimated), ("true", true))]  # fmt: skip
    assert what_is_left(zoo(fits=fits), "mix").startswith("scene-mix")
    assert told in what_is_left(zoo(fits=fits), "mix")
    assert "no line here" in what_is_left(zoo(), "mix")


def test_false_alarms_are_what_is_missing_of_the_specificity():
    specificity = "specificity_token"
    rows = zoo(
        [*rates("true", 0.03, 0.0), metric("true", specificity, 0.97)],
        [*rates("wrong", 0.2, 0.2), metric("wrong", specificity, 0.97)],
        [metric("wrong", "caption_tokens", 40, 2)],
        rates("unknown", 0.035, 0.1),
    )
    assert alarms_of(rows, "true") == pytest.approx((3, 2, 4))
    assert alarms_of(rows, "unknown") is None
    assert percent_of(rows, "wrong", "hallucination_token") == pytest.approx((20, 19, 21))
    assert percent_of(rows, "wrong", "truncated") is None
    assert length_of(rows, "wrong") == (40, 38, 42)
    assert bounded_text(length_of(rows, "wrong"), 0) == f"40 [38,{SPACE}42]"
    assert bounded_text(None, 1) == "–"
    assert above_false_alarms(rows) == (["wrong"], ["true"])
    assert not_above_the_true(rows) == {"true": ["unknown"]}


def test_causes_of_the_error_are_adjusted_over_the_lines_that_can_be_drawn():
    # The error is minus half of the true rate; length takes no part, false alarms are unknown.
    lengths = (40, 43, 38, 42, 39, 44)
    rows = zoo(
        *(
            [*rates(f"m{n}", n / 20, n / 10), metric(f"m{n}", "caption_tokens", length, 1),
             metric(f"m{n}", "truncated", 0.0, 0.0)]
            for n, length in enumerate(lengths, start=1)
        )
    )  # fmt: skip
    true, length, cut, alarms = causes_of_error(rows)
    assert (true.name, true.is_shown) == ("True rate", True)
    # Of the 720 orders one alone gives r = -1 and one r = 1; two lines are drawn.
    assert true.row() == ["True rate (%)", "6", f"−1.00 [−1.00,{SPACE}−1.00]", "0.00278", "0.00556"]
    assert not length.is_shown
    assert cut.row() == ["Captions cut off (%)", "6", "–", "–", "–"]
    assert alarms.row() == ["False alarms (%)", "0", "–", "–", "–"]
    assert not alarms.is_shown
    figure = draw_error([true, alarms], rows.gaps, "mini")
    first, second = figure.axes
    assert first.get_title() == "True rate (mini scale)"
    assert [text.get_text() for text in first.texts] == ["1", "2", "3", "4", "5", "6"]
    assert first.containers[1].lines[0].get_xydata()[0].tolist() == pytest.approx([20, -10])
    assert not second.texts
    assert numbered(["a", "b"]) == [f"1{SPACE}a", f"2{SPACE}b"]


def test_without_a_model_nothing_is_known():
    rows = zoo()
    assert rows.models == [] and rows.gaps == {}
    assert rows.fit("rate", AGREEMENT) is None and rows.points_of("rate", AGREEMENT) == []
    assert holding_intervals(rows) == (0, 0, 0)
    assert above_false_alarms(rows) == ([], [])
    assert [cause.line for cause in causes_of_error(rows)] == [None] * 4
