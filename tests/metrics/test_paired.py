"""Paired comparisons against literature values and brute force."""

import itertools

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.paired import compare, exact_mcnemar, holm, sign_flip
from tldr_reward.metrics.rows import ResponseOutcome


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(12, 2, 0.0129395), (6, 1, 0.125), (9, 2, 0.0654297), (5, 5, 1.0), (0, 0, 1.0)],
)
def test_exact_mcnemar(first, second, p):
    assert exact_mcnemar(first, second) == pytest.approx(p, abs=1e-6)
    assert exact_mcnemar(second, first) == pytest.approx(p, abs=1e-6)


def test_one_response_an_image_makes_the_clustered_test_mcnemar():
    for gains, losses in ((12, 2), (6, 1), (30, 45), (1, 0)):
        differences = np.array([1] * gains + [-1] * losses + [0] * 20)
        assert sign_flip(differences) == pytest.approx(exact_mcnemar(gains, losses))


def test_sign_flips_equal_the_enumeration_of_all_signs():
    rng = np.random.default_rng(0)
    for _ in range(20):
        differences = rng.integers(-3, 4, size=10)
        sums = [
            abs(int(np.dot(signs, differences))) for signs in itertools.product((1, -1), repeat=10)
        ]
        expected = np.mean(np.array(sums) >= abs(differences.sum()))
        assert sign_flip(differences) == pytest.approx(expected)
    assert sign_flip(np.zeros(5, dtype=int)) == 1.0


def outcomes(run, predicted, gold, images):
    return [
        ResponseOutcome(run, "p", run, "mini", "0", "test", f"c{i}", image, "", g, p)
        for i, (p, g, image) in enumerate(zip(predicted, gold, images, strict=True))
    ]


def test_comparison_counts_what_one_run_alone_judged_right():
    gold, images = [1, 0, 1, 0, 0], ["A", "A", "B", "B", "C"]
    tldr = outcomes("tldr", [1, 0, 1, 1, 0], gold, images)  # right: y y y n y
    naive = outcomes("naive", [0, 1, 1, 0, 0], gold, images)  # right: n n y y y
    comparison = compare([(tldr, naive)])
    assert (comparison.only_first, comparison.only_second, comparison.n) == ((2,), (1,), 5)
    assert comparison.mcnemar_p == (1.0,)
    # By image +2, -1, 0: of the four sign patterns, sums 3, 1, -1, -3; all reach |1|.
    assert comparison.clustered_p == 1.0
    twice = compare([(tldr, naive), (tldr, naive)])
    assert twice.only_first == (2, 2)
    assert twice.clustered_p == 1.0


def test_runs_on_other_captions_cannot_be_compared():
    tldr = outcomes("tldr", [1, 1], [1, 0], ["A", "B"])
    with pytest.raises(InputError, match="caption 'c1' is judged by one of two compared runs only"):
        compare([(tldr, tldr[:1])])
    other = outcomes("naive", [1, 1], [1, 1], ["A", "B"])
    with pytest.raises(InputError, match="caption 'c1' has two gold labels in two runs"):
        compare([(tldr, other)])


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
