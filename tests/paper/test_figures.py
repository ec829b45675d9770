"""Figures: what is drawn where, and the same bytes every time."""

import io

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import CurvePoint, ReliabilityBin
from tldr_reward.paper.accuracy_by_taxonomy import draw_accuracy_by_taxonomy
from tldr_reward.paper.precision_recall import draw_precision_recall
from tldr_reward.paper.reliability import draw_reliability
from tldr_reward.paper.training_curves import draw_training_curves, smooth
from tldr_reward.records import HistoryRow


def points(backbone, model, precision, ap, seed="0"):
    run = f"{backbone}/{model}/seed{seed}"
    recall = np.linspace(0.1, 1, len(precision))
    return [
        CurvePoint(run, backbone, model, "mini", seed, "test", 0.1, r, p, int(i == 1), 0.02, ap)
        for i, (r, p) in enumerate(zip(recall, precision, strict=True))
    ]


def legend_texts(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_precision_recall_has_a_panel_a_backbone():
    rows = [
        *points("llama", "tldr", [0.9, 0.8, 0.1], 0.7),
        *points("paligemma", "prompting", [0.5, 0.2, 0.1], 0.2),
        *points("paligemma", "tldr", [1.0, 0.9, 0.2], 0.8),
        *points("paligemma", "tldr", [1.0, 0.7, 0.2], 0.6, seed="1"),
    ]
    left, right = draw_precision_recall(rows, "mini").axes
    assert (left.get_title(), right.get_title()) == (
        "PaliGemma (mini scale)",
        "Llama-3.2-Vision (mini scale)",
    )
    assert legend_texts(left) == [
        "TLDR: AP 70.0%",
        "prompting (own LM head): AP 20.0%",
        "share of bad tokens: 2.0%",
    ]
    assert legend_texts(right) == ["TLDR: AP 70.0%", "share of bad tokens: 2.0%"]
    # The threshold in use of the first TLDR seed.
    assert (0.55, 0.9) in [
        (round(float(x), 2), y)
        for line in left.lines
        if len(line.get_xdata()) == 1
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    with pytest.raises(InputError, match="the curve files hold no point"):
        draw_precision_recall([], "mini")


def test_reliability_has_a_panel_a_backbone_and_a_line_before_and_after():
    run = ("paligemma/tldr/seed0", "paligemma", "tldr", "mini", "0", "test")
    rows = [
        ReliabilityBin(*run, calibrated, predicted, observed, low, high, 50)
        for calibrated, predicted, observed, low, high in (
            (0, 0.5, 0.1, 0.05, 0.2), (0, 0.01, 0.0, 0.0, 0.01), (1, 0.1, 0.1, 0.05, 0.2),
        )
    ]  # fmt: skip
    (axis,) = draw_reliability(rows, "mini").axes
    assert axis.get_title() == "PaliGemma (mini scale)"
    assert legend_texts(axis) == ["as the reward head gives it", "calibrated"]
    drawn = [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axis.lines]
    # A share of 0 stands at the axis's end.
    assert [(0.5, 0.1), (0.01, 1e-5)] in drawn and [(0.1, 0.1)] in drawn
    with pytest.raises(InputError, match="hold no bin"):
        draw_reliability([], "mini")


def test_accuracy_by_taxonomy_has_the_papers_values_for_paligemma(make_metric, make_reported):
    metrics = [
        make_metric("paligemma", "tldr", "response_accuracy", 0.8),
        make_metric("paligemma", "tldr", "response_accuracy/counting", 0.7),
        make_metric("paligemma", "tldr", "response_accuracy/vqa", 0.7),
        make_metric("llama", "tldr", "response_accuracy", 0.9),
        make_metric("", "random", "response_accuracy", 0.5),
    ]
    printed = [make_reported("table11", "counting", "tldr", "73.9")]
    left, right = draw_accuracy_by_taxonomy(metrics, printed, {}, "mini").axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels[0] == "overall"
    assert labels[7] == "text OCR"
    hollow = [line for line in left.lines if line.get_markerfacecolor() == "white"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in hollow] == [(73.9, 5.0)]
    assert not [line for line in right.lines if line.get_markerfacecolor() == "white"]
    with pytest.raises(InputError, match="no response accuracy by taxonomy"):
        draw_accuracy_by_taxonomy(metrics[-1:], printed, {}, "mini")


def history(losses):
    return [HistoryRow(step, loss, 1.0, 0.1) for step, loss in enumerate(losses, start=1)]


def test_training_curves_of_any_length():
    histories = {
        "paligemma/tldr/seed0": history(np.geomspace(0.7, 0.02, 500)),
        "paligemma/naive/seed0": history([0.7, 0.6, 0.5]),
        "llama/tldr/seed0": history([0.7]),
    }
    left, right = draw_training_curves(histories, "smoke").axes
    assert left.get_yscale() == "log"
    assert right.get_title() == "Llama-3.2-Vision (smoke scale)"
    assert [len(line.get_xdata()) for line in left.lines] == [500, 3]
    with pytest.raises(InputError, match="run 'tldr': a run id has the form"):
        draw_training_curves({"tldr": history([0.1])}, "mini")
    with pytest.raises(InputError, match="a history of tldr has no steps"):
        draw_training_curves({"paligemma/tldr/seed0": []}, "mini")


def test_running_mean():
    assert smooth(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), 3).tolist() == [1.0, 2.0, 3.0, 16 / 3, 6.5]
    assert smooth(np.array([3.0, 1.0]), 0).tolist() == [3.0, 1.0]


def test_the_same_points_give_the_same_bytes():
    files = []
    for _ in range(2):
        figure = draw_precision_recall(points("paligemma", "tldr", [1.0, 0.9, 0.2], 0.8), "mini")
        pdf, png = io.BytesIO(), io.BytesIO()
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
        figure.savefig(png, format="png")
        files.append((pdf.getvalue(), png.getvalue()))
    assert files[0] == files[1]
