"""Table 6 and the figure over tau, from metrics."""

import json
from pathlib import Path

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.table import Sources, check_table
from tldr_reward.paper.tau_captions_table import table6
from tldr_reward.paper.tau_sweep import draw_tau_sweep
from tldr_reward.paper.tau_tables import BENCHMARKS

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/table6.schema.json"


def rows_of(make_metric, backbone, other, model="tldr"):
    """Rates of 10% + tau by the own detector, 20% + tau by the other, 5% + tau truly."""
    rows = []
    for tau in (0.0, 0.1, 0.25):
        at = f"tau={tau:g}"
        for level in ("token", "sentence", "response"):
            name = f"hallucination_{level}"
            rates = {f"{name}/by={backbone}": 0.1, f"{name}/by={other}": 0.2, f"true_{name}": 0.05}
            if tau:
                rates[f"true_hallucination_change_{level}"] = 0.0
            rows += [
                make_metric(backbone, model, f"{metric}/{at}", rate + tau)
                for metric, rate in rates.items()
            ]
        for name in ("truncated", "empty", "unparsed_sentences"):
            rows.append(make_metric(backbone, model, f"{name}/{at}", 0.02))
        rows.append(make_metric(backbone, model, f"lora_update/{at}", 0.3 * tau, half=0.0))
    return rows


def both(make_metric):
    return [
        *rows_of(make_metric, "paligemma", "llama"),
        *rows_of(make_metric, "llama", "paligemma"),
    ]


def test_a_row_a_backbone_and_tau_with_own_other_and_true_rates(make_metric, make_reported):
    reported = [
        make_reported("table6", "paligemma-3b/tau=0.25", "hallucination_token", "0.172"),
        make_reported("table6", "llama-3.2-11b-vision/tau=0", "hallucination_response", "1.88"),
    ]
    table = table6(Sources("mini", reported, metrics=both(make_metric)))
    check_table(table, json.loads(SCHEMA.read_text()))
    assert [(row["backbone"], row["tau"]) for row in table.rows] == [
        (backbone, tau) for backbone in ("paligemma", "llama") for tau in ("0", "0.1", "0.25")
    ]
    last = table.rows[2]
    assert (last["token_own"], last["token_other"], last["token_true"]) == (
        "35.00",
        "45.00",
        "30.00",
    )
    assert last["token_own_reported"] == "0.172"
    assert (last["token_change"], last["token_change_low"]) == ("25.00", "23.00")
    assert last["lora_update"] == "0.0750"
    assert table.rows[0]["token_change"] == ""
    assert table.rows[3]["response_own_reported"] == "1.88"
    assert table.rows[3]["token_other"] == "20.00"
    assert (last["n"], last["seeds"]) == ("40", "0")


def test_nothing_measured_is_an_error():
    with pytest.raises(InputError, match="table6: no row can be made"):
        table6(Sources("mini", []))


def accuracies(make_metric, backbone, model="tldr"):
    return [
        make_metric(backbone, model, f"{way}accuracy/tau={tau:g}", start + tau / 4, split=benchmark)
        for way, start in (("", 0.5), ("constrained_", 0.25))
        for benchmark in BENCHMARKS
        for tau in (0.0, 0.1, 0.25, 1.0)
    ]


def test_the_figure_has_four_panels_a_backbone_and_the_lines_of_the_metrics(make_metric):
    metrics = [*both(make_metric), *accuracies(make_metric, "llama")]
    metrics += rows_of(make_metric, "llama", "paligemma", "captions")
    figure = draw_tau_sweep(metrics, "mini")
    axes = figure.axes
    assert len(axes) == 8
    assert axes[0].get_title() == "PaliGemma (mini scale)"
    assert axes[1].get_title() == "Llama-3.2-Vision (mini scale)"
    assert len(axes[1].containers) == len(axes[3].containers) == len(BENCHMARKS)
    assert np.allclose(axes[1].containers[0][0].get_ydata(), [50, 52.5, 56.25, 75])
    assert np.allclose(axes[3].containers[0][0].get_ydata(), [25, 27.5, 31.25, 50])
    assert axes[2].get_ylabel() == "Accuracy in percent (constrained)"
    assert len(axes[0].containers) == 0  # no accuracy of PaliGemma was given
    assert len(axes[5].containers) == 3 + 1  # own, other, true; and true of the control
    drawn = axes[5].containers[2][0]
    assert np.allclose(drawn.get_xdata(), [0, 0.1, 0.25])
    assert np.allclose(drawn.get_ydata(), [10, 20, 35])
    updates = axes[7].containers[0][0]
    assert np.allclose(updates.get_ydata(), [0, 0.03, 0.075])


def test_a_figure_of_nothing_is_an_error(make_metric):
    with pytest.raises(InputError, match="no metric at a tau"):
        draw_tau_sweep([make_metric("llama", "tldr", "map_neg", 0.5)], "mini")
