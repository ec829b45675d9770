"""What is shown over tau: directions by seed, adjusted changes, estimates that fall, sentences."""

import pytest

from tldr_reward.paper.tau_sentences import (
    accuracy_cell,
    approximate_p_text,
    at_taus,
    benchmark_sentence,
    best_row,
    caption_row,
    caption_sentence,
    control_row,
    places,
    reason,
    yes_or_no,
)
from tldr_reward.paper.tau_verdicts import (
    Shown,
    TauRows,
    best_tau,
    better_by_model,
    blind_at,
    changes_of,
    direction,
    falls,
    greatest_p,
    lowest_change,
    p_of_interval,
    shown_changes,
    shown_on_benchmarks,
)

SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def compared(make_metric):
    """Counting at a tau against tau = 0: items gained and lost and the adjusted p."""

    def made(tau, gained, lost, p, seed="0", model="tldr"):
        values = {"gained": gained, "lost": lost, "mcnemar_p": p / 2, "holm_p": p, "accuracy": 0.5}
        return [
            make_metric("llama", model, f"{name}/tau={tau:g}", value, seed, "counting")
            for name, value in values.items()
        ]

    return made


@pytest.fixture
def rate(make_metric):
    """A rate or a change of captions at a tau, with half of its interval."""

    def made(name, tau, value, half, backbone="llama", model="tldr"):
        return make_metric(backbone, model, f"{name}/tau={tau:g}", value, half=half)

    return made


@pytest.mark.parametrize(
    ("gained", "lost", "p", "way"), [(9, 2, 0.05, 1), (2, 9, 0.05, -1), (9, 2, 0.06, 0)]
)
def test_a_direction_is_shown_up_to_the_level_of_the_tests(compared, gained, lost, p, way):
    rows = TauRows(compared(0.1, gained, lost, p))
    assert direction(rows, "llama", "tldr", "counting", 0.1) == way
    assert direction(rows, "llama", "tldr", "counting", 0.2) is None


def test_a_direction_must_be_shown_on_every_seed(compared):
    both = [*compared(0.1, 9, 2, 0.01, "0"), *compared(0.1, 8, 1, 0.04, "1")]
    assert greatest_p(TauRows(both), "llama", "tldr", "counting", 0.1, "holm_p") == 0.04
    assert direction(TauRows(both), "llama", "tldr", "counting", 0.1) == 1
    unsure = [*compared(0.1, 9, 2, 0.01, "0"), *compared(0.1, 8, 1, 0.2, "1")]
    assert direction(TauRows(unsure), "llama", "tldr", "counting", 0.1) == 0
    against = [*compared(0.1, 9, 2, 0.01, "0"), *compared(0.1, 1, 8, 0.01, "1")]
    assert direction(TauRows(against), "llama", "tldr", "counting", 0.1) == 0


def test_benchmarks_that_are_shown_are_marked_and_told(compared, make_metric):
    base = make_metric("llama", "tldr", "accuracy/tau=0", 0.25, split="counting")
    constant = make_metric("llama", "tldr", "majority", 0.25, split="counting")
    rows = TauRows(
        [base, constant, *compared(0.1, 9, 2, 0.01), *compared(0.5, 2, 9, 0.01),
         *compared(1, 1, 1, 1.0)]
    )  # fmt: skip
    shown = shown_on_benchmarks(rows, "llama", "tldr")
    assert shown == Shown([("Counting", 0.1)], [("Counting", 0.5)], 3)
    cells = [accuracy_cell(rows, "llama", "counting", tau) for tau in (0, 0.1, 0.5, 1, 2)]
    assert cells == ["25.0", "**50.0 ↑**", "**50.0 ↓**", "50.0", "–"]
    assert best_tau(rows, "llama", "counting") == 0.1
    assert best_tau(rows, "llama", "chess_winner") is None
    assert blind_at(rows, "llama", 0) == ["Counting"]
    assert blind_at(rows, "llama", 0.1) == []
    assert best_row(rows, "llama", "counting", 0.1) == [
        "Llama-3.2-Vision", "Counting", f"25.0 [23.0,{SPACE}27.0]", "0.1",
        f"50.0 [48.0,{SPACE}52.0]", "9 / 2", "0.005", "0.01",
    ]  # fmt: skip
    told = benchmark_sentence(rows, "llama")
    assert told.startswith("**Llama-3.2-Vision**, 3 comparisons with τ = 0. Shown to be better: ")
    assert "better: counting at τ = 0.1. Shown to be worse: counting at τ = 0.5." in told
    assert told.endswith("constant answer at τ = 0: counting; at any τ: none.")
    assert benchmark_sentence(rows, "paligemma") is None
    blind = [
        make_metric("llama", "tldr", f"accuracy/tau={tau}", 0.25, split="counting")
        for tau in (0, 1)
    ]
    told = benchmark_sentence(TauRows([*blind, constant, *compared(1, 2, 9, 0.01)[:-1]]), "llama")
    assert told.endswith("constant answer at τ = 0: counting; at any τ: the same.")


def test_an_interval_that_ends_at_zero_has_a_p_of_five_percent(rate):
    assert p_of_interval(rate("c", 1, 0.02, 0.02)) == pytest.approx(0.05, abs=1e-6)
    assert p_of_interval(rate("c", 1, -0.02, 0.02)) == pytest.approx(0.05, abs=1e-6)
    assert p_of_interval(rate("c", 1, 0.0, 0.02)) == 1.0
    assert p_of_interval(rate("c", 1, 0.0, 0.0)) == 1.0
    assert p_of_interval(rate("c", 1, 0.01, 0.0)) == 0.0
    assert approximate_p_text(9e-5) == f"<{SPACE}0.0001"
    assert approximate_p_text(0.0123456) == "0.0123"


def test_changes_are_adjusted_over_all_of_a_models(rate):
    name = "true_hallucination_change_token"
    rows = TauRows(
        [rate(name, 0.1, -0.021, 0.02), rate(name, 0.2, 0.06, 0.02),
         rate(name, 0.1, 0.01, 0.02, "paligemma"), rate(name, 0.1, -0.021, 0.02, model="captions")]
    )  # fmt: skip
    changes = changes_of(rows, "tldr")
    # p = 0.0396 alone, the second least of three: doubled.
    assert changes["llama", 0.1][1] == pytest.approx(0.0792, abs=1e-4)
    assert shown_changes(changes, "llama") == Shown([], [0.2], 2)
    assert shown_changes(changes, "paligemma") == Shown([], [], 1)
    assert shown_changes(changes_of(rows, "captions"), "llama") == Shown([0.1], [], 1)
    tau, row = lowest_change(changes, "llama")
    assert (tau, row.value) == (0.1, -0.021)
    assert lowest_change(changes, "gemma") is None
    by_model = {model: changes_of(rows, model) for model in rows.models}
    assert better_by_model(rows, by_model, "llama") == {
        "benchmarks": {},
        "captions": {"tldr": False, "captions": True},
    }
    kinds = (Shown([], [], 0), Shown([0.1], [], 1))
    assert control_row(by_model, "llama", "captions", *kinds) == [
        "Llama-3.2-Vision", "plain captions", "0", "0", "0", "0.1", "none",
        f"−2.10 [−4.10,{SPACE}−0.10] at τ = 0.1",
    ]  # fmt: skip


def test_an_estimate_falls_where_its_interval_lies_below_that_at_zero(rate):
    own, other = "hallucination_token/by=llama", "hallucination_token/by=paligemma"
    rows = TauRows(
        [rate(own, 0, 0.1, 0.01), rate(own, 0.1, 0.09, 0.01), rate(own, 0.2, 0.07, 0.01),
         rate(other, 0, 0.1, 0.01), rate(other, 0.2, 0.09, 0.01),
         rate("true_hallucination_change_token", 0.2, 0.05, 0.01)]
    )  # fmt: skip
    assert rows.detectors == ["paligemma", "llama"]
    assert rows.other_detector("llama") == "paligemma"
    assert falls(rows, "llama", "llama") == [0.2]
    assert falls(rows, "llama", "paligemma") == []
    assert falls(rows, "llama", None) is None
    changes = changes_of(rows, "tldr")
    assert caption_sentence(rows, changes, "llama") == (
        "**Llama-3.2-Vision:** its own TLDR's estimate falls at τ = 0.2; the other's estimate "
        "falls at no τ; the true rate is shown to be lower at no τ, higher at τ = 0.2; the own "
        "estimate falls and the true rate is not shown to at τ = 0.2."
    )
    level = TauRows([rate(own, 0, 0.1, 0.01), rate(own, 0.2, 0.1, 0.01)])
    assert caption_sentence(level, changes, "llama") == (
        "**Llama-3.2-Vision:** its own TLDR's estimate falls at no τ; the true rate is shown to be "
        "lower at no τ, higher at τ = 0.2."
    )
    assert caption_sentence(rows, {}, "llama").endswith("so that the true rate is not known.")
    assert caption_sentence(TauRows([]), {}, "llama").endswith("at τ = 0, no rate.")
    assert caption_row(rows, changes, "llama", 0.2) == [
        "0.2", f"7.00 [6.00,{SPACE}8.00]", f"9.00 [8.00,{SPACE}10.00]", "–",
        f"5.00 [4.00,{SPACE}6.00]", f"<{SPACE}0.0001", "–", "–", "–",
    ]  # fmt: skip


def test_what_is_shown_is_told_by_benchmark_and_tau():
    assert at_taus([0.01, 1.0]) == "at τ = 0.01, 1"
    assert at_taus([]) == "at no τ"
    shown = [("Counting", 0.1), ("Chess winner", 0.1), ("Counting", 0.5)]
    assert places(shown) == "counting at τ = 0.1, 0.5; chess winner at τ = 0.1"
    assert places([]) == "none"
    assert [yes_or_no([], 0), yes_or_no([], 2), yes_or_no([0.1], 2)] == ["–", "no", "yes"]


@pytest.mark.parametrize(
    ("better", "told"),
    [
        ({}, "nothing was compared"),
        ({"tldr": False}, "no τ above zero is shown to be better"),
        ({"tldr": False, "tldr_shuffled": True, "captions": True},
         "no τ above zero is shown to be better, but some is with shuffled labels and plain "
         "captions"),
        ({"tldr": True}, "some τ is better; without a control it is open why"),
        ({"tldr": True, "captions": False},
         "some τ is better, and with no control is any shown to be"),
        ({"tldr": True, "captions": True, "tldr_shuffled": False},
         "some τ is better, and some is with plain captions: labels need not be the reason"),
    ],
)  # fmt: skip
def test_a_control_that_is_better_too_leaves_the_reason_open(better, told):
    assert reason(better) == told
