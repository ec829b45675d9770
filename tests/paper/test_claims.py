"""Claims: read from the registry, judged by tables, told on a page; and the registry itself."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tldr_reward.errors import InputError
from tldr_reward.paper.claims import judge_claims, read_claims
from tldr_reward.paper.claims_page import render_claims
from tldr_reward.paper.costs import Job, measured_cost

WORKFLOW = Path(__file__).parents[2] / "workflow"
REGISTRY = yaml.safe_load((WORKFLOW / "config/claims.yaml").read_text())
SCHEMA = json.loads((WORKFLOW / "schemas/claims.schema.json").read_text())
AUDIT = {"strength/t/a": "consistent", "strength/t/b": "cannot be told", "sums/t": "consistent"}
BUDGETS = {"small": {"job_minutes": 9, "gigabytes": 2, "gpu_hours": 0, "jobs": ["draw", "train/*"]}}
JOBS = {"draw": Job(30, 100), "train/x": Job(60, 512), "train/y": Job(90, 2048), "more": Job(9, 9)}


def entry(name="better", **more):
    compare = {"table": "paper_tables/t.csv", "columns": ["a"], "expect": "above",
               "rows": {"model": ["tldr"]}, "minus": {"model": "naive"}}  # fmt: skip
    told = {"id": name, "claim": "TLDR is better.", "where": "table 1", "budget": "small"}
    command = "snakemake --cores 8 paper_tables/t.csv"
    return told | {"command": command, "compare": [compare]} | more


def table(scale="mini"):
    return [
        {"model": model, "a": value, "a_low": low, "a_high": high, "a_reported": printed,
         "scale": scale}
        for model, value, low, high, printed in (
            ("tldr", "60", "57", "63", "83"), ("naive", "50", "47", "53", "81"))
    ]  # fmt: skip


def judged(entries, tables):
    return judge_claims(registry(entries), tables, "mini", AUDIT, JOBS)


def registry(entries):
    return read_claims({"budgets": BUDGETS, "claims": entries})


def test_a_claim_is_judged_by_its_table():
    (row,), effects = judged([entry()], {"paper_tables/t.csv": table()})
    assert (row.verdict, row.printed) == ("holds", "+2")
    assert row.observed == "+10 [+5.76, +14.2]"
    assert [(one.source, one.value, one.verdict) for one in effects] == [
        ("measured", 10, "holds"),
        ("printed", 2, ""),
    ]


def test_a_table_that_is_absent_or_of_another_scale_tells_nothing():
    (row,), _ = judged([entry()], {})
    assert (row.verdict, row.observed, row.printed) == ("not run", "", "")
    (row,), _ = judged([entry()], {"paper_tables/t.csv": table("smoke")})
    assert (row.verdict, row.observed, row.printed) == ("not run", "", "+2")


def test_a_claim_without_a_comparison_is_not_run():
    untested = entry()
    del untested["compare"]
    (row,), effects = judged([untested], {"paper_tables/t.csv": table()})
    assert row.verdict == "not run" and not effects


def test_strength_counts_what_the_printed_numbers_show():
    (row,), _ = judged([entry(audit=["strength/t/*"])], {})
    assert row.strength == "1 of 2 shown"
    with pytest.raises(InputError, match="better: the audit has no row 'strength/x'"):
        judged([entry(audit=["strength/x"])], {})


def test_a_cost_is_that_of_the_jobs_that_a_budget_names():
    (row,), _ = judged([entry()], {})
    assert (row.budget_job_minutes, row.job_minutes) == (9, 3)
    assert (row.budget_gigabytes, row.gigabytes) == (2, 2)
    budget = registry([entry()])[0].budget
    assert measured_cost(budget, {"draw": Job(30, 100)}) is None
    # Of a run with several seeds, the first seed's.
    jobs = {f"train/seed{seed}": Job(60 * seed, 1024) for seed in (2, 3, 10)}
    cost = measured_cost(budget, {"draw": Job(30, 100)} | jobs)
    assert (cost.job_minutes, cost.gigabytes) == (2.5, 1)


def test_at_paper_scale_nothing_stands_for_what_was_claimed_and_minis_budget_is_left_out():
    claims = registry([entry(stands_for="a small world")])
    own = {"paper_tables/t.csv": table("paper")}
    rows, effects = judge_claims(claims, own, "paper", AUDIT, {})
    assert (rows[0].verdict, rows[0].stands_for) == ("holds", "")
    page = render_claims(rows, effects, "paper")
    assert "Jobs of" not in page and "a small world" not in page
    rows, effects = judge_claims(claims, own, "mini", AUDIT, {})
    page = render_claims(rows, effects, "mini")
    assert "Jobs of one seed: 9 minutes, 2 GB at most." in page and "Here: a small world." in page


def test_a_budget_that_is_not_there_is_named():
    with pytest.raises(InputError, match="better has budget 'large'; allowed: small"):
        registry([entry(budget="large")])


def test_twins_are_named():
    with pytest.raises(InputError, match="two have the id 'better'"):
        registry([entry(), entry()])


def test_the_page_counts_verdicts_and_shows_effects():
    rows, effects = judged([entry(), entry("other", stands_for="a world")],
                           {"paper_tables/t.csv": table()})  # fmt: skip
    page = render_claims(rows, effects, "mini")
    assert "2 claims: 2 holds, 0 does not hold, 0 inconclusive, 0 not run." in page
    assert "| [TLDR is better.](#other) | table 1 | – | **holds** |" in page
    assert "Here: a world." in page
    assert "Jobs of one seed: 9 minutes, 2 GB at most; here 3 minutes, 2.0 GB." in page
    assert "| – | +10 [+5.76, +14.2] | – | holds |" in page


def test_the_registry_fits_its_schema_and_has_no_twins():
    jsonschema.validate(REGISTRY, SCHEMA, jsonschema.Draft202012Validator)
    assert len(read_claims(REGISTRY)) >= 25


def test_the_registry_names_columns_that_the_tables_have():
    for claim in read_claims(REGISTRY):
        for one in claim.comparisons:
            name = Path(one.table).stem
            schema = WORKFLOW / f"schemas/{name}.schema.json"
            if not schema.is_file():
                assert name == "fits", f"{claim.name}: {one.table}"
                continue
            known = set(json.loads(schema.read_text())["properties"])
            named = {*one.columns, *one.rows, *one.each, *one.minus, *one.paper}
            named |= {one.minus_column or one.columns[0], one.among or one.columns[0]}
            if one.p:
                named |= {one.p.replace("{column}", column) for column in one.columns}
            assert named <= known, f"{claim.name}: {sorted(named - known)}"


@pytest.mark.parametrize(
    "change",
    [
        {"expect": "more"},
        {"within": 1.0},
        {"expect": "about"},
        {"expect": "least"},
        {"colums": ["a"]},
        {"table": "../secret.csv"},
    ],
)
def test_what_does_not_fit_the_schema_is_refused(change):
    bad = entry()
    bad["compare"][0] |= change
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert not list(validator.iter_errors({"budgets": BUDGETS, "claims": [entry()]}))
    assert list(validator.iter_errors({"budgets": BUDGETS, "claims": [bad]}))
