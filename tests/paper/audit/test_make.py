"""The whole audit of the registry: what it settles, and that every row is whole."""

import collections
import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tldr_reward.cli.audit import command
from tldr_reward.errors import InputError
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN, WITHIN_ROUNDING
from tldr_reward.paper.audit.rows import KINDS

WORKFLOW = Path(__file__).parents[3] / "workflow"
# What had seemed not to add up, and what the audit says of it.
SETTLED = {
    # Correlation with MMMU, and without PaliGemma or at the level of responses.
    "regression/figure5/slope": WITHIN_ROUNDING,
    "regression/figure5/together": WITHIN_ROUNDING,
    "strength/figure5/token/without_paligemma-3b-mix-448": CONSISTENT,
    "strength/figure5/response/without_paligemma-3b-mix-448": UNKNOWN,
    # MEGA-Bench 43.0 on two rows; neither gives slope and intercept together.
    "source/table3/mega_bench/row": INCONSISTENT,
    "regression/figure6/together/camera_ready": INCONSISTENT,
    "regression/figure6/together/rebuttal": INCONSISTENT,
    "regression/figure6/p_of_printed_r": WITHIN_ROUNDING,
    "sum/figure3/token_rate": INCONSISTENT,
    # Granularity.
    "granularity/table5/blink_counting/one_way": CONSISTENT,
    "granularity/table5/blink_spatial_relation/one_way": CONSISTENT,
    "granularity/table5/blink_object_localization/one_way": CONSISTENT,
    "granularity/table5/llama-3.2-11b-vision/tau=1/isobench_math_parity": WITHIN_ROUNDING,
    "granularity/table5/isobench_math_parity/one_way": INCONSISTENT,
    "granularity/table5/paligemma-3b/tau=1/isobench_winner_id/camera_ready": INCONSISTENT,
    "granularity/table5/llama-3.2-11b-vision/tau=1/isobench_winner_id": INCONSISTENT,
    "granularity/table5/llama-3.2-11b-vision/tau=0.5/isobench_winner_id/rebuttal": INCONSISTENT,
    "granularity/table3/llama-3.2-90b-vision/hallucination_response": INCONSISTENT,
    "granularity/table3/qwen2-vl-7b/hallucination_response": INCONSISTENT,
    "source/table4/qwen2-vl-7b/flagged": INCONSISTENT,
    # Token accuracy beside calling all tokens good.
    "text/table1/all_positive": UNKNOWN,
    # Small samples.
    "strength/table5/paligemma-3b/blink_counting/0.25_0": UNKNOWN,
    "strength/table4/gpt-4v/wins_and_losses": CONSISTENT,
    "strength/table4/llama-3.2-90b/wins_and_losses": UNKNOWN,
    "strength/table4/qwen2-vl-7b/wins_and_losses": UNKNOWN,
    # Human evaluation: what the rate is one of, and its counts.
    "source/human_evaluation/phi-vision-3.5-instruct/definition": INCONSISTENT,
    "granularity/human_evaluation/phi-vision-3.5-instruct/sentence_false_negative_rate": (
        INCONSISTENT
    ),
    # IsoBench's labels.
    "label/isobench_math_parity/57": INCONSISTENT,
    "label/isobench_math_parity/311": INCONSISTENT,
    # Sizes of table 11's test set, and TLDR against naive with them.
    "granularity/table11/total": UNKNOWN,
    "strength/table11/overall/naive": UNKNOWN,
    # Text.
    "source/table4/llama/parameters": INCONSISTENT,
    "sum/table8/pairs": UNKNOWN,
}


def run(folder, reported=WORKFLOW / "reported/reported.csv", functions=None):
    """Run the command; returns its rows and its page."""
    functions = functions or WORKFLOW / "reported/isobench_functions.csv"
    files = {
        "reported": reported,
        "reported-schema": WORKFLOW / "schemas/reported.schema.json",
        "functions": functions,
        "schema": WORKFLOW / "schemas/audit.schema.json",
        "out": folder / "audit.csv",
        "markdown": folder / "audit.md",
    }
    arguments = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    CliRunner().invoke(command, arguments, catch_exceptions=False)
    with open(folder / "audit.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), (folder / "audit.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return run(tmp_path_factory.mktemp("audit"))


def test_every_row_is_whole(audit):
    rows, _ = audit
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["kind"] for row in rows} == set(KINDS)
    assert all(row["id"].startswith(f"{row['kind']}/") for row in rows)
    schema = json.loads((WORKFLOW / "schemas/audit.schema.json").read_text())
    assert list(rows[0]) == schema["required"]
    for row in rows:
        if row["p"]:
            assert float(row["low"]) <= float(row["estimate"]) <= float(row["high"])
            assert row["family"] and row["n"] and row["n_basis"]
            assert row["smallest_difference"], row["id"]
        if row["n_basis"].startswith("fewest") and row["p"]:
            assert row["n_needed"]


def test_every_comparison_of_the_paper_has_a_strength(audit):
    rows, _ = audit
    tables = collections.Counter(
        row["id"].split("/")[1] for row in rows if row["kind"] == "strength"
    )
    assert tables == {
        "table1": 12, "table2": 10, "table3": 3, "table4": 9, "table5": 52, "table6": 12,
        "table7": 4,
        "table11": 27, "human_evaluation": 3, "pixelprose": 1, "synthetic_data_check": 1,
        "figure5": 6, "figure6": 2,
    }  # fmt: skip


def test_what_seemed_not_to_add_up_is_settled(audit):
    rows, _ = audit
    found = {row["id"]: row["verdict"] for row in rows}
    assert {name: found[name] for name in SETTLED} == SETTLED


def test_the_page_has_the_wrong_ones_first(audit):
    rows, page = audit
    wrong = [row for row in rows if row["verdict"] == INCONSISTENT]
    assert f"## What does not add up ({len(wrong)})" in page
    first, _, rest = page.partition("## Everything else")
    assert all(row["arithmetic"].replace("|", "\\|") in first for row in wrong)
    assert "15 / 208 = 0.07212 = 7.21%" not in rest


def test_a_registry_without_a_value_is_an_input_error(tmp_path):
    text = (WORKFLOW / "reported/reported.csv").read_text()
    lines = [line for line in text.splitlines(True) if not line.startswith("table8,caption/docci,")]
    (tmp_path / "reported.csv").write_text("".join(lines))
    with pytest.raises(InputError, match="the registry has no value table8, caption/docci, train"):
        run(tmp_path, tmp_path / "reported.csv")
    assert not (tmp_path / "audit.csv").exists()


def test_a_registry_that_does_not_fit_its_schema_is_an_input_error(tmp_path):
    text = (WORKFLOW / "reported/reported.csv").read_text().replace("98.6,percent", "98.6,%", 1)
    (tmp_path / "reported.csv").write_text(text)
    line = "reported value table1, paligemma-3b/tldr, token_accuracy: unit: '%' is not one of"
    with pytest.raises(InputError, match=line):
        run(tmp_path, tmp_path / "reported.csv")
