"""The README's results are those of the reference run."""

from pathlib import Path

import pytest

from tldr_reward.cli.render_readme import results_of
from tldr_reward.errors import InputError
from tldr_reward.paper.readme import BEGIN, END, render_results, replace_results

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results/reference/mini"
PROVENANCE = {
    "scale": "mini",
    "seeds": [0, 1],
    "commit": "0123456789abcdef",
    "dirty": True,
    "hardware": {"processors": 2, "processor": "P"},
    "job_minutes": 90.4,
    "gigabytes": 1.23,
}


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no reference run lies in results/reference")
def test_the_readme_shows_the_reference_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    results = results_of(REFERENCE)
    assert replace_results(readme, results) == readme, "run tldr-reward render-readme"


def test_results_are_rendered_from_rows():
    accuracy = [
        {"backbone": "llama", "measure": measure, "accuracy": value, "low": low, "high": high}
        for measure, value, low, high in (
            ("words/colour", "0.97", "0.96", "0.98"),
            ("answers/count", "0.5", "0.4", "0.6"),
        )
    ]
    table1 = [
        {"backbone": "llama", "reward_model": "tldr", "map_neg": "31.0", "map_neg_low": "28.0",
         "map_neg_high": "34.0", "map_neg_reported": "45.7", "token_accuracy": "96.5",
         "sentence_accuracy": "", "response_accuracy": "65"},
    ]  # fmt: skip
    claims = [
        {"text": "It is better.", "strength": "", "verdict": "holds"},
        {"text": "It is faster.", "strength": "1 of 2 shown", "verdict": "not run"},
    ]
    lines = render_results(accuracy, table1, claims, PROVENANCE).splitlines()
    assert lines[0] == (
        "Reference run at scale `mini`, seeds 0, 1, commit 0123456789ab with changes, on 2 "
        "processors (P): 90 minutes of the jobs behind these claims, of which two run at a time; "
        "the largest took 1.2 GB. Brackets are 95% intervals."
    )
    assert "| llama | – | 97.0% [96.0, 98.0] | – | – | – |" in lines
    assert "| llama | tldr | 31.0 [28.0, 34.0] (paper: 45.7) | 96.5 | – | 65 |" in lines
    assert "The paper's claims at this scale (1 holds, 1 not run):" in lines
    assert "| It is faster. | 1 of 2 shown | not run |" in lines


def test_only_what_stands_between_the_marks_is_replaced():
    readme = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replace_results(readme, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(InputError, match="the README has no lines"):
        replace_results("before\n", "new\n")
