"""Tables 2 and 11."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.ablation_tables import table2, table11
from tldr_reward.paper.table import Sources


def test_table2_has_the_parts_that_were_measured(make_five, make_reported):
    sources = Sources(
        "mini",
        [make_reported("table2", "paligemma-3b/decoder_only", "map_pos", "99.7")],
        [
            *make_five("paligemma", "tldr_decoder_only", (0.98, 0.8, 0.7, 0.4, 0.99)),
            *make_five("paligemma", "tldr", (0.99, 0.9, 0.8, 0.5, 0.999)),
            *make_five("paligemma", "tldr_plain", (0.99, 0.9, 0.7, 0.3, 0.999)),
            # Without an ablation a backbone has nothing to compare.
            *make_five("llama", "tldr", (0.99, 0.9, 0.8, 0.5, 0.999)),
        ],
    )
    rows = table2(sources).rows
    assert [(row["backbone"], row["trained_parts"], row["loss"]) for row in rows] == [
        ("paligemma", "projector+decoder", "contrast"),
        ("paligemma", "projector+decoder", "plain"),
        ("paligemma", "decoder_only", "contrast"),
    ]
    assert (rows[2]["map_pos"], rows[2]["map_pos_reported"]) == ("99.00", "99.7")
    with pytest.raises(InputError, match="table2: no row can be made"):
        table2(Sources("mini", [], sources.metrics[-5:]))


@pytest.fixture
def by_taxonomy(make_metric):
    return [
        make_metric("paligemma", "naive", "response_accuracy/counting", 0.7, n=100),
        make_metric("paligemma", "naive", "response_accuracy", 0.65, n=800),
        make_metric("paligemma", "tldr", "response_accuracy/counting", 0.75, n=100),
        make_metric("paligemma", "tldr", "response_accuracy/vqa", 0.9, n=900),
        make_metric("llama", "naive", "response_accuracy", 0.6, n=800),
    ]


def test_table11_has_taxonomies_then_overall(by_taxonomy, make_reported):
    printed = [
        make_reported("table11", "counting", "tldr", "73.9"),
        make_reported("table11", "overall", "naive", "81.1"),
    ]
    counting, overall, llama = table11(Sources("mini", printed, by_taxonomy)).rows
    assert (counting["taxonomy"], counting["naive"], counting["tldr"]) == (
        "counting",
        "70.00",
        "75.00",
    )
    assert (counting["tldr_reported"], counting["n"], counting["decoder_only"]) == (
        "73.9",
        "100",
        "",
    )
    assert (overall["taxonomy"], overall["naive"], overall["tldr"]) == ("overall", "65.00", "")
    assert overall["naive_reported"] == "81.1"
    # The paper's table is PaliGemma's alone.
    assert (llama["backbone"], llama["naive_reported"]) == ("llama", "")


def test_columns_of_one_row_must_be_of_the_same_captions(by_taxonomy, make_metric):
    other = make_metric("paligemma", "tldr_decoder_only", "response_accuracy/counting", 0.7, n=90)
    with pytest.raises(InputError, match=r"paligemma counting was measured on \[90, 100\]"):
        table11(Sources("mini", [], [*by_taxonomy, other]))
