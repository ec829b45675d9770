"""Character spans: word-level differences, sentences, and the labels they give to tokens."""

import dataclasses
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

    Words are aligned with as few edits as possible; a replaced or inserted word is bad. A
    deletion marks the next word, or the last word when nothing follows.
    """
    before = [original[a:b] for a, b in word_spans(original)]
    spans = word_spans(perturbed)
    after = [perturbed[a:b] for a, b in spans]
    bad: set[int] = set()
    behind = len(after) - 1  # the word that a deletion at this place marks
    for old, new in reversed(alignment(before, after)):
        if new is None:
            bad.add(behind)
            continue
        behind = new
        if old is None or before[old] != after[new]:
            bad.add(new)
    return tuple(spans[index] for index in sorted(bad) if index >= 0)


def alignment(before: Sequence, after: Sequence) -> list[tuple[int | None, int | None]]:
    """Indices of aligned words or tokens, with the fewest replacements, insertions, deletions.

    difflib's longest common blocks are no such alignment: for "a a" and "b a" it finds an
    insertion and a deletion instead of one replacement.
    """
    first = 0
    while first < min(len(before), len(after)) and before[first] == after[first]:
        first += 1
    # edits[i][j]: fewest edits that turn before[first:first + i] into after[first:first + j]
    edits = [list(range(len(after) - first + 1))]
    for i, word in enumerate(before[first:], start=1):
        row = [i]
        for j, other in enumerate(after[first:], start=1):
            replaced = edits[-1][j - 1] + (word != other)
            row.append(min(replaced, edits[-1][j] + 1, row[-1] + 1))
        edits.append(row)
    i, j = len(before) - first, len(after) - first
    pairs: list[tuple[int | None, int | None]] = []
    while i or j:
        same = i > 0 and j > 0 and before[first + i - 1] == after[first + j - 1]
        if i and j and edits[i][j] == edits[i - 1][j - 1] + (not same):
            i, j = i - 1, j - 1
            pairs.append((first + i, first + j))
        elif j and edits[i][j] == edits[i][j - 1] + 1:
            j -= 1
            pairs.append((None, first + j))
        else:
            i -= 1
            pairs.append((first + i, None))
    return [(index, index) for index in range(first)] + pairs[::-1]


@dataclasses.dataclass(frozen=True)
class Change:
    """One place where two texts differ: ranges of words, half-open and maybe empty, and spans.

    The spans reach from the end of the last word that is the same before the place to the
    start of the next one behind it, so that putting `after[after_span]` in the place of
    `before[before_span]` makes the change and nothing else.
    """

    before_words: tuple[int, int]
    after_words: tuple[int, int]
    before_span: Span
    after_span: Span


def changes(before: str, after: str) -> list[Change]:
    """The places where `after` differs from `before`, word by word, in order."""
    spans = word_spans(before), word_spans(after)
    words = [[text[a:b] for a, b in own] for text, own in zip((before, after), spans, strict=True)]
    same = [(-1, -1)]
    for old, new in alignment(*words):
        if old is not None and new is not None and words[0][old] == words[1][new]:
            same.append((old, new))
    same.append((len(words[0]), len(words[1])))
    found = []
    for (old, new), (next_old, next_new) in zip(same, same[1:], strict=False):
        ranges = (old + 1, next_old), (new + 1, next_new)
        if any(start < end for start, end in ranges):
            gaps = [
                _between(own, some, len(text))
                for own, some, text in zip(spans, ranges, (before, after), strict=True)
            ]
            found.append(Change(*ranges, *gaps))
    return found


def _between(spans: Sequence[Span], words: tuple[int, int], length: int) -> Span:
    """Characters from the end of the word before a range of words to the start of the next."""
    start = spans[words[0] - 1][1] if words[0] else 0
    return start, spans[words[1]][0] if words[1] < len(spans) else length


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
