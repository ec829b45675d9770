"""Which words of a caption the scene and the words before them leave no choice about."""

import dataclasses

from tldr_reward.records import Span
from tldr_reward.spans import sentence_spans
from tldr_reward.world.facts import MEANINGS, facts_of
from tldr_reward.world.grammar import Parse, parse_sentence
from tldr_reward.world.scenes import Scene


@dataclasses.dataclass(frozen=True)
class DeterminedWord:
    """A word of a caption that must be this one: its slot (colour, row, ...) and characters."""

    slot: str
    span: Span


def determined_words(scene: Scene, text: str) -> list[DeterminedWord]:
    """Words whose slot has one value in all facts that agree with the sentence so far.

    "in the top row, first column there is a big red circle." determines "red"; "a big red
    circle is in the top row, first column." does not, where another object is big as well.
    Under teacher forcing a model that sees the scene can get exactly these words right.
    Denials determine nothing.
    """
    found = []
    for start, end in sentence_spans(text):
        parse = parse_sentence(text[start:end])
        if parse is None or parse.form.negated:
            continue
        for slot in _determined_slots(scene, parse):
            first, last = parse.spans[slot]
            found.append(DeterminedWord(slot.removesuffix("_2"), (start + first, start + last)))
    return found


def _determined_slots(scene: Scene, parse: Parse) -> list[str]:
    slots = MEANINGS[parse.form.meaning].slots
    facts = facts_of(scene, parse.form.meaning)
    determined = []
    for slot in sorted(slots, key=lambda slot: parse.spans[slot]):
        index = slots.index(slot)
        if len({fact[index] for fact in facts}) == 1:
            determined.append(slot)
        facts = frozenset(fact for fact in facts if fact[index] == parse.values[slot])
    return determined
