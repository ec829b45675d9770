"""The paper's numbers: which of two printed values is shown, and the file itself."""

from pathlib import Path

from tldr_reward.paper.reported import ReportedValue, printed_values
from tldr_reward.records import read_rows

REPORTED = Path(__file__).parents[2] / "workflow" / "reported" / "reported.csv"


def test_where_the_sources_differ_the_camera_ready_is_shown(make_reported):
    rows = [
        make_reported("t", "r", "c", "45.1", "camera_ready"),
        make_reported("t", "r", "c", "47.5", "rebuttal"),
        make_reported("t", "r", "d", "3", "rebuttal"),
        make_reported("u", "r", "c", "9", "camera_ready"),
    ]
    expected = {("r", "c"): "45.1", ("r", "d"): "3"}
    assert printed_values(rows, "t") == expected
    assert printed_values(list(reversed(rows)), "t") == expected


def test_the_file_has_the_tables_as_printed():
    rows = read_rows(REPORTED, ReportedValue)
    assert printed_values(rows, "table1")["llama-3.2-11b-vision/tldr", "map_neg"] == "45.7"
    assert printed_values(rows, "table5")["paligemma-3b/tau=0.25", "isobench_winner_id"] == "45.1"
    assert printed_values(rows, "table11")["spatial_relationship", "naive"] == "74.1"
    assert len(printed_values(rows, "table11")) == 36
