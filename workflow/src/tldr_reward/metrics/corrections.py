"""What a correction did to a caption, by the caption's labels and, where known, its truth."""

import dataclasses
from collections.abc import Mapping, Sequence

from tldr_reward.annotations import AnnotationRow, Change, changes
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.spans import overlaps, word_spans


@dataclasses.dataclass(frozen=True)
class Correction:
    """Whether a corrected caption has no error left, and whether a true word was altered."""

    error_free: bool
    false_edit: bool


def judge_corrections(
    rows: Sequence[AnnotationRow], captions: Mapping[str, CaptionRecord]
) -> list[Correction | None]:
    """One verdict a row, by caption_id = item; None for an item without labels.

    InputError when a row corrects another text than the caption of its item.
    """
    found: list[Correction | None] = []
    for row in rows:
        caption = captions.get(row.item)
        if caption is None or caption.bad_spans is None:
            found.append(None)
            continue
        if caption.text != row.before:
            raise InputError(
                f"item {row.item!r} of {row.annotator!r} corrects another text than the caption's"
            )
        parent = captions.get(caption.parent_id or "")
        found.append(judge(caption, row.after, parent.text if parent else None))
    return found


def judge(caption: CaptionRecord, after: str, truth: str | None) -> Correction:
    """Compare a correction word by word with what is wrong in the caption.

    With the `truth` an error is gone when the true words stand in its place; without it, when
    none of its bad words stands there any more.
    """
    made = changes(caption.text, after)
    spans = word_spans(caption.text)
    if truth is None:
        bad = [index for index, span in enumerate(spans) if overlaps(span, caption.bad_spans)]
        errors = {(index, index + 1) for index in bad}
        free = all(any(_covers(change, error) for change in made) for error in errors)
    else:
        needed = changes(caption.text, truth)
        errors = {change.before_words for change in needed}
        free = all(_done(change, made, truth, after) for change in needed)
    return Correction(free, any(_alters_truth(change, errors) for change in made))


def _covers(change: Change, words: tuple[int, int]) -> bool:
    return change.before_words[0] <= words[0] and words[1] <= change.before_words[1]


def _done(needed: Change, made: Sequence[Change], truth: str, after: str) -> bool:
    """Whether a change that was made has the true words in the place that needed them."""
    right = _words(truth, needed.after_words)
    for change in made:
        if _covers(change, needed.before_words):
            written = _words(after, change.after_words)
            starts = range(len(written) - len(right) + 1)
            return any(written[start : start + len(right)] == right for start in starts)
    return False


def _words(text: str, words: tuple[int, int]) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)[slice(*words)]]


def _alters_truth(change: Change, errors: set[tuple[int, int]]) -> bool:
    """Whether a change takes away a word that is in no error, or adds words where none is."""
    start, end = change.before_words
    if start == end:
        return not any(first <= start <= last for first, last in errors)
    wrong = {index for first, last in errors for index in range(first, last)}
    return any(index not in wrong for index in range(start, end))
