"""Measured rows of a few runs, and a few of the paper's numbers, small enough to read."""

import pytest

from tldr_reward.metrics.rows import ResponseOutcome
from tldr_reward.paper.reported import ReportedValue
from tldr_reward.records import Metric


def metric(backbone, model, name, value, seed="0", split="test", n=40, half=0.02):
    """One metric with a symmetric interval."""
    run = f"{backbone}/{model}/seed{seed}"
    return Metric(
        run, backbone, model, "mini", seed, split, name, value, value - half, value + half, n
    )


def reported(table, row, column, value, source="camera_ready"):
    """One printed number."""
    return ReportedValue(table, row, column, value, "percent", source, "", "")


def five(backbone, model, values, seed="0", split="test"):
    """The five metrics of a token-level run."""
    names = ("token_accuracy", "sentence_accuracy", "response_accuracy", "map_neg", "map_pos")
    return [
        metric(backbone, model, name, value, seed, split)
        for name, value in zip(names, values, strict=True)
    ]


def outcomes(backbone, model, right, seed="0", split="test"):
    """Responses c0, c1, ... of one image each, gold good, judged right or not."""
    run = f"{backbone}/{model}/seed{seed}"
    return [
        ResponseOutcome(
            run, backbone, model, "mini", seed, split, f"c{i}", f"i{i}", "", 1, int(good)
        )
        for i, good in enumerate(right)
    ]


@pytest.fixture
def make_metric():
    return metric


@pytest.fixture
def make_five():
    return five


@pytest.fixture
def make_reported():
    return reported


@pytest.fixture
def make_outcomes():
    return outcomes
