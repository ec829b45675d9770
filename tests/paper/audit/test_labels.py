"""Published labels against the parity of the functions."""

import csv
from pathlib import Path

from tldr_reward.paper.audit.labels import LabelledFunction, label_rows
from tldr_reward.paper.audit.printed import CONSISTENT, INCONSISTENT, UNKNOWN
from tldr_reward.world.rational import parse_function

FUNCTIONS = Path(__file__).parents[3] / "workflow" / "reported" / "isobench_functions.csv"


def labelled(*functions):
    items = [LabelledFunction(*function) for function in functions]
    return [(item, parse_function(item.code).parity()) for item in items]


def test_a_wrong_label_is_found(numbers):
    functions = labelled(
        ("1", "f(x) = x**2 + 1", "even"), ("2", "f(x) = x**2", "odd"), ("3", "f(x) = x/2", "odd")
    )
    rows = label_rows(functions, numbers)
    assert [row.verdict for row in rows] == [CONSISTENT, INCONSISTENT, CONSISTENT, UNKNOWN]
    assert rows[1].arithmetic == "f(x) = x**2: f(-x) = f(x) for its polynomials"
    assert rows[-1].arithmetic == "1 / 384 = 0.26%"
    assert label_rows(functions[:1], numbers)[-1].verdict == CONSISTENT


def test_the_six_items_are_wrong(numbers):
    with open(FUNCTIONS, encoding="utf-8", newline="") as file:
        functions = labelled(*map(tuple, list(csv.reader(file))[1:]))
    rows = label_rows(functions, numbers)
    assert [row.id.rpartition("/")[2] for row in rows if row.verdict == INCONSISTENT] == [
        "57", "71", "94", "164", "268", "311",
    ]  # fmt: skip
    assert rows[-1].recomputed == "up to 1.56 points"
