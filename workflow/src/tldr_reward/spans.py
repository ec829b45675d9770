"""Character spans: word-level differences, sentences, and the labels they give to tokens."""

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
    first = last = 0  # how many are alike at the start and at the end
    short = min(len(before), len(after))
    while first < short and before[first] == after[first]:
        first += 1
    while last < short - first and before[-1 - last] == after[-1 - last]:
        last += 1
    i, j = len(before) - first - last, len(after) - first - last
    tail = [(first + i + k, first + j + k) for k in range(last)]
    # edits[i][j]: fewest edits that turn before[first:first + i] into after[first:first + j]
    edits = [list(range(j + 1))]
    for row_number, word in enumerate(before[first : first + i], start=1):
        row = [row_number]
        for column, other in enumerate(after[first : first + j], start=1):
            replaced = edits[-1][column - 1] + (word != other)
            row.append(min(replaced, edits[-1][column] + 1, row[-1] + 1))
        edits.append(row)
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
    return [(index, index) for index in range(first)] + pairs[::-1] + tail


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
