"""Benchmarks over tau: shares, majority, exact McNemar against tau = 0, Holm, by hand."""

import dataclasses

import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.benchmarks import majority, measure_benchmarks
from tldr_reward.metrics.rows import BenchmarkOutcome


def outcome(
    tau: float,
    item: int,
    right: int,
    parsed: str = "(A)",
    answer: str = "(A)",
    meaning: str = "one",
    benchmark: str = "counting",
) -> BenchmarkOutcome:
    return BenchmarkOutcome(
        run="paligemma/tldr/seed0",
        backbone="paligemma",
        reward_model="tldr",
        scale="smoke",
        seed="0",
        tau=tau,
        benchmark=benchmark,
        item_id=f"{benchmark}-{item:04d}",
        answer=answer,
        meaning=meaning,
        text=parsed,
        parsed=parsed,
        right=right,
        constrained="(B)",
        constrained_right=int(item == 0),
    )


def values(outcomes) -> dict[tuple[str, str], float]:
    return {(row.split, row.metric): row.value for row in measure_benchmarks(outcomes)}


def test_shares_with_wilsons_interval():
    outcomes = [outcome(0.0, item, int(item < 3), "" if item == 9 else "(A)") for item in range(10)]
    rows = {row.metric: row for row in measure_benchmarks(outcomes)}
    accuracy = rows["accuracy/tau=0"]
    assert (accuracy.value, accuracy.n, accuracy.split) == (0.3, 10, "counting")
    assert (accuracy.low, accuracy.high) == pytest.approx((0.10779, 0.60322), abs=5e-6)
    assert rows["not_understood/tau=0"].value == 0.1
    assert rows["constrained_accuracy/tau=0"].value == 0.1
    assert "mcnemar_p/tau=0" not in rows


def test_exact_mcnemar_against_tau_0_and_holm():
    right = {0.0: [1] * 4 + [0] * 8, 0.25: [1] * 4 + [1] * 6 + [0] * 2, 1.0: [0] * 12}
    outcomes = [outcome(tau, item, hit) for tau in right for item, hit in enumerate(right[tau])]
    found = values(outcomes)
    assert found["counting", "gained/tau=0.25"] == 6
    assert found["counting", "lost/tau=0.25"] == 0
    assert found["counting", "mcnemar_p/tau=0.25"] == pytest.approx(2 / 2**6)
    assert found["counting", "mcnemar_p/tau=1"] == pytest.approx(2 / 2**4)
    # The likeliest choices are as right at every tau: two more comparisons, of p = 1.
    assert found["counting", "constrained_gained/tau=1"] == 0
    assert found["counting", "constrained_mcnemar_p/tau=1"] == 1
    assert found["counting", "holm_p/tau=0.25"] == pytest.approx(4 * 2 / 2**6)
    assert found["counting", "holm_p/tau=1"] == pytest.approx(3 * 2 / 2**4)


def test_holm_is_over_all_benchmarks_of_the_call():
    outcomes = []
    for benchmark in ("counting", "chess_winner", "function_parity"):
        for tau, hit in ((0.0, 0), (0.5, 1)):
            outcomes += [outcome(tau, item, hit, benchmark=benchmark) for item in range(8)]
    found = values(outcomes)
    assert found["counting", "mcnemar_p/tau=0.5"] == pytest.approx(2 / 2**8)
    assert found["counting", "holm_p/tau=0.5"] == pytest.approx(6 * 2 / 2**8)


def test_the_likeliest_choices_are_compared_with_tau_0_too():
    def chosen(tau, item, hit):
        return dataclasses.replace(outcome(tau, item, 0), constrained_right=hit)

    outcomes = [chosen(0.0, item, 0) for item in range(8)]
    found = values([*outcomes, *(chosen(0.5, item, int(item < 6)) for item in range(8))])
    assert found["counting", "constrained_accuracy/tau=0.5"] == 0.75
    assert found["counting", "constrained_gained/tau=0.5"] == 6
    assert found["counting", "gained/tau=0.5"] == found["counting", "constrained_lost/tau=0.5"] == 0
    assert found["counting", "constrained_mcnemar_p/tau=0.5"] == pytest.approx(2 / 2**6)
    assert found["counting", "constrained_holm_p/tau=0.5"] == pytest.approx(2 * 2 / 2**6)


def test_majority_is_the_better_of_a_constant_letter_and_a_constant_meaning():
    letters = [outcome(0.0, i, 0, answer=f"({x})", meaning=m) for i, (x, m) in enumerate(
        [("A", "one"), ("B", "one"), ("C", "one"), ("A", "two")]
    )]  # fmt: skip
    assert majority(letters) == 0.75


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        ([outcome(0.5, 0, 1)], "not evaluated at tau = 0"),
        ([outcome(0.0, 0, 1), outcome(0.5, 1, 1)], "other counting items than at 0"),
        ([outcome(0.0, 0, 1), outcome(0.5, 0, 1), outcome(0.5, 0, 1)], "other counting items"),
    ],
)
def test_what_cannot_be_compared_is_named(outcomes, message):
    with pytest.raises(InputError, match=message):
        measure_benchmarks(outcomes)
