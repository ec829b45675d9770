"""The notebooks, run on files that are made up: what they conclude, and that nothing is enough."""

import html
import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tldr_reward.cli.run_notebook import command
from tldr_reward.metrics.benchmarks import measure_benchmarks
from tldr_reward.metrics.rows import BenchmarkOutcome
from tldr_reward.metrics.zoo_correlation import ZooFit, ZooPoint, zoo_fits, zoo_points
from tldr_reward.records import Metric, write_rows

NOTEBOOKS = Path(__file__).parents[2] / "workflow" / "notebooks"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Runs a notebook on rows of files, by option; returns what it says, without its code."""
    monkeypatch.chdir(tmp_path)

    def made(name: str, **rows) -> str:
        arguments = [str(NOTEBOOKS / f"{name}.py"), "--scale", "mini", "--out", "page.html"]
        for option, (found, kind) in rows.items():
            write_rows(f"{option}.csv", found, kind)
            arguments += [f"--{option}", f"{option}.csv"]
        ended = CliRunner().invoke(command, arguments)
        assert ended.exception is None, ended.exception
        text = Path("page.html").read_text()
        text = re.sub(r'<div class="highlight.*?</div>', "", text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())

    return made


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_without_a_file_a_notebook_says_what_it_can(page, path):
    assert page(path.stem)


def zoo_metrics() -> list[Metric]:
    """Four models whose rate is estimated two points too high, and whose score follows neither."""
    rows = []
    for name, true, exam in (("a", 0.0, 0.5), ("b", 0.05, 0.8), ("c", 0.1, 0.4), ("d", 0.2, 0.6)):
        values = {
            "hallucination_token": (true + 0.02, 0.01),
            "true_hallucination_token": (true, 0.01),
            "hallucination_difference_token": (0.02, 0.01),
            "neg_log_hallucination_token": (-math.log(true + 0.02), 0.1),
            "neg_log_true_hallucination_token": (-math.log(max(true, 0.001)), 0.1),
            "specificity_token": (0.97, 0.01),
            "caption_tokens": (40 + 100 * true, 1),
            "exam_accuracy": (exam, 0.05),
        }
        rows += [
            Metric(name, "llama", "tldr", "mini", "0", "test", metric, value, value - by,
                   value + by, 100)
            for metric, (value, by) in values.items()
        ]  # fmt: skip
    return rows


def test_a_rate_that_is_too_high_for_all_and_in_the_right_order(page):
    metrics = zoo_metrics()
    points = zoo_points(metrics, "mini")
    text = page(
        "is_h_t_a_good_measure",
        metrics=(metrics, Metric),
        points=(points, ZooPoint),
        fits=(zoo_fits(points), ZooFit),
    )
    assert "H_T is too high for a, b, c, d; too low for none;" in text
    assert "token estimated 6 of 6 1.00 6 of 6" in text
    assert "false alarms alone would give for a; it is for b, c, d." in text
    assert "The oracle finds no wrong word of a:" in text
    assert "the paper's, H_T: no line; ours, H_T: not shown; ours, true rate: not shown." in text
    assert "scene-exam is shown to go with neither rate" in text


def outcomes(backbone: str, model: str, right: dict[float, int]) -> list[BenchmarkOutcome]:
    """Forty items of a benchmark, of which the first so many are right at each tau."""
    run = (f"{backbone}/{model}/seed0", backbone, model, "mini", "0")
    return [
        BenchmarkOutcome(*run, tau, "counting", f"i{item}", "A", f"m{item}", "A", "A",
                         int(item < count), "A", int(item < count))
        for tau, count in right.items()
        for item in range(40)
    ]  # fmt: skip


def tau_metrics(backbone: str, model: str, changes: dict[float, float]) -> list[Metric]:
    """True rates and their changes over tau, and what the own reward model makes of them."""
    run = (f"{backbone}/{model}/seed0", backbone, model, "mini", "0", "test")
    rows = []
    for tau, change in changes.items():
        values = {
            "true_hallucination_token": 0.1 + change,
            f"hallucination_token/by={backbone}": 0.1 - tau / 2,
            "lora_update": tau / 10,
        }
        values |= {"true_hallucination_change_token": change} if tau else {}
        rows += [
            Metric(*run, f"{name}/tau={tau:g}", value, value - 0.01, value + 0.01, 100)
            for name, value in values.items()
        ]
    return rows


def test_what_is_better_is_said_by_backbone_and_by_control(page):
    better, alike = {0.0: 10, 0.1: 30}, {0.0: 10, 0.1: 11}
    metrics = measure_benchmarks(
        outcomes("paligemma", "tldr", better) + outcomes("llama", "tldr", alike)
    )
    metrics += measure_benchmarks(outcomes("paligemma", "captions", better))
    metrics += tau_metrics("paligemma", "tldr", {0.0: 0.0, 0.1: 0.001})
    metrics += tau_metrics("llama", "tldr", {0.0: 0.0, 0.1: -0.05})
    text = page("what_does_tau_do", metrics=(metrics, Metric))
    assert "Counting 40 100.0 25.0 75.0 ↑" in text
    assert "the own estimate falls and the true rate is not shown to at τ = 0.1. Llama" in text
    assert (
        "PaliGemma. benchmarks: some τ is better, and some is with plain captions: labels need not "
        "be the reason; captions: no τ above zero is shown to be better." in text
    )
    assert (
        "Llama-3.2-Vision. benchmarks: no τ above zero is shown to be better; captions: some τ is "
        "better; without a control it is open why." in text
    )
