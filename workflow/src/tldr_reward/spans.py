"""Character spans: word-level differences, sentences, and the labels they give to tokens."""

import difflib
import re
from collections.abc import Sequence

from tldr_reward.records import Span

_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")


def word_spans(text: str) -> list[Span]:
    """Spans of words and of single punctuation marks, in order."""
    return [match.span() for match in _WORD.finditer(text)]


def sentence_spans(text: str) -> list[Span]:
    """Spans of the sentences; the mark that ends one belongs to it (section 3, eq. 3).

    Text behind the last full stop is a sentence of its own. A stop inside a number or an
    abbreviation, with no space behind it, ends nothing.
    """
    spans = []
    start = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = match.end() if match else len(text)
        piece = text[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            spans.append((start + lead, start + len(piece.rstrip())))
        start = end
    return spans


def differing_spans(original: str, perturbed: str) -> tuple[Span, ...]:
    """Spans of `perturbed` whose words do not stand in the original at their place (section 4).

    Words are aligned; a replaced or inserted word is bad. A deletion marks the next word, or
    the last word when nothing follows.
    """
    before = [original[a:b] for a, b in word_spans(original)]
    spans = word_spans(perturbed)
    after = [perturbed[a:b] for a, b in spans]
    bad: set[int] = set()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, _, _, start, end in matcher.get_opcodes():
        if kind in ("replace", "insert"):
            bad.update(range(start, end))
        elif kind == "delete" and after:
            bad.add(min(start, len(after) - 1))
    return tuple(spans[index] for index in sorted(bad))


def overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span shares a character with any other."""
    return any(span[0] < end and start < span[1] for start, end in others)


def good_tokens(offsets: Sequence[Span], bad_spans: Sequence[Span]) -> list[bool]:
    """Gold label of each token: good unless its characters overlap a bad span."""
    return [not overlaps(offset, bad_spans) for offset in offsets]


def sentence_indices(offsets: Sequence[Span], text: str) -> list[int]:
    """Index of the sentence that each token belongs to (by the token's last character)."""
    sentences = sentence_spans(text)
    indices = []
    for start, end in offsets:
        last = max(start, end - 1)
        behind = [index for index, (_, stop) in enumerate(sentences) if last < stop]
        indices.append(behind[0] if behind else len(sentences) - 1)
    return indices
