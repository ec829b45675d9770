"""The rendering for reading."""

from tldr_reward.paper.markdown import render
from tldr_reward.paper.table import Table, p_text, percent


def test_values_with_interval_spread_and_the_papers_beside():
    row = {
        "model": "tldr",
        "a": "98.60",
        "a_low": "98.00",
        "a_high": "99.00",
        "a_seed_sd": "0.20",
        "a_reported": "97.1",
        "b": "",
        "b_reported": "4.0",
        "c": "",
    }
    reading = (("Model", "model"), ("A", "a"), ("B", "b"), ("C", "c"))
    table = Table("Title", "mini", tuple(row), (row,), reading, ("A note.",))
    assert render(table) == (
        "# Title\n"
        "\n"
        "Scale `mini`: rendered scenes and small backbones trained from scratch; "
        "not the paper's models or data.\n"
        "\n"
        "| Model | A | B | C |\n"
        "| :-- | --: | --: | --: |\n"
        "| tldr | 98.60 [98.00, 99.00] ± 0.20 (paper: 97.1) | (paper: 4.0) | – |\n"
        "\n"
        "A note.\n"
    )


def test_numbers_as_text():
    assert (percent(0.98765), percent(1), percent(None)) == ("98.77", "100.00", "")
    assert (p_text(0.0129395), p_text(1.0), p_text(3.41e-22)) == ("0.0129", "1", "3.41e-22")
