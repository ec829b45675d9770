"""The paper's claims, each with what was printed and what a run of ours shows of it."""

import dataclasses
import fnmatch
import math
from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.costs import Budget, Cost, Job, measured_cost
from tldr_reward.paper.effects import (
    Comparison,
    Effect,
    Row,
    Verdict,
    measured_effects,
    overall,
    printed_effects,
    verdict_of,
)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim; without comparisons it cannot be tested at this scale.

    `audit` are patterns of the ids of the audit's rows on how strong the printed numbers are.
    """

    name: str
    text: str
    where: str
    stands_for: str
    comparisons: tuple[Comparison, ...]
    audit: tuple[str, ...]
    budget: Budget
    command: str


@dataclasses.dataclass(frozen=True)
class ClaimEffect:
    """One effect of a claim: a row of effects.csv. `printed` is what the paper's numbers give."""

    claim: str
    scale: str
    source: str
    label: str
    value: float
    low: float
    high: float
    p: float
    expect: str
    verdict: str


@dataclasses.dataclass(frozen=True)
class ClaimRow:
    """One claim after a run: a row of claims.csv.

    `strength` says how many of the paper's comparisons its printed numbers show.
    """

    claim: str
    text: str
    where: str
    stands_for: str
    scale: str
    verdict: str
    strength: str
    printed: str
    observed: str
    budget_job_minutes: float
    job_minutes: float
    budget_gigabytes: float
    gigabytes: float
    budget_gpu_hours: float
    command: str


def read_claims(registry: Mapping) -> list[Claim]:
    """Claims of the registry, which the schema has passed.

    InputError for two of one id, and for a budget that is not there.
    """
    budgets = {
        name: Budget(**{**given, "jobs": tuple(given["jobs"])})
        for name, given in registry["budgets"].items()
    }
    entries = registry["claims"]
    for entry in entries:
        if entry["budget"] not in budgets:
            allowed = ", ".join(budgets)
            raise InputError(
                f"claims: {entry['id']} has budget {entry['budget']!r}; allowed: {allowed}"
            )
    claims = [
        Claim(
            entry["id"],
            entry["claim"],
            entry["where"],
            entry.get("stands_for", ""),
            tuple(_comparison(one) for one in entry.get("compare", ())),
            tuple(entry.get("audit", ())),
            budgets[entry["budget"]],
            entry["command"],
        )
        for entry in entries
    ]
    names = [claim.name for claim in claims]
    if twins := {name for name in names if names.count(name) > 1}:
        raise InputError(f"claims: two have the id {min(twins)!r}")
    return claims


def judge_claims(
    claims: Sequence[Claim],
    tables: Mapping[str, Sequence[Row]],
    scale: str,
    audit: Mapping[str, str],
    jobs: Mapping[str, Job],
) -> tuple[list[ClaimRow], list[ClaimEffect]]:
    """Verdict and effects of every claim; a table that is not among `tables` was not made.

    `audit` has the verdicts of the audit's rows by their ids, `jobs` what the run's jobs took.
    """
    rows, effects = [], []
    for claim in map(_as_made, claims) if scale == "paper" else claims:
        measured: list[tuple[Comparison, Effect]] = []
        printed: list[tuple[Comparison, Effect]] = []
        for comparison in claim.comparisons:
            table = tables.get(comparison.table.format(scale=scale))
            if table is None:
                continue
            own = _of_scale(table, scale)
            measured += [(comparison, one) for one in measured_effects(comparison, own)]
            printed += [(comparison, one) for one in printed_effects(comparison, table)]
        verdicts = [verdict_of(effect, comparison) for comparison, effect in measured]
        told = strength(claim, audit)
        row = _row(claim, scale, overall(verdicts), told, printed, measured)
        rows.append(_with_cost(row, measured_cost(claim.budget, jobs)))
        for source, some in (("measured", measured), ("printed", printed)):
            effects += [_effect_row(claim, scale, source, *pair) for pair in some]
    return rows, effects


def strength(claim: Claim, audit: Mapping[str, str]) -> str:
    """How many of the comparisons behind a claim the paper's printed numbers show."""
    found: list[str] = []
    for pattern in claim.audit:
        own = fnmatch.filter(audit, pattern)
        if audit and not own:
            raise InputError(f"claims: {claim.name}: the audit has no row {pattern!r}")
        found += own
    shown = sum(audit[name] == "consistent" for name in found)
    return f"{shown} of {len(found)} shown" if found else ""


def _as_made(claim: Claim) -> Claim:
    """The claim without what mini has in its place, and what testing it may cost there."""
    nothing = dict.fromkeys(("job_minutes", "gigabytes", "gpu_hours"), math.nan)
    return dataclasses.replace(
        claim, stands_for="", budget=dataclasses.replace(claim.budget, **nothing)
    )


def _of_scale(table: Sequence[Row], scale: str) -> list[Row]:
    """Rows of this scale; those of a table that was made at another say nothing of it."""
    return [row for row in table if row.get("scale", scale) == scale]


def _comparison(entry: Mapping) -> Comparison:
    given = dict(entry)
    for name in ("rows", "paper"):
        if name in given:
            given[name] = {key: tuple(values) for key, values in given[name].items()}
    for name in ("columns", "each", "summaries"):
        if name in given:
            given[name] = tuple(given[name])
    return Comparison(**given)


def _row(
    claim: Claim,
    scale: str,
    verdict: Verdict,
    strength: str,
    printed: Sequence[tuple[Comparison, Effect]],
    measured: Sequence[tuple[Comparison, Effect]],
) -> ClaimRow:
    return ClaimRow(
        claim.name,
        claim.text,
        claim.where,
        claim.stands_for,
        scale,
        verdict.value,
        strength,
        "; ".join(_text(effect, False) for _, effect in printed),
        "; ".join(_text(effect, True) for _, effect in measured),
        claim.budget.job_minutes,
        math.nan,
        claim.budget.gigabytes,
        math.nan,
        claim.budget.gpu_hours,
        claim.command,
    )


def _with_cost(row: ClaimRow, cost: Cost | None) -> ClaimRow:
    """The row with what testing it took; nan where that is not known."""
    if cost is None:
        return row
    minutes, gigabytes = round(cost.job_minutes, 1), round(cost.gigabytes, 2)
    return dataclasses.replace(row, job_minutes=minutes, gigabytes=gigabytes)


def _effect_row(
    claim: Claim, scale: str, source: str, comparison: Comparison, effect: Effect
) -> ClaimEffect:
    verdict = verdict_of(effect, comparison).value if source == "measured" else ""
    p = float("nan") if effect.p is None else effect.p
    numbers = (float(f"{one:.6g}") for one in (effect.value, effect.low, effect.high, p))
    return ClaimEffect(
        claim.name, scale, source, effect.label, *numbers, comparison.expect, verdict
    )


def _text(effect: Effect, with_interval: bool) -> str:
    text = f"{effect.value:+.3g}"
    if with_interval and effect.low != effect.high:
        text += f" [{effect.low:+.3g}, {effect.high:+.3g}]"
    if effect.p is not None:
        text += f", p = {effect.p:.2g}"
    return f"{effect.label}: {text}" if effect.label else text
