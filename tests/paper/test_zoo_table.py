"""Table 3: our models in order of their rates, then the paper's, blank where nothing was found."""

import json
from pathlib import Path

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.markdown import render
from tldr_reward.paper.table import Sources, check_table
from tldr_reward.paper.zoo_table import table3
from tldr_reward.records import Metric

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/table3.schema.json"
MODELS = [
    {"model": "first", "kind": "folder", "reported_row": "paligemma-3b-mix-448"},
    {"model": "second", "kind": "file", "reported_row": ""},
    {"model": "silent", "kind": "endpoint", "reported_row": ""},
    {"model": "elsewhere", "kind": "folder", "reported_row": ""},
]


def rows(model, **values):
    return [
        Metric(model, "llama", "tldr", "mini", "0", "test", name, value, value - 0.01,
               value + 0.01, 800)
        for name, value in values.items()
    ]  # fmt: skip


@pytest.fixture
def sources(make_reported):
    metrics = [
        *rows("first", hallucination_token=0.05, true_hallucination_token=0.03,
              hallucination_difference_token=-0.02, corrected_hallucination_token=0.031,
              exam_accuracy=0.5, caption_tokens=41.25),
        *rows("second", hallucination_token=0.02),
        *rows("silent", empty=1.0),
    ]  # fmt: skip
    reported = [
        make_reported("table3", "paligemma-3b-mix-448", "hallucination_token", "4.444"),
        make_reported("table3", "paligemma-3b-mix-448", "mmmu", "27.3"),
        make_reported("table3", "gpt-4o", "hallucination_token", "0.016"),
        make_reported("table3", "llama-3.2-90b-vision", "mega_bench", "43.0", "rebuttal"),
    ]
    return Sources("mini", reported, metrics, models=MODELS)


def test_rows_are_ranked_and_the_papers_models_follow(sources):
    table = table3(sources)
    check_table(table, json.loads(SCHEMA.read_text()))
    shown = [(row["model"], row["kind"], row["n"], row["scale"]) for row in table.rows]
    assert shown == [
        ("second", "file", "800", "mini"),
        ("first", "folder", "800", "mini"),
        ("silent", "endpoint", "0", "mini"),
        ("gpt-4o", "reported", "", "reported"),
    ]


def test_cells_are_percent_beside_the_papers(sources):
    _, first, silent, gpt = table3(sources).rows
    assert (first["hallucination_token"], first["hallucination_token_low"]) == ("5.00", "4.00")
    assert first["hallucination_token_reported"] == "4.444"
    assert first["hallucination_difference_token"] == "-2.00"
    assert first["corrected_hallucination_token"] == "3.10"
    assert first["caption_tokens"] == "41.2"
    assert (first["exam_accuracy"], first["mix_accuracy"]) == ("50.00", "")
    assert (first["mmmu"], first["mmmu_reported"]) == ("", "27.3")
    assert (first["detector"], first["seeds"]) == ("llama/tldr", "0")
    assert (silent["hallucination_token"], silent["empty"]) == ("", "100.00")
    assert (gpt["hallucination_token"], gpt["hallucination_token_reported"]) == ("", "0.016")


def test_the_rendering_names_the_silent_model(sources):
    text = render(table3(sources))
    assert "Without a caption that says anything: silent." in text
    assert "| second | 2.00 [1.00, 3.00] |" in text
    assert "| gpt-4o | (paper: 0.016) |" in text


def test_without_a_registered_model_there_is_no_table(sources):
    with pytest.raises(InputError, match="table3: no row can be made"):
        table3(Sources("mini", [], sources.metrics, models=MODELS[3:]))
