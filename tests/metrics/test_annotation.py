"""Seconds and speed-up of logs small enough to work out, and of logs with a known answer."""

import math

import numpy as np
import pytest
from scipy import stats

from tldr_reward.annotations import AnnotationRow
from tldr_reward.errors import InputError
from tldr_reward.metrics.annotation import is_paired, measure_annotation
from tldr_reward.metrics.corrections import Correction
from tldr_reward.metrics.mixed import fitted_ratio, paired_ratio


def row(annotator, item, guidance, seconds):
    return AnnotationRow(annotator, item, guidance, 0.0, seconds, "x", "x")


def log(**seconds):
    """a_binary=[...]: rows of an annotator and a guidance, every item another one."""
    return [
        row(name[0], f"{name}{k}", name[2:], value)
        for name, values in seconds.items()
        for k, value in enumerate(values)
    ]


ROWS = log(a_binary=[20, 40], a_token=[10, 10, 10], b_binary=[60, 60], b_token=[20, 40])


def measured(rows, corrections=None, resamples=200):
    corrections = corrections or [None] * len(rows)
    return {one.name: one for one in measure_annotation(rows, corrections, resamples, 0)}


def test_means_ratios_and_their_average():
    found = measured(ROWS)
    values = {name: one.value for name, one in found.items()}
    assert values["seconds/a/binary"] == 30 and values["seconds/a/token"] == 10
    assert values["speed_up/a"] == 3 and values["speed_up/b"] == 2
    assert values["seconds/average/binary"] == 45 and values["seconds/average/token"] == 20
    # The ratio of the average times, as the paper's last row has it.
    assert values["speed_up/average"] == 2.25
    assert (found["seconds/a/token"].n, found["seconds/average/token"].n) == (3, 5)
    assert found["speed_up/average"].n == 9
    assert not any(name.startswith("error_free") for name in found)


def test_intervals_are_those_of_resampled_captions():
    found = measured(ROWS, resamples=2000)
    # Two captions of 20 and 40 s: a resample has a mean of 20, 30 or 40 s.
    assert (found["seconds/a/binary"].low, found["seconds/a/binary"].high) == (20, 40)
    assert (found["seconds/a/token"].low, found["seconds/a/token"].high) == (10, 10)
    assert (found["speed_up/a"].low, found["speed_up/a"].high) == (2, 4)


def test_pairs_are_drawn_as_pairs():
    rows = [row("a", item, "binary", 3 * s) for item, s in (("x", 10), ("y", 20), ("z", 90))]
    rows += [row("a", item, "token", s) for item, s in (("z", 90), ("x", 10), ("y", 20))]
    assert is_paired(rows) and not is_paired(ROWS)
    found = measured(rows)
    # However captions are drawn, each takes three times as long with binary guidance.
    assert (found["speed_up/a"].low, found["speed_up/a"].high) == pytest.approx((3, 3))
    assert found["model_speed_up/paired"].value == pytest.approx(3)


def test_quality_stands_beside_speed():
    corrections = [Correction(k != 0, k == 3) for k in range(8)] + [None]
    found = measured(ROWS, corrections)
    assert (found["error_free/a/binary"].value, found["error_free/a/binary"].n) == (0.5, 2)
    assert found["error_free/average/token"].value == 1.0
    assert (found["false_edit/average/token"].value, found["false_edit/average/token"].n) == (
        0.25,
        4,
    )
    assert found["false_edit/a/token"].high > 0.5  # Wilson's, of three captions


def test_every_annotator_needs_both_guidances():
    with pytest.raises(InputError, match="annotator 'b' has 1 captions with token guidance; at"):
        measured(ROWS[:-1])
    with pytest.raises(InputError, match="annotator 'average': other names are allowed"):
        measured([row("average", "i", "token", 1)])


def test_paired_ratio_is_a_t_interval_of_log_ratios():
    logs = [0.5, 1.0, 0.9, 1.2]
    rows = [row("a", f"i{k}", "token", 10.0) for k in range(4)]
    rows += [row("a", f"i{k}", "binary", 10 * math.exp(value)) for k, value in enumerate(logs)]
    ratio = paired_ratio(rows)
    expected = stats.t.interval(0.95, 3, np.mean(logs), stats.sem(logs))
    assert ratio.analysis == "paired"
    assert math.log(ratio.value) == pytest.approx(0.9)
    assert (math.log(ratio.low), math.log(ratio.high)) == pytest.approx(expected)


def crossed(annotators, items, speed_up, spread, seed=0):
    """Log-normal times: annotators and, where they share items, items differ by 0.5 in log."""
    rng = np.random.default_rng(seed)
    people = rng.normal(0, 0.5, annotators)
    hard = rng.normal(0, 0.5, 2 * items)
    rows = []
    for a in range(annotators):
        for k in range(2 * items):
            guidance = "binary" if k < items else "token"
            mean = 3 + people[a] + hard[k] + math.log(speed_up) * (k < items)
            rows.append(row(f"p{a}", f"i{k}", guidance, math.exp(rng.normal(mean, spread))))
    return rows


def test_balanced_data_have_the_ratio_of_geometric_means():
    rows = [
        row(name, f"{name}{guidance}{k}", guidance, math.exp(base + (guidance == "binary") + noise))
        for name, base in (("a", 2.0), ("b", 3.0), ("c", 4.5))
        for guidance in ("binary", "token")
        for k, noise in enumerate((-0.2, 0.0, 0.2))
    ]
    ratio = fitted_ratio(rows)
    assert ratio.analysis == "mixed"
    assert math.log(ratio.value) == pytest.approx(1.0, abs=1e-4)
    # Residual variance: 18 values, 3 annotators and guidance estimated; the error of a difference.
    error = math.sqrt(12 * 0.04 / 14 * (1 / 9 + 1 / 9))
    assert math.log(ratio.high / ratio.value) == pytest.approx(1.96 * error, rel=1e-3)


def test_shared_captions_widen_the_interval():
    rows = crossed(annotators=4, items=12, speed_up=3.0, spread=0.1)
    shared = fitted_ratio(rows)
    renamed = [
        AnnotationRow(r.annotator, f"{r.annotator}{r.item}", r.guidance, 0.0, r.ended, "x", "x")
        for r in rows
    ]
    apart = fitted_ratio(renamed)
    assert shared.analysis == apart.analysis == "mixed"
    width = {name: math.log(r.high / r.low) for name, r in (("s", shared), ("a", apart))}
    assert width["s"] > 1.5 * width["a"]
    assert shared.low < 3 < shared.high


def test_a_model_that_statsmodels_warns_of_gives_way_to_fixed_annotators():
    # Equal annotators: their variance is 0, on the edge of what is allowed.
    rows = log(
        a_binary=[20, 40, 30], a_token=[10, 20, 15], b_binary=[20, 40, 30], b_token=[10, 20, 15]
    )
    ratio = fitted_ratio(rows)
    assert ratio.analysis == "fixed"
    assert ratio.value == pytest.approx(2)
    assert 1 < ratio.low < 2 < ratio.high < 4
    alone = fitted_ratio([one for one in rows if one.annotator == "a"])
    assert (alone.analysis, alone.value) == ("fixed", pytest.approx(2))
