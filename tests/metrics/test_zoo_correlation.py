"""Points and lines of figures 5 and 6, from metrics and from the paper's numbers."""

import math

import pytest

from tldr_reward.metrics.zoo_correlation import (
    AGREEMENT,
    ZooPoint,
    reported_points,
    zoo_fits,
    zoo_points,
)
from tldr_reward.records import Metric


def model(name, x, true_x, exam, rate=0.1):
    values = {
        "hallucination_token": rate,
        "neg_log_hallucination_token": x,
        "neg_log_true_hallucination_token": true_x,
        "exam_accuracy": exam,
    }
    return [
        Metric(name, "llama", "tldr", "mini", "0", "test", key, value, value - 0.1, value + 0.1, 9)
        for key, value in values.items()
        if value is not None
    ]


METRICS = [
    *model("a", 1.0, 2.0, 0.3),
    *model("b", 2.0, 3.0, 0.5),
    *model("c", 3.0, None, 0.4),
    *model("d", 4.0, 5.0, None),
    *model("e", 5.0, 4.0, 0.9, rate=0.0),
]


def test_a_model_is_a_point_where_it_has_both_numbers():
    points = zoo_points(METRICS, "mini")
    panels = {}
    for point in points:
        panels.setdefault((point.score, point.source, point.level), []).append(point.model)
    assert panels == {
        ("exam", "estimated", "token"): ["a", "b", "c", "e"],
        ("exam", "true", "token"): ["a", "b", "e"],
        ("rate", AGREEMENT, "token"): ["a", "b", "d", "e"],
    }
    first = points[0]
    assert (first.x, first.x_low, first.y, first.y_low) == (1.0, 0.9, 30.0, pytest.approx(20.0))
    assert [point.zero for point in points[:4]] == [0, 0, 0, 1]


def test_the_papers_points_are_logarithms_of_percentages():
    values = {
        ("gpt-4o", "hallucination_token"): "0.016",
        ("gpt-4o", "mmmu"): "69.1",
        ("gpt-4o", "mega_bench"): "54.1",
        ("gpt-4-turbo", "mmmu"): "56.8",
    }
    points = reported_points(values, "mini")
    assert [(point.score, point.model, point.y) for point in points] == [
        ("exam", "gpt-4o", 69.1),
        ("mix", "gpt-4o", 54.1),
    ]
    assert points[0].x == pytest.approx(-math.log(0.00016), abs=1e-6)
    assert math.isnan(points[0].x_low)


def test_lines_are_adjusted_over_our_panels_of_a_level():
    fits = zoo_fits(zoo_points(METRICS, "mini"))
    by_panel = {(fit.score, fit.source): fit for fit in fits}
    estimated, true = by_panel["exam", "estimated"], by_panel["exam", "true"]
    assert (estimated.n, true.n) == (4, 3)
    assert true.p_permutation == pytest.approx(1 / 3, abs=1e-6)
    assert true.p_holm == pytest.approx(min(1.0, max(2 * estimated.p_permutation, 1 / 3)), abs=1e-5)
    agreement = by_panel["rate", AGREEMENT]
    assert math.isnan(agreement.p_holm)
    # a, b and d at (2, 1), (3, 2), (5, 4); e, one of whose rates is 0, would lie off their line.
    assert (agreement.n, agreement.slope, agreement.intercept) == (3, 1.0, -1.0)


def test_the_model_without_which_a_line_changes_most_is_named():
    points = [
        ZooPoint("mini", "exam", "reported", "token", name, x, x, x, y, y, y, 0)
        for name, x, y in (("a", 0, 0), ("b", 1, 1), ("c", 2, 2), ("odd", 3, -9))
    ]
    (fit,) = zoo_fits(points)
    assert (fit.r_without_high, fit.r_without_high_model) == (1.0, "odd")


def test_two_points_have_no_line():
    assert zoo_fits(zoo_points(METRICS[:8], "mini")) == []
