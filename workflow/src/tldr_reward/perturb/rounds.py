"""Negatives by a language model: which are asked for when, and what becomes of the replies.

Captions go in waves, and a wave in rounds: in each, every caption that still lacks negatives asks
for as many, in the taxonomies that are used least; all of a round is asked at once and counted
in the order of the captions. So the outcome depends on the replies and not on which comes first.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tldr_reward.perturb.messages import Chat, Reply
from tldr_reward.perturb.prompts import (
    ANSWER_CHECK_CAUSES,
    CHECK_CAUSES,
    negative_chat,
    negative_check_chat,
    wrong_answer_chat,
    wrong_answer_check_chat,
)
from tldr_reward.perturb.replies import (
    answer_cause,
    check_cause,
    in_form_of,
    negative_cause,
    unusable,
    usable_text,
)
from tldr_reward.perturb.taxonomies import TAXONOMIES, due_taxonomies, negative
from tldr_reward.records import CaptionRecord

# Replies to chats, in their order; None for one that an estimate does not know.
Ask = Callable[[Sequence[Chat]], Sequence[Reply | None]]


@dataclasses.dataclass(frozen=True)
class Rules:
    """How many negatives a caption gets, how much they may change, and what settles ties.

    `assumed` is for estimates: the cause, or None for accepted, of an edit without a reply.
    """

    per_caption: int
    largest_edit: float
    seed: int
    assumed: str | None = None


@dataclasses.dataclass(frozen=True)
class Truth:
    """What is known of the images: true responses by (image, prompt), aggregated captions."""

    responses: Mapping[tuple[str, str], Sequence[str]]
    aggregated: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A negative to ask for; a question's wrong answer has no taxonomy."""

    original: CaptionRecord
    taxonomy: str | None


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The negative's text, or the cause for which there is none."""

    text: str
    cause: str | None


class Perturber:
    """Makes the negatives of one split, its taxonomies balanced, and counts what it drops.

    `rejected` counts by (image_id, task, taxonomy, cause).
    """

    def __init__(self, ask: Ask, truth: Truth, rules: Rules) -> None:
        self.ask, self.truth, self.rules = ask, truth, rules
        self.used: Counter[str] = Counter()
        self.rejected: Counter[tuple[str, str, str, str]] = Counter()

    def wave(self, originals: Sequence[CaptionRecord]) -> list[list[CaptionRecord]]:
        """The negatives of each original; fewer than asked for, or none, where none are good."""
        made: list[list[CaptionRecord]] = [[] for _ in originals]
        tried: list[set[str | None]] = [set() for _ in originals]
        while places := self._due(originals, made, tried):
            attempts = [Attempt(originals[place], taxonomy) for place, taxonomy in places]
            for (place, taxonomy), outcome in zip(places, self._outcomes(attempts), strict=True):
                tried[place].add(taxonomy)
                original = originals[place]
                if outcome.cause is not None:
                    key = (original.image_id, original.task, taxonomy or "", outcome.cause)
                    self.rejected[key] += 1
                    continue
                if taxonomy is not None:
                    self.used[taxonomy] += 1
                made[place].append(negative(original, outcome.text, taxonomy))
        return made

    def _due(
        self,
        originals: Sequence[CaptionRecord],
        made: Sequence[Sequence[CaptionRecord]],
        tried: Sequence[set[str | None]],
    ) -> list[tuple[int, str | None]]:
        """A round: places of originals that lack negatives, with the taxonomies to try."""
        planned = Counter(self.used)
        due: list[tuple[int, str | None]] = []
        for place, original in enumerate(originals):
            if original.task != "caption":
                due += [] if tried[place] else [(place, None)]
                continue
            lacking = self.rules.per_caption - len(made[place])
            if lacking <= 0 or len(tried[place]) == len(TAXONOMIES):
                continue
            rng = np.random.default_rng([self.rules.seed, *original.caption_id.encode()])
            left = [one for one in due_taxonomies(planned, rng) if one not in tried[place]]
            for taxonomy in left[:lacking]:
                planned[taxonomy] += 1
                due.append((place, taxonomy))
        return due

    def _outcomes(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        """Ask for negatives, then for checks of those that may be good."""
        replies = self.ask([_chat(attempt) for attempt in attempts])
        outcomes = [
            self._read(attempt, reply) for attempt, reply in zip(attempts, replies, strict=True)
        ]
        checks = {
            place: chat
            for place, (attempt, outcome) in enumerate(zip(attempts, outcomes, strict=True))
            if outcome.cause is None and (chat := self._check_chat(attempt, outcome.text))
        }
        verdicts = dict(zip(checks, self.ask(list(checks.values())), strict=True))
        for place, attempt in enumerate(attempts):
            # Without a reply nothing else is known than what is assumed, checked or not.
            unknown = replies[place] is None or (place in checks and verdicts[place] is None)
            if unknown:
                outcomes[place] = Outcome(outcomes[place].text, self.rules.assumed)
            elif place in checks:
                cause = check_cause(verdicts[place], _causes(attempt))
                outcomes[place] = Outcome(outcomes[place].text, cause)
        return outcomes

    def _read(self, attempt: Attempt, reply: Reply | None) -> Outcome:
        original = attempt.original
        if reply is None:
            return Outcome(original.text, None)
        if cause := unusable(reply):
            return Outcome("", cause)
        true = self.truth.responses.get((original.image_id, original.prompt), ())
        if attempt.taxonomy is None:
            text = in_form_of(original.text, usable_text(reply.text))
            return Outcome(text, answer_cause(original.text, text, true))
        text = usable_text(reply.text, original.text)
        return Outcome(text, negative_cause(original.text, text, true, self.rules.largest_edit))

    def _check_chat(self, attempt: Attempt, text: str) -> Chat | None:
        """The check of a negative; None for an answer about an image without a caption."""
        original = attempt.original
        if attempt.taxonomy is not None:
            return negative_check_chat(original.text, text, attempt.taxonomy)
        caption = self.truth.aggregated.get(original.image_id)
        if caption is None:
            return None
        return wrong_answer_check_chat(caption, original.prompt, original.text, text)


def _chat(attempt: Attempt) -> Chat:
    original = attempt.original
    if attempt.taxonomy is None:
        return wrong_answer_chat(original.prompt, original.text)
    return negative_chat(original.text, attempt.taxonomy)


def _causes(attempt: Attempt) -> Sequence[str]:
    return ANSWER_CHECK_CAUSES if attempt.taxonomy is None else CHECK_CAUSES
