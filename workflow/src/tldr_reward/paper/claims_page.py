"""The claims as a page to read: verdicts at a glance, then what each was told from."""

from collections.abc import Sequence

from tldr_reward.paper.claims import ClaimEffect, ClaimRow
from tldr_reward.paper.effects import Verdict

_EXPECTED = {
    "above": "The claim expects differences above 0.",
    "below": "The claim expects differences below 0.",
    "about": "The claim expects differences near 0.",
    "least": "The claim expects differences below 0, from each other row.",
}
_NOTES = (
    "*Holds*: every effect is shown to be as claimed, by its 95% interval or, where the same items "
    "were judged twice, by a paired p of 0.05 or less. *Does not hold*: one is shown to be "
    "otherwise. *Inconclusive*: neither. *Not run*: nothing at this scale can test it.",
    "A verdict is of this scale alone: other models and other data than the paper's. *Printed*: of "
    "the paper's own comparisons behind a claim, how many its printed numbers show to be as "
    "claimed, after Holm's correction (audit.md).",
)


def render_claims(rows: Sequence[ClaimRow], effects: Sequence[ClaimEffect], scale: str) -> str:
    """Markdown of all claims, in the registry's order."""
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in Verdict}
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    lines = [f"# The paper's claims at scale `{scale}`", "", f"{len(rows)} claims: {told}.", ""]
    for note in _NOTES:
        lines += [note, ""]
    lines += ["| Claim | Where | Printed | Verdict |", "| :-- | :-- | :-- | :-- |"]
    lines += [
        f"| [{row.text}](#{row.claim}) | {row.where} | {row.strength or '–'} | **{row.verdict}** |"
        for row in rows
    ]
    for row in rows:
        lines += _section(row, [effect for effect in effects if effect.claim == row.claim])
    return "\n".join(lines) + "\n"


def _section(row: ClaimRow, effects: Sequence[ClaimEffect]) -> list[str]:
    lines = ["", f'<a id="{row.claim}"></a>', "", f"## {row.text}", "", f"**{row.verdict}**"]
    lines[-1] += f" ({row.where}). `{row.command}`"
    if cost := _cost(row):
        lines += ["", cost]
    if row.stands_for:
        lines += ["", f"Here: {row.stands_for}."]
    lines += [line for kind in _expected(effects) for line in ("", _EXPECTED[kind])]
    measured = [effect for effect in effects if effect.source == "measured"]
    printed = [effect for effect in effects if effect.source == "printed"]
    if measured:
        lines += ["", "| Effect | Measured here | p | |", "| :-- | --: | --: | :-- |"]
        lines += [_measured(effect) for effect in measured]
    if printed:
        lines += ["", "| Effect | From the paper's numbers |", "| :-- | --: |"]
        lines += [f"| {_label(effect)} | {effect.value:+.3g} |" for effect in printed]
    return lines


def _cost(row: ClaimRow) -> str:
    """What testing a claim may take, and what it took."""
    parts = []
    if row.budget_job_minutes == row.budget_job_minutes:
        parts += [f"{row.budget_job_minutes:g} minutes, {row.budget_gigabytes:g} GB at most"]
    if row.job_minutes == row.job_minutes:
        parts += [f"here {row.job_minutes:.0f} minutes, {row.gigabytes:.1f} GB"]
    return f"Jobs of one seed: {'; '.join(parts)}." if parts else ""


def _expected(effects: Sequence[ClaimEffect]) -> list[str]:
    return list(dict.fromkeys(effect.expect for effect in effects))


def _measured(effect: ClaimEffect) -> str:
    value = f"{effect.value:+.3g}"
    if effect.low != effect.high:
        value += f" [{effect.low:+.3g}, {effect.high:+.3g}]"
    p = "–" if effect.p != effect.p else f"{effect.p:.2g}"
    return f"| {_label(effect)} | {value} | {p} | {effect.verdict} |"


def _label(effect: ClaimEffect) -> str:
    return effect.label.replace("|", "\\|") or "–"
