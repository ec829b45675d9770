"""What notebooks share: seeds averaged, numbers as text."""

import math

from tldr_reward.paper.notebook import (
    against_text,
    interval_text,
    listed,
    mean_of_seeds,
    percent_text,
    share_text,
)
from tldr_reward.records import Metric

SPACE = "\N{NO-BREAK SPACE}"


def metric(seed, value, name="recall"):
    run = (f"llama/tldr/seed{seed}", "llama", "tldr", "mini", seed, "test")
    return Metric(*run, name, value, value - 0.1, value + 0.1, 8)


def test_seeds_are_averaged_with_their_bounds():
    found = mean_of_seeds([metric("0", 0.2), metric("1", 0.4), metric("0", 0.9, "precision")])
    assert set(found) == {("llama", "tldr", "test", name) for name in ("recall", "precision")}
    row = found["llama", "tldr", "test", "recall"]
    assert share_text(row) == f"30.0 [20.0,{SPACE}40.0]"
    assert share_text(row, 2) == f"30.00 [20.00,{SPACE}40.00]"


def test_what_is_not_known_is_a_dash_or_has_no_interval():
    assert share_text(None) == percent_text(None) == "–"
    assert percent_text(metric("0", 0.256)) == "25.6"
    assert listed([]) == "none"
    assert interval_text(0.5, math.nan, math.nan, 2) == "0.50"
    assert interval_text(math.nan, math.nan, math.nan, 2) == "–"
    assert interval_text(-0.04, -1.26, 0.04, 1) == f"0.0 [−1.3,{SPACE}0.0]"


def test_two_numbers_differ_where_their_intervals_do_not_meet():
    low, high = metric("0", 0.2), metric("0", 0.41)
    assert against_text(high, low) == "above"
    assert against_text(low, high) == "below"
    assert against_text(low, metric("0", 0.39)) == "not shown to differ from"
