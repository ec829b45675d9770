"""The oracle: reads any sentence of the grammar and says which of its words a scene belies."""

import dataclasses
from collections.abc import Iterable

from tldr_reward.records import Span
from tldr_reward.spans import sentence_spans, word_spans
from tldr_reward.world.facts import MEANINGS, Fact, facts_of
from tldr_reward.world.grammar import Parse, parse_sentence
from tldr_reward.world.scenes import Scene

# Words that carry no content: never blamed when nothing of a sentence's meaning is in the scene.
_FUNCTION_WORDS = frozenset(
    "a are column count in is number object objects of on relative row the there to . ,".split()
)


@dataclasses.dataclass(frozen=True)
class SentenceVerdict:
    """What the oracle says of one sentence; spans are of characters of the whole text.

    `explanations` are all smallest sets of words whose replacement makes a false sentence true;
    `bad_spans` is the one that is blamed, and `alternatives` counts those that the stated
    order (`facts.Meaning`) cannot tell apart: above 1 the blame is arbitrary. `true` is None
    where the sentence is not of the grammar.
    """

    span: Span
    parsed: bool
    true: bool | None
    bad_spans: tuple[Span, ...]
    alternatives: int
    explanations: tuple[tuple[Span, ...], ...]


def judge_caption(scene: Scene, text: str) -> tuple[SentenceVerdict, ...]:
    """Judge every sentence of a text about a scene."""
    return tuple(_judge_sentence(scene, text, span) for span in sentence_spans(text))


def wrong_words(verdicts: Iterable[SentenceVerdict]) -> tuple[Span, ...]:
    """Spans of all words that the verdicts blame, in order."""
    return tuple(sorted(span for verdict in verdicts for span in verdict.bad_spans))


def named_pairs(text: str) -> set[tuple[str, str]]:
    """Colour-shape pairs that the parseable sentences of a text name, in whatever words."""
    pairs = set()
    for start, end in sentence_spans(text):
        parse = parse_sentence(text[start:end])
        values = {} if parse is None else parse.values
        for suffix in ("", "_2"):
            if f"colour{suffix}" in values and f"shape{suffix}" in values:
                pairs.add((values[f"colour{suffix}"], values[f"shape{suffix}"]))
    return pairs


def _judge_sentence(scene: Scene, text: str, span: Span) -> SentenceVerdict:
    sentence = text[span[0] : span[1]]
    parse = parse_sentence(sentence)
    if parse is None:
        return SentenceVerdict(span, False, None, (), 0, ())
    facts = facts_of(scene, parse.form.meaning)
    if _is_true(parse, facts):
        return SentenceVerdict(span, True, True, (), 0, ())
    blamed, tied, smallest = _explain(parse, facts, sentence)
    shifted = [
        tuple((span[0] + start, span[0] + end) for start, end in spans)
        for spans in (blamed, *smallest)
    ]
    return SentenceVerdict(span, True, False, shifted[0], tied, tuple(shifted[1:]))


def _is_true(parse: Parse, facts: frozenset[Fact]) -> bool:
    claimed = _claim(parse)
    if not parse.form.negated:
        return claimed in facts
    return claimed not in facts and (
        parse.form.presupposes is None or _subject(parse, claimed) in _subjects(parse, facts)
    )


def _claim(parse: Parse) -> Fact:
    return tuple(parse.values[slot] for slot in MEANINGS[parse.form.meaning].slots)


def _subject(parse: Parse, fact: Fact) -> Fact:
    slots = MEANINGS[parse.form.meaning].slots
    return tuple(fact[slots.index(slot)] for slot in parse.form.presupposes)


def _subjects(parse: Parse, facts: Iterable[Fact]) -> set[Fact]:
    return {_subject(parse, fact) for fact in facts}


def _explain(
    parse: Parse, facts: frozenset[Fact], sentence: str
) -> tuple[tuple[Span, ...], int, list[tuple[Span, ...]]]:
    """Blamed words of a false sentence, the ties of that blame, and all smallest explanations."""
    if parse.form.negated and _claim(parse) in facts:
        words = _words_in(sentence, parse.negation)
        return words, 1, [words]
    wrong = _mismatches(parse, facts)
    if not wrong:
        words = _content_words(sentence)
        return words, 1, [words]
    fewest = min(len(slots) for slots in wrong)
    smallest = {slots for slots in wrong if len(slots) == fewest}
    given = MEANINGS[parse.form.meaning].given
    touched = {slots: sum(slot in given for slot in slots) for slots in smallest}
    best = [slots for slots in smallest if touched[slots] == min(touched.values())]
    spans = {slots: tuple(sorted(parse.spans[slot] for slot in slots)) for slots in smallest}
    return spans[max(best, key=_blame_order(parse))], len(best), sorted(spans.values())


def _mismatches(parse: Parse, facts: frozenset[Fact]) -> set[tuple[str, ...]]:
    """Sets of slots to replace, one for each way to make the sentence true by a fact."""
    slots, claimed = MEANINGS[parse.form.meaning].slots, _claim(parse)
    if not parse.form.negated:
        return {_differing(slots, claimed, fact) for fact in facts}
    # "the A is not B" without an A: another A that exists and is not B makes it true.
    named = parse.form.presupposes
    wrong = set()
    for subject in _subjects(parse, facts):
        replaced = dict(zip(slots, claimed, strict=True)) | dict(zip(named, subject, strict=True))
        if tuple(replaced[slot] for slot in slots) not in facts:
            wrong.add(_differing(named, _subject(parse, claimed), subject))
    return wrong


def _differing(slots: tuple[str, ...], claimed: Fact, fact: Fact) -> tuple[str, ...]:
    return tuple(
        slot for slot, said, true in zip(slots, claimed, fact, strict=True) if said != true
    )


def _blame_order(parse: Parse):
    slots = MEANINGS[parse.form.meaning].slots
    return lambda wrong: sorted((slots.index(slot) for slot in wrong), reverse=True)


def _words_in(sentence: str, span: Span) -> tuple[Span, ...]:
    return tuple(
        (start, end) for start, end in word_spans(sentence) if span[0] <= start and end <= span[1]
    )


def _content_words(sentence: str) -> tuple[Span, ...]:
    return tuple(
        (start, end)
        for start, end in word_spans(sentence)
        if sentence[start:end] not in _FUNCTION_WORDS
    )
