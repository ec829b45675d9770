"""Table 7, human evaluation and PixelProse-style rates."""

import dataclasses
import json
from pathlib import Path

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.annotation_table import table7
from tldr_reward.paper.flag_tables import human_evaluation, pixelprose
from tldr_reward.paper.markdown import render
from tldr_reward.paper.table import Sources, check_table
from tldr_reward.records import Metric

SCHEMAS = Path(__file__).parents[2] / "workflow" / "schemas"


def check(table, name):
    check_table(table, json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def annotated(source="simulated", backbone="paligemma", quality=True):
    values = {
        "seconds/a/binary": (60.04, 50, 70, 9), "seconds/a/token": (20, 18, 22, 9),
        "speed_up/a": (3.002, 2.5, 3.5, 18),
        "seconds/average/binary": (60.04, 50, 70, 9), "seconds/average/token": (20, 18, 22, 9),
        "speed_up/average": (3.002, 2.5, 3.5, 18), "model_speed_up/mixed": (2.9, 2.4, 3.4, 18),
    }  # fmt: skip
    if quality:
        for share, value in (("error_free", 0.9), ("false_edit", 0.05)):
            for name in ("a", "average"):
                for guidance in ("binary", "token"):
                    values[f"{share}/{name}/{guidance}"] = (value, 0.01, 0.99, 9)
    run = "/".join(filter(None, ("annotation", source, backbone)))
    return [
        Metric(run, backbone, "tldr", "mini", "0", "test", name, *numbers)
        for name, numbers in values.items()
    ]


def test_table7_has_the_papers_seconds_beside_ours(make_reported):
    printed = [
        make_reported("table7", "annotator_a", "seconds_binary_guidance", "101.7"),
        make_reported("table7", "annotator_a", "seconds_tldr_guidance", "31.2"),
    ]
    table = table7(Sources("mini", printed, annotated() + annotated(backbone="llama")))
    check(table, "table7")
    assert [(row["backbone"], row["annotator"]) for row in table.rows] == [
        ("paligemma", "a"), ("paligemma", "average"), ("llama", "a"), ("llama", "average")
    ]  # fmt: skip
    row, average = table.rows[:2]
    assert (row["seconds_binary"], row["seconds_binary_reported"]) == ("60.0", "101.7")
    assert (row["speed_up"], row["speed_up_low"], row["speed_up_reported"]) == (
        "3.00",
        "2.50",
        "3.26",
    )
    assert (row["model_speed_up"], row["analysis"]) == ("", "")
    assert (average["model_speed_up"], average["analysis"]) == ("2.90", "mixed")
    assert (average["seconds_binary_reported"], average["speed_up_reported"]) == ("", "")
    assert (row["error_free_token"], row["false_edit_token"], row["n_token"]) == (
        "90.00",
        "5.00",
        "9",
    )
    assert {row["source"] for row in table.rows} == {"simulated"}
    assert "**Simulated:** nobody was timed." in render(table)


def test_table7_of_people_says_so_and_leaves_unknown_quality_empty():
    table = table7(Sources("paper", [], annotated("human", "", quality=False)))
    check(table, "table7")
    assert {row["source"] for row in table.rows} == {"human"}
    assert {row["error_free_token"] for row in table.rows} == {""}
    assert "Simulated" not in render(table)


def test_table7_names_what_is_missing_or_doubled():
    with pytest.raises(InputError, match="table7: no row can be made"):
        table7(Sources("mini", []))
    with pytest.raises(InputError, match="several logs of one detector: annotation/human/paligemm"):
        table7(Sources("mini", [], annotated() + annotated("human", quality=False)))


def test_human_evaluation_names_every_denominator(make_metric, make_reported):
    rows = [
        make_metric("paligemma", "tldr", "false_negative_rate", 0.25, n=8),
        make_metric("paligemma", "tldr", "false_discovery_rate", 0.4, n=10),
        make_metric("paligemma", "tldr", "sampled_false_discovery_rate", 0.5, n=4),
    ]
    column = "sentence_false_negative_rate"
    printed = [
        dataclasses.replace(make_reported("human_evaluation", "phi", column, "10.5"), n="100")
    ]
    table = human_evaluation(Sources("mini", printed, rows))
    check(table, "human_evaluation")
    found = [(row["rate"], row["denominator"], row["value"], row["n"]) for row in table.rows]
    assert found == [
        ("false_negative_rate", "sentences that are bad", "25.00", "8"),
        ("false_discovery_rate", "sentences with a flagged token", "40.00", "10"),
        (
            "sampled_false_discovery_rate",
            "sentences with a flagged token, drawn at random",
            "50.00",
            "4",
        ),
        ("false_omission_rate", "sentences with no flagged token", "", "0"),
        ("not_defined", "not said: false negatives or flagged sentences", "", "100"),
    ]
    assert table.rows[-1]["value_reported"] == "10.5"


def test_seeds_that_flag_other_sentences_are_pooled(make_metric):
    rows = [
        make_metric("llama", "tldr", "false_discovery_rate", value, seed=seed, n=n)
        for seed, value, n in (("0", 0.4, 10), ("1", 0.6, 13))
    ]
    table = human_evaluation(Sources("mini", [], rows))
    check(table, "human_evaluation")
    row = table.rows[1]
    assert (row["value"], row["value_low"], row["n"], row["seeds"]) == (
        "50.00",
        "48.00",
        "10 13",
        "0 1",
    )
    assert table.rows[0]["n"] == "0"


def test_pixelprose_has_true_shares_beside_flagged_ones(make_metric, make_reported):
    rows = [
        make_metric("llama", "tldr", name, value)
        for name, value in (("flagged/token", 0.05), ("bad/token", 0.02), ("flagged/response", 0.5))
    ]
    printed = [make_reported("pixelprose", "pixelprose", "hallucination_token", "0.83")]
    table = pixelprose(Sources("mini", printed, rows))
    check(table, "pixelprose")
    (row,) = table.rows  # of responses, the true share was not measured
    assert (row["level"], row["flagged"], row["flagged_reported"], row["bad"], row["n"]) == (
        "token", "5.00", "0.83", "2.00", "40",
    )  # fmt: skip
    # Where no caption has a label, no level has a true share.
    blind = pixelprose(Sources("paper", printed, [rows[0], rows[2]]))
    check(blind, "pixelprose")
    assert [(row["level"], row["flagged"], row["bad"]) for row in blind.rows] == [
        ("token", "5.00", ""), ("response", "50.00", ""),
    ]  # fmt: skip
    assert "nobody has labelled" in blind.notes[0] and "perturbed" not in blind.notes[0]
    for maker, name in ((pixelprose, "pixelprose"), (human_evaluation, "human_evaluation")):
        with pytest.raises(InputError, match=f"{name}: no row can be made"):
            maker(Sources("mini", []))
