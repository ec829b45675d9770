"""The README's results, rendered from the reference run, and other parts between two marks."""

from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.paper.markdown import cell

Row = Mapping[str, str]
BEGIN = "<!-- results: written by `tldr-reward render-readme`, from the reference run -->"
END = "<!-- end of results -->"
COSTS = ("<!-- costs: written by `tldr-reward estimate-costs` -->", "<!-- end of costs -->")
_WORDS = ("position", "colour", "size", "shape", "letters")
_MEASURES = {
    "mAP(neg)": "map_neg",
    "Token accuracy": "token_accuracy",
    "Sentence accuracy": "sentence_accuracy",
    "Response accuracy": "response_accuracy",
}


def replace_results(readme: str, results: str) -> str:
    """The README with other results between its two marks."""
    return replace_between(readme, BEGIN, END, results)


def replace_between(readme: str, first: str, last: str, text: str) -> str:
    """The README with another text between two marks; InputError where they are not there."""
    before, begin, rest = readme.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise InputError(f"the README has no lines {first!r} and {last!r}")
    return f"{before}{first}\n\n{text}\n{last}{after}"


def render_results(
    accuracy: Sequence[Row], table1: Sequence[Row], claims: Sequence[Row], provenance: Mapping
) -> str:
    """Backbones, reward models and claims of a run, as Markdown.

    `accuracy`: rows that measure-backbone wrote; `claims`: rows of claims.csv; `provenance`:
    that of the claims' page.
    """
    lines = [_about(provenance), ""]
    lines += ["What backbones name right of the words that a test scene decides:", ""]
    lines += _backbones(accuracy)
    lines += ["", "Reward models on perturbed test captions, in percent (the paper's in brackets):"]
    lines += ["", *_reward_models(table1)]
    counts: dict[str, int] = {}
    for row in claims:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    lines += ["", f"The paper's claims at this scale ({told}):", ""]
    lines += ["| Claim | Printed numbers show | Verdict |", "| :-- | :-- | :-- |"]
    lines += [f"| {row['text']} | {row['strength'] or '–'} | {row['verdict']} |" for row in claims]
    return "\n".join(lines) + "\n"


def _about(provenance: Mapping) -> str:
    hardware = provenance["hardware"]
    seeds = ", ".join(map(str, provenance["seeds"]))
    changed = " with changes" if provenance["dirty"] else ""
    commit = (provenance["commit"] or "unknown")[:12]
    return (
        f"Reference run at scale `{provenance['scale']}`, seeds {seeds}, commit {commit}{changed}, "
        f"on {hardware['processors']} processors ({hardware['processor']}): "
        f"{provenance['job_minutes']:.0f} minutes of the jobs behind these claims, of which two "
        f"run at a time; the largest took {provenance['gigabytes']:.1f} GB. Brackets are 95% "
        f"intervals."
    )


def _backbones(accuracy: Sequence[Row]) -> list[str]:
    lines = [
        f"| Backbone | {' | '.join(word.capitalize() for word in _WORDS)} |",
        f"| :-- |{' --: |' * len(_WORDS)}",
    ]
    for backbone in dict.fromkeys(row["backbone"] for row in accuracy):
        own = {row["measure"]: row for row in accuracy if row["backbone"] == backbone}
        cells = [_share(own.get(f"words/{word}")) for word in _WORDS]
        lines.append(f"| {backbone} | {' | '.join(cells)} |")
    return lines


def _share(row: Row | None) -> str:
    if row is None:
        return "–"
    value, low, high = (100 * float(row[name]) for name in ("accuracy", "low", "high"))
    return f"{value:.1f}% [{low:.1f}, {high:.1f}]"


def _reward_models(table1: Sequence[Row]) -> list[str]:
    lines = [
        f"| Backbone | Model | {' | '.join(_MEASURES)} |",
        f"| :-- | :-- |{' --: |' * len(_MEASURES)}",
    ]
    for row in table1:
        cells = [cell(row, column) for column in _MEASURES.values()]
        lines.append(f"| {row['backbone'] or '–'} | {row['reward_model']} | {' | '.join(cells)} |")
    return lines
