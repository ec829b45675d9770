"""Package and peer do the same work: losses, scores, captions; and reports say what they must."""

import math
import time

import pytest

from tldr_reward.backbones.placement import Placement
from tldr_reward.bench import growth, measuring, speed
from tldr_reward.bench.generation import measured_generation
from tldr_reward.bench.memory import PeakMemory
from tldr_reward.bench.pipeline import pipeline_times
from tldr_reward.bench.startup import import_seconds
from tldr_reward.bench.summary import markdown, speed_rows

NAMES = ("paligemma", "llama")
CPU = Placement(device="cpu")


@pytest.fixture(scope="module")
def report():
    return speed.measured_speed("tiny", "paligemma", CPU, 1)


@pytest.mark.parametrize("name", NAMES)
def test_package_and_peer_have_the_same_losses_and_scores(name):
    found = speed.equality(speed.make_bench("tiny", name, CPU))
    assert found["steps"] == 2
    assert found["largest_difference_of_losses"] < 1e-4
    assert found["largest_difference_of_scores"] < 1e-4
    # Scores that were all alike would be equal for nothing.
    assert found["spread_of_scores"] > 0.01


def test_a_report_names_settings_counts_and_bounds(report):
    assert report["captions"] == 6 and report["image_tokens"] == 16
    for work in ("training", "scoring"):
        found = report[work]
        assert list(found["swept_seconds"]["ours"]) == ["1", "2"]
        # The peer's best batch was tried in bfloat16 too.
        tried = list(found["swept_seconds"]["peer"])
        assert tried[:2] == ["2", "3"]
        assert work == "training" or tried[2].endswith(" bf16")
        assert len(found["ours"]["seconds"]) == 1
        assert found["peer"]["counted_gflop"] > found["peer_cached"]["counted_gflop"]
        bound = found["peer"]["counted_gflop"] / found["ours"]["counted_gflop"]
        # Counts are rounded to 10^6 operations.
        assert found["ours_against_peer"]["bound"] == pytest.approx(bound, rel=0.1)


def test_the_table_has_a_row_a_comparison(report):
    rows = speed_rows([report])
    assert [(row.work, row.peer) for row in rows] == [
        ("training", "peer"),
        ("training", "peer_cached"),
        ("scoring", "peer"),
        ("scoring", "peer_cached"),
    ]
    text = markdown(rows, report["formula"])
    assert text.count("| tiny |") == 4 and "2 n a token" in text


@pytest.mark.parametrize("name", NAMES)
def test_captions_of_many_images_together_are_those_of_one_by_one(name):
    found = measured_generation("tiny", name, CPU, 1, 5)
    assert found["equal_texts"] == found["images"] == 5


def test_growth_is_measured_at_three_sizes_and_expected_from_counts():
    found = growth.measured_growth("tiny", "paligemma", CPU, 1)
    for work in ("training", "scoring"):
        for name in growth.VARIABLES:
            assert len(found[work][name]["sizes"]) == len(found[work][name]["median_s"]) == 3
        assert found[work]["images"]["expected_order"] == pytest.approx(1.0, abs=0.1)
        assert 0.3 < found[work]["captions"]["expected_order"] < 1


def test_an_order_is_the_exponent_of_a_power_law():
    assert growth.order_of((1, 2, 4), (3.0, 12.0, 48.0)) == pytest.approx(2.0)


def test_ratios_are_of_medians_with_the_rounds_spread():
    assert measuring.ratio((4.0, 6.0, 9.0), (2.0, 2.0, 1.0)) == {
        "ratio": 3.0,
        "low": 2.0,
        "high": 9.0,
    }


def test_turns_are_taken_in_changing_order():
    taken = []

    def run(name):
        taken.append(name)
        return 1.0

    found = measuring.in_turns({name: lambda name=name: run(name) for name in "ab"}, 2, "turns")
    assert "".join(taken) == "abba"
    assert found == {"a": [1.0, 1.0], "b": [1.0, 1.0]}


def test_peak_memory_sees_what_is_given_back_before_the_end():
    with PeakMemory() as peak:
        held = bytearray(b"x" * 80_000_000)
        time.sleep(0.1)  # as work does, this lets the watching thread look
        del held
    assert 60 < peak.megabytes < 400


def test_times_of_a_pipeline_by_rule_longest_first():
    row = {"s": "10.0", "cpu_time": "8.0", "max_rss": "100.5"}
    short = {"s": "1.0", "cpu_time": "NA", "max_rss": "-"}
    found = pipeline_times(
        {"verify.tsv": short, "train/a/seed0.tsv": row, "train/a/seed1.tsv": row}
    )
    assert list(found["rules"]) == ["train", "verify"]
    assert found["rules"]["train"] == {
        "jobs": 2, "seconds": 20.0, "longest_s": 10.0, "share": 0.9524, "cpu_seconds": 16.0,
        "largest_mb": 100.5,
    }  # fmt: skip
    assert found["rules"]["verify"]["cpu_seconds"] == 0.0
    assert found["seconds_of_all_jobs"] == 21.0


def test_seconds_of_an_import_are_read_from_what_python_says():
    text = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:      1500 |       1500 |   click\n"
        "import time:       500 |       2000 | tldr_reward.cli.main\n"
    )
    found = import_seconds(text)
    assert found == {"tldr_reward.cli.main": 0.002, "click": 0.0015}
    assert math.isclose(sum(found.values()), 0.0035)
