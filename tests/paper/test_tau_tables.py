"""Table 5 from metrics: rows by tau, the paper's cells beside, p values of each seed."""

import json
from pathlib import Path

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.table import Sources, check_table
from tldr_reward.paper.tau_tables import BENCHMARKS, table5

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/table5.schema.json"
TAUS = (0.0, 0.1, 0.25)


def rows_of(make_metric, backbone, seed="0"):
    """Accuracy 40% + tau at every tau on every benchmark; p only where there is a comparison."""
    rows = []
    for benchmark in BENCHMARKS:
        rows.append(make_metric(backbone, "tldr", "majority", 0.25, seed, benchmark))
        for tau in TAUS:
            values = {"accuracy": 0.4 + tau, "constrained_accuracy": 0.5, "not_understood": 0.05}
            if tau:
                values |= {"mcnemar_p": 0.0123456, "holm_p": 0.25}
                values |= {"constrained_mcnemar_p": 0.5, "constrained_holm_p": 1.0}
            rows += [
                make_metric(backbone, "tldr", f"{name}/tau={tau:g}", value, seed, benchmark)
                for name, value in values.items()
            ]
    return rows


@pytest.fixture
def reported(make_reported):
    return [
        make_reported("table5", "paligemma-3b/tau=0.25", "isobench_winner_id", "47.5", "rebuttal"),
        make_reported("table5", "paligemma-3b/tau=0.25", "isobench_winner_id", "45.1"),
        make_reported("table5", "llama-3.2-11b-vision/tau=0", "blink_counting", "55.0"),
    ]


def test_a_row_a_backbone_and_tau_with_the_papers_cells(make_metric, reported):
    metrics = [*rows_of(make_metric, "llama"), *rows_of(make_metric, "paligemma")]
    table = table5(Sources("mini", reported, metrics=metrics))
    check_table(table, json.loads(SCHEMA.read_text()))
    assert [(row["backbone"], row["tau"]) for row in table.rows] == [
        ("paligemma", "0"),
        ("paligemma", "0.1"),
        ("paligemma", "0.25"),
        ("llama", "0"),
        ("llama", "0.1"),
        ("llama", "0.25"),
    ]
    last = table.rows[2]
    assert last["counting"] == "65.00"
    assert (last["counting_low"], last["counting_high"]) == ("63.00", "67.00")
    assert (last["chess_winner"], last["chess_winner_reported"]) == ("65.00", "45.1")
    assert last["counting_majority"] == "25.00"
    assert last["counting_not_understood"] == "5.00"
    assert last["counting_constrained"] == "50.00"
    assert (last["counting_mcnemar_p"], last["counting_holm_p"]) == ("0.0123", "0.25")
    assert last["counting_constrained_mcnemar_p"] == "0.5"
    assert last["counting_constrained_holm_p"] == "1"
    assert last["reported_row"] == "paligemma-3b/tau=0.25"
    assert table.rows[0]["counting_mcnemar_p"] == ""
    assert table.rows[1]["reported_row"] == ""  # the paper has no tau = 0.1 here
    assert table.rows[3]["counting_reported"] == "55.0"
    assert "counting 25.00 (n = 40)" in table.notes[3]


def test_p_values_of_several_seeds_stand_side_by_side(make_metric, reported):
    metrics = [*rows_of(make_metric, "llama", "0"), *rows_of(make_metric, "llama", "1")]
    table = table5(Sources("mini", reported, metrics=metrics))
    check_table(table, json.loads(SCHEMA.read_text()))
    assert table.rows[1]["counting_mcnemar_p"] == "0.0123 0.0123"
    assert table.rows[1]["seeds"] == "0 1"
    assert table.rows[1]["counting_seed_sd"] == "0.00"


def test_nothing_measured_is_an_error(reported):
    with pytest.raises(InputError, match="table5: no row can be made"):
        table5(Sources("mini", reported))
