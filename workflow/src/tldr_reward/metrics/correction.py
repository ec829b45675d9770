"""Self-correction judged: wins, ties and losses of corrected captions, and their exact tests."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from tldr_reward.errors import InputError
from tldr_reward.metrics.intervals import wilson
from tldr_reward.metrics.paired import exact_mcnemar
from tldr_reward.records import CaptionRecord, Judgement, Metric

VERDICTS = ("win", "tie", "loss")


@dataclasses.dataclass(frozen=True)
class HumanVerdict:
    """What a person says of one correction: a row of a CSV of human judgements."""

    caption_id: str
    verdict: str

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise InputError(
                f"caption {self.caption_id!r} has verdict {self.verdict!r}; "
                f"allowed: {', '.join(VERDICTS)}"
            )


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One flagged caption after correction; `verdict` None: unchanged, or not to be judged."""

    parent_id: str
    changed: bool
    verdict: str | None


@dataclasses.dataclass(frozen=True)
class CorrectedRun:
    """Whose captions were corrected, what flagged them (backbone/reward_model/seed0), who judged.

    `by_people`: else an oracle did.
    """

    model: str
    detector: str
    scale: str
    split: str
    by_people: bool = False


@dataclasses.dataclass(frozen=True)
class Count:
    """So many of so many, with Wilson's 95% bounds of the count."""

    count: float
    low: float
    high: float
    n: int


def outcomes_by_oracle(
    before: Sequence[CaptionRecord],
    after: Sequence[CaptionRecord],
    judged: Mapping[str, Judgement],
) -> list[Outcome]:
    """A correction wins where it leaves fewer wrong words, and loses where it leaves more.

    One that holds, before or after, a sentence that the oracle cannot read is not judged.
    """
    originals = {caption.caption_id: caption for caption in before}
    found = []
    for caption in after:
        parent = caption.parent_id
        if parent not in originals:
            raise InputError(f"caption {caption.caption_id!r} corrects {parent!r}, which is absent")
        for caption_id in (parent, caption.caption_id):
            if caption_id not in judged:
                raise InputError(f"caption {caption_id!r} has no judgement")
        old, new = judged[parent], judged[caption.caption_id]
        changed = originals[parent].text != caption.text
        readable = all(len(one.judged_spans) == one.sentences for one in (old, new))
        better = len(old.bad_spans) - len(new.bad_spans)
        verdict = "win" if better > 0 else "loss" if better < 0 else "tie"
        found.append(Outcome(parent, changed, verdict if changed and readable else None))
    return found


def outcomes_by_people(
    before: Sequence[CaptionRecord],
    after: Sequence[CaptionRecord],
    verdicts: Sequence[HumanVerdict],
) -> list[Outcome]:
    """The same from human judgements of the changed captions; one left out is not judged."""
    originals = {caption.caption_id: caption.text for caption in before}
    said = {row.caption_id: row.verdict for row in verdicts}
    return [
        Outcome(
            caption.parent_id,
            changed := originals[caption.parent_id] != caption.text,
            said.get(caption.caption_id) if changed else None,
        )
        for caption in after
    ]


def measure_correction(outcomes: Sequence[Outcome], samples: int) -> dict[str, Count]:
    """Counts of table 4: flagged of samples, changed of flagged, verdicts of the judged."""
    changed = [outcome for outcome in outcomes if outcome.changed]
    judged = [outcome for outcome in changed if outcome.verdict]
    counts = {
        "flagged": _count(len(outcomes), samples),
        "self_corrected": _count(len(changed), len(outcomes)),
        "not_judged": _count(len(changed) - len(judged), len(changed)),
    }
    for verdict in VERDICTS:
        counts[verdict] = _count(sum(one.verdict == verdict for one in judged), len(judged))
    return counts


def sign_test(outcomes: Sequence[Outcome]) -> float:
    """Two-sided exact p of wins against losses; ties say nothing."""
    verdicts = [outcome.verdict for outcome in outcomes]
    return exact_mcnemar(verdicts.count("win"), verdicts.count("loss"))


def paired_sign_test(first: Sequence[Outcome], second: Sequence[Outcome]) -> float:
    """Exact p of items on which the first correction does better than the second, or worse.

    What was left as it was counts as a tie; items that one of the two has unjudged drop out.
    """
    rank = {"win": 1, "tie": 0, "loss": -1, None: 0}
    other = {outcome.parent_id: outcome for outcome in second}
    better = worse = 0
    for outcome in first:
        twin = other.get(outcome.parent_id)
        if twin is None:
            raise InputError(f"caption {outcome.parent_id!r} was corrected under one guidance only")
        if any(one.changed and one.verdict is None for one in (outcome, twin)):
            continue
        difference = rank[outcome.verdict] - rank[twin.verdict]
        better += difference > 0
        worse += difference < 0
    return exact_mcnemar(better, worse)


def correction_rows(
    run: CorrectedRun, outcomes: Mapping[str, Sequence[Outcome]], samples: int
) -> list[Metric]:
    """Metrics `correction/...` of both guidances; a p value or a sample size has no bounds."""
    rows = []
    for guidance, some in outcomes.items():
        rows.append(_row(run, guidance, "samples", Count(samples, math.nan, math.nan, samples)))
        counts = measure_correction(some, samples)
        rows += [_row(run, guidance, name, count) for name, count in counts.items()]
        if run.by_people:
            judged = sum(one.verdict is not None for one in some)
            rows.append(_row(run, guidance, "by_people", Count(1, math.nan, math.nan, judged)))
        p = Count(sign_test(some), math.nan, math.nan, len(some))
        rows.append(_row(run, guidance, "sign_p", p))
    p = paired_sign_test(outcomes["tldr"], outcomes["naive"])
    rows.append(_row(run, "tldr", "naive_p", Count(p, math.nan, math.nan, len(outcomes["tldr"]))))
    return rows


def _row(run: CorrectedRun, guidance: str, name: str, count: Count) -> Metric:
    backbone, reward_model, seed = run.detector.split("/")
    return Metric(
        f"{run.model}/{guidance}",
        backbone,
        reward_model,
        run.scale,
        seed.removeprefix("seed"),
        run.split,
        f"correction/{name}",
        count.count,
        count.low,
        count.high,
        count.n,
    )


def _count(count: int, n: int) -> Count:
    low, high = wilson(count, n) if n else (0.0, 1.0)
    return Count(count, low * n, high * n, n)
