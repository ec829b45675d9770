"""Several seeds become one number."""

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.pooling import pool, seeds_text


def test_one_seed_is_shown_as_measured(make_metric):
    pooled = pool([make_metric("p", "tldr", "token_accuracy", 0.9)], {})
    assert (pooled.value, pooled.low, pooled.high, pooled.n) == (0.9, 0.88, 0.92, 40)
    assert (pooled.seeds, pooled.seed_sd) == (("0",), None)


def test_seeds_are_averaged_within_each_resample(make_metric):
    rows = [make_metric("p", "tldr", "a", value, seed) for value, seed in ((0.8, "0"), (0.9, "1"))]
    draws = np.linspace(0, 1, 1001)
    resamples = {
        ("p/tldr/seed0", "test", "a"): draws,
        # Its sampling error goes the other way, so that the mean's is smaller than either's.
        ("p/tldr/seed1", "test", "a"): 1 - 0.5 * draws,
    }
    pooled = pool(rows, resamples)
    assert pooled.value == pytest.approx(0.85)
    assert (pooled.low, pooled.high) == pytest.approx((0.5 + 0.25 * 0.025, 0.5 + 0.25 * 0.975))
    assert pooled.seed_sd == pytest.approx(0.0707107, abs=1e-6)
    assert pooled.seeds == ("0", "1")


def test_without_resamples_bounds_are_averaged(make_metric):
    rows = [make_metric("p", "tldr", "a", value, seed) for value, seed in ((0.8, "10"), (0.9, "2"))]
    pooled = pool(rows, {})
    assert (pooled.low, pooled.high) == pytest.approx((0.83, 0.87))
    assert pooled.seeds == ("2", "10")


def test_a_share_that_no_resample_changes_keeps_its_bounds(make_metric):
    rows = [make_metric("p", "tldr", "a", 1.0, seed) for seed in ("0", "1")]
    resamples = {(f"p/tldr/seed{seed}", "test", "a"): np.ones(50) for seed in (0, 1)}
    assert pool(rows, resamples).low == pytest.approx(0.98)


def test_the_same_run_twice_or_other_items_are_refused(make_metric):
    row = make_metric("p", "tldr", "a", 0.8)
    with pytest.raises(InputError, match="two metrics files have the run 'p/tldr/seed0' on split"):
        pool([row, row], {})
    with pytest.raises(InputError, match=r"measured on \[30, 40\] items"):
        pool([row, make_metric("p", "tldr", "a", 0.8, "1", n=30)], {})


def test_seeds_of_a_row_are_named_by_column_where_they_differ(make_metric):
    one = pool([make_metric("p", "naive", "a", 0.8)], {})
    two = pool([make_metric("p", "tldr", "a", 0.8, seed) for seed in ("0", "1")], {})
    assert seeds_text({"naive": two, "tldr": two}) == "0 1"
    assert seeds_text({"naive": one, "tldr": two}) == "naive: 0; tldr: 0 1"
