"""A run beside the reference run, as a section of the claims' page."""

from collections.abc import Sequence

from tldr_reward.paper.claims import ClaimRow
from tldr_reward.paper.reference import TOLERANCE, Agreement, FileAgreement, Surroundings

_SHOWN = 20  # files that differ, and reasons of a kind, before the rest is counted


def render_reference(
    found: Sequence[FileAgreement],
    missing: int,
    around: Surroundings,
    verdicts: Sequence[tuple[ClaimRow, str]],
) -> str:
    """Markdown: what surrounds the two runs, what is the same, what differs.

    `missing` counts files of the reference that this run did not make; `verdicts` are claims
    with the reference's verdict on them, where it is another.
    """
    lines = ["", "# Beside the reference run", "", _expectation(around), ""]
    for heading, texts in (
        ("Machine and versions", around.machine),
        ("Settings", around.settings),
        ("Code, newer here than in the reference", around.code),
    ):
        lines += _some(heading, texts)
    counts = {kind: sum(one.agreement == kind.value for one in found) for kind in Agreement}
    told = ", ".join(f"{counts[kind]} {kind.value}" for kind in Agreement if counts[kind])
    lines += [f"{len(found)} files compared: {told or 'none'}; {missing} were not made here.", ""]
    different = [one for one in found if one.agreement == Agreement.DIFFERENT.value]
    if different:
        lines += ["| File | Cells that differ | The first |", "| :-- | --: | :-- |"]
        lines += [
            f"| {one.file} | {one.beyond} of {one.cells} | {_cell(one.example)} |"
            for one in different[:_SHOWN]
        ]
        if len(different) > _SHOWN:
            lines += [f"| {len(different) - _SHOWN} more in reference.csv | | |"]
        lines += [""]
    if verdicts:
        lines += ["| Claim | Verdict here | Reference |", "| :-- | :-- | :-- |"]
        lines += [f"| {row.text} | {row.verdict} | {then} |" for row, then in verdicts]
    else:
        lines += ["Every claim has the reference's verdict."]
    return "\n".join(lines) + "\n"


def _expectation(around: Surroundings) -> str:
    if around.same:
        return "Same type of machine, same versions, settings and code: every cell must be equal."
    return (
        "Not all is as it was in the reference, so cells need not be equal: numbers with a 95% "
        "interval agree where the two intervals meet, others within "
        f"{100 * TOLERANCE:.0f}% of the larger."
    )


def _some(heading: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    lines = [f"{heading}:", "", *(f"- {text}" for text in texts[:_SHOWN])]
    if len(texts) > _SHOWN:
        lines += [f"- {len(texts) - _SHOWN} more"]
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
