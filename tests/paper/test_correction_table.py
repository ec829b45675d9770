"""Table 4: counts with bounds, exact tests, and the paper's counts in rows of their own."""

import json
import math
from pathlib import Path

from tldr_reward.paper.correction_table import table4
from tldr_reward.paper.reported import ReportedValue
from tldr_reward.paper.table import Sources, check_table
from tldr_reward.records import Metric

SCHEMA = Path(__file__).parents[2] / "workflow/schemas/table4.schema.json"
COUNTS = {"samples": 800, "flagged": 90, "self_corrected": 60, "win": 40, "tie": 12, "loss": 8}


def metrics(guidance, **values):
    found = COUNTS | {"not_judged": 1} | values
    return [
        Metric(f"mine/{guidance}", "llama", "tldr", "mini", "0", "test", f"correction/{name}",
               value, math.nan if name.endswith(("_p", "samples")) else value - 1.0,
               math.nan if name.endswith(("_p", "samples")) else value + 1.0, 90)
        for name, value in found.items()
    ]  # fmt: skip


def test_rows_of_ours_and_of_the_paper():
    printed = {"samples": 800, "flagged": 25, "self_corrected": 21, "win": 12, "tie": 7, "loss": 2}
    reported = [
        ReportedValue("table4", "gpt-4v/tldr", name, str(value), "count", "camera_ready", "", "")
        for name, value in printed.items()
    ]
    rows = metrics("tldr", sign_p=0.01, naive_p=0.5) + metrics("naive", sign_p=0.03)
    table = table4(Sources("mini", reported, rows))
    check_table(table, json.loads(SCHEMA.read_text()))
    first, second, paper = table.rows
    assert (first["judge"], paper["judge"]) == ("oracle", "people")
    people = table4(Sources("paper", [], rows + metrics("tldr", by_people=1)))
    assert people.rows[0]["judge"] == "people"
    assert (first["model"], first["guidance"], first["win"]) == ("mine", "tldr", "40")
    assert (first["win_low"], first["win_high"], first["samples_low"]) == ("39.0", "41.0", "")
    # Holm: the smaller of two p is doubled.
    assert (first["sign_p"], first["sign_p_holm"], first["naive_p"]) == ("0.01", "0.02", "0.5")
    assert (second["sign_p_holm"], second["naive_p"]) == ("0.03", "")
    assert (paper["model"], paper["win"], paper["scale"]) == ("gpt-4v (paper)", "12", "reported")
    assert paper["sign_p"] == "0.0129"
