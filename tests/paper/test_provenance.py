"""The jobs behind a file, and what they cost."""

from tldr_reward.paper.costs import Job
from tldr_reward.paper.provenance import JobRecord, RuleCost, costs_by_rule, jobs_behind

DRAW = JobRecord("draw", "draw", (), 0.0, 1.0)
TRAIN = {
    name: JobRecord("train", f"train/{name}", ("images", "../schema.json"), 1.0, 2.0)
    for name in ("a", "b")
}
RECORDS = {
    "images": DRAW,
    "scenes": DRAW,
    "a": TRAIN["a"],
    "b": TRAIN["b"],
    "unrelated": JobRecord("other", "other", ("scenes",), 0.0, 9.0),
    "table": JobRecord("make", "make", ("a", "b"), 3.0, 4.0),
}


def test_jobs_behind_are_found_through_their_inputs_each_once():
    assert jobs_behind(["a", "scenes"], RECORDS) == [DRAW, TRAIN["a"]]
    assert jobs_behind(["table"], RECORDS) == [DRAW, RECORDS["table"], TRAIN["a"], TRAIN["b"]]


def test_a_file_that_no_job_wrote_has_none_behind():
    assert jobs_behind(["../schema.json"], RECORDS) == []


def test_a_file_in_a_folder_is_of_the_job_that_wrote_the_folder():
    assert jobs_behind(["images/1.png"], RECORDS) == [DRAW]


def test_costs_are_summed_by_rule_and_what_was_not_measured_is_counted():
    measured = {"draw": Job(30.0, 512.0), "train/a": Job(90.0, 2048.0)}
    assert costs_by_rule(jobs_behind(["table"], RECORDS), measured) == [
        RuleCost("draw", 1, 0.5, 0.5),
        RuleCost("make", 1, 0.0, 0.0),
        RuleCost("train", 2, 1.5, 2.0),
    ]
