"""Contrasts: where a negative and its original part ways, and the sentences in which they do.

A wrong word is one of a hundred in a caption. The same place of the original, with the right word,
tells it from all else that words of its kind have in common; a sentence alone holds the same
contrast in a quarter of the tokens.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from tldr_reward.backbones.batches import Item
from tldr_reward.records import CaptionRecord, Span
from tldr_reward.spans import alignment, good_tokens, overlaps, sentence_spans

UNKNOWN = -1  # in place of a right token where none is known


@dataclasses.dataclass(frozen=True)
class LabelledItem:
    """A response with the gold label of each of its tokens (True: good).

    `contrast` marks the tokens at which it differs from its negatives or its original, and
    `right` has the id of the token that is right there, else UNKNOWN.
    """

    item: Item
    good: tuple[bool, ...]
    contrast: tuple[bool, ...]
    right: tuple[int, ...]


def excerpts(records: Sequence[CaptionRecord]) -> list[CaptionRecord]:
    """The sentences with an error of every negative caption, each followed by the true one.

    Negatives whose original is absent or has another number of sentences give none.
    """
    found = []
    for negative, original in _pairs(records):
        wrong, right = sentence_spans(negative.text), sentence_spans(original.text)
        if negative.task != "caption" or len(wrong) != len(right):
            continue
        for index, (bad, good) in enumerate(zip(wrong, right, strict=True)):
            if overlaps(bad, negative.bad_spans):
                stem = f"{negative.caption_id}-s{index}"
                twin = _excerpt(original, good, f"{stem}-true", None)
                found += [_excerpt(negative, bad, stem, twin.caption_id), twin]
    return found


def labelled_items(records: Sequence[CaptionRecord], items: Sequence[Item]) -> list[LabelledItem]:
    """Items of labelled records with the labels of their tokens, and their contrasts.

    A negative contrasts at its bad tokens, its original at what stands there instead; where the
    negative inserts a token, at the one behind it.
    """
    good = [
        good_tokens(item.response.offsets, record.bad_spans)
        for record, item in zip(records, items, strict=True)
    ]
    contrast = [[not label for label in labels] for labels in good]
    right = [[UNKNOWN] * len(labels) for labels in good]
    place = {record.caption_id: index for index, record in enumerate(records)}
    for negative, original in _pairs(records):
        bad, true = place[negative.caption_id], place[original.caption_id]
        ids = items[true].response.ids
        for old, new, behind in _differences(ids, items[bad].response.ids):
            contrast[true][behind if old is None else old] = True
            if old is not None and new is not None:
                right[true][old] = right[bad][new] = ids[old]
    return [
        LabelledItem(item, *map(tuple, labels))
        for item, *labels in zip(items, good, contrast, right, strict=True)
    ]


def shuffled_labels(member: LabelledItem, rng: np.random.Generator) -> LabelledItem:
    """The item with its labels, and the marks of contrasts with them, on other tokens at random.

    As many of its tokens are bad as before; which ones says nothing of the image.
    """
    order = rng.permutation(len(member.good))
    good = tuple(member.good[place] for place in order)
    contrast = tuple(member.contrast[place] for place in order)
    return LabelledItem(member.item, good, contrast, (UNKNOWN,) * len(good))


def _differences(
    before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[int | None, int | None, int]]:
    """Aligned places of tokens that differ, and the place in `before` at or behind them."""
    same = 0  # equal tokens at the end, left out for speed
    while same < min(len(before), len(after)) and before[-1 - same] == after[-1 - same]:
        same += 1
    behind = len(before) - max(1, same)
    first = before[: len(before) - same], after[: len(after) - same]
    for old, new in reversed(alignment(*first)):
        if old is not None:
            behind = old
        if old is None or new is None or before[old] != after[new]:
            yield old, new, behind


def _pairs(records: Sequence[CaptionRecord]) -> Iterator[tuple[CaptionRecord, CaptionRecord]]:
    """Negatives with their originals, where both are there."""
    by_id = {record.caption_id: record for record in records}
    for record in records:
        if record.bad_spans and record.parent_id in by_id:
            yield record, by_id[record.parent_id]


def _excerpt(
    record: CaptionRecord, span: Span, caption_id: str, parent_id: str | None
) -> CaptionRecord:
    start, end = span
    bad = [(max(a, start), min(b, end)) for a, b in record.bad_spans if overlaps((a, b), [span])]
    return dataclasses.replace(
        record,
        caption_id=caption_id,
        text=record.text[start:end],
        parent_id=parent_id,
        bad_spans=tuple((a - start, b - start) for a, b in bad),
    )
