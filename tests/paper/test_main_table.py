"""Table 1 and its out-of-distribution twin."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.main_table import table1, table1_ood
from tldr_reward.paper.table import Sources


@pytest.fixture
def sources(make_metric, make_five, make_reported, make_outcomes):
    return Sources(
        scale="mini",
        reported=[
            make_reported("table1", "paligemma-3b/tldr", "token_accuracy", "98.6"),
            make_reported("table1", "paligemma-3b/naive", "response_accuracy", "81.1"),
            make_reported("table1", "gpt-4o/prompting", "map_neg", "19.7"),
            make_reported("table1", "random/guess", "response_accuracy", "50.0"),
        ],
        metrics=[
            make_metric("", "random", "response_accuracy", 0.49),
            *make_five("", "all_positive", (0.98, 0.85, 0.5, 0.02, 0.98)),
            *make_five("qwen", "tldr", (0.97, 0.8, 0.6, 0.3, 0.99)),
            *make_five("paligemma", "prompting", (0.95, 0.7, 0.55, 0.1, 0.98)),
            make_metric("paligemma", "naive", "response_accuracy", 0.61),
            *make_five("paligemma", "tldr", (0.95432, 0.9, 0.7, 0.5, 0.97)),
            *make_five("paligemma", "tldr_decoder_only", (0.9, 0.9, 0.7, 0.5, 0.9)),
            *make_five("paligemma", "tldr", (0.9, 0.8, 0.6, 0.4, 0.9), split="ood_scene"),
        ],
        outcomes=[
            *make_outcomes("paligemma", "tldr", [1] * 12 + [0] * 2),
            *make_outcomes("paligemma", "naive", [0] * 12 + [1] * 2),
        ],
    )


def test_rows_in_the_papers_order_then_other_backbones_then_baselines(sources):
    table = table1(sources)
    assert [(row["backbone"], row["reward_model"], row["reported_row"]) for row in table.rows] == [
        ("paligemma", "tldr", "paligemma-3b/tldr"),
        ("paligemma", "naive", "paligemma-3b/naive"),
        ("qwen", "tldr", ""),
        ("paligemma", "prompting", "gpt-4o/prompting"),
        ("", "all_positive", ""),
        ("", "random", "random/guess"),
    ]


def test_cells_are_percent_beside_the_papers(sources):
    tldr, naive, _, prompting, _, random = table1(sources).rows
    assert tldr["token_accuracy"] == "95.43"
    assert (tldr["token_accuracy_low"], tldr["token_accuracy_high"]) == ("93.43", "97.43")
    assert tldr["token_accuracy_reported"] == "98.6"
    assert (tldr["n"], tldr["seeds"], tldr["scale"]) == ("40", "0", "mini")
    assert (naive["token_accuracy"], naive["response_accuracy"]) == ("", "61.00")
    assert naive["response_accuracy_reported"] == "81.1"
    assert prompting["map_neg_reported"] == "19.7"
    assert random["response_accuracy_reported"] == "50.0"
    assert not any(column.endswith("_seed_sd") for column in tldr)


def test_tldr_against_naive(sources):
    table = table1(sources)
    assert table.rows[0]["versus_naive_p"] == "0.0129"
    assert {row["versus_naive_p"] for row in table.rows[1:]} == {""}
    assert table.notes[-1] == (
        "TLDR against naive, paligemma, test: of 14 captions TLDR alone and naive alone judged "
        "right: 12 and 2 (exact McNemar p = 0.0129). With images as the units (exact sign "
        "flips): p = 0.0129, by Holm's rule over this table 0.0129."
    )


def test_several_seeds_have_a_spread(sources, make_five):
    more = make_five("paligemma", "tldr", (0.99, 0.9, 0.8, 0.5, 0.999), seed="1")
    table = table1(Sources("mini", sources.reported, [*sources.metrics, *more]))
    tldr, naive = table.rows[:2]
    assert (tldr["response_accuracy"], tldr["response_accuracy_seed_sd"]) == ("75.00", "7.07")
    assert (tldr["seeds"], naive["seeds"]) == ("0 1", "0")
    assert naive["response_accuracy_seed_sd"] == ""
    assert "bounds are averaged" in table.notes[1]


def test_out_of_distribution_rows_name_their_split_and_no_reported_value(sources):
    (row,) = table1_ood(sources).rows
    assert (row["split"], row["backbone"], row["token_accuracy"]) == (
        "ood_scene",
        "paligemma",
        "90.00",
    )
    assert (row["token_accuracy_reported"], row["reported_row"]) == ("", "")


def test_nothing_measured_is_no_table():
    with pytest.raises(InputError, match="table1: no row can be made"):
        table1(Sources("mini", []))
