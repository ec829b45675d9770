"""Captions and scores joined into flat arrays, with the gold label of each scored token."""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, ScoreRecord
from tldr_reward.spans import good_tokens, overlaps, sentence_indices, word_spans


@dataclasses.dataclass(frozen=True)
class ScoredResponses:
    """R labelled responses with T scored tokens, sorted by caption_id.

    Per response (R): `caption_ids`, `tasks`, `taxonomies` ("" where there is none), `image_of`
    (index into `image_ids`), `parent_of` (index of the original, -1 without), `gold_good`.
    Per token (T): `response_of`, `token_good` (gold), `p_good`, `sentence_of` (an index that
    runs on over all responses). `image_ids` are those of every labelled caption of the file,
    scored or not, so that resamples of images are the same for every run on one file.
    `response_level`: a model that judges whole responses; its one token stands for all.
    """

    caption_ids: tuple[str, ...]
    tasks: np.ndarray
    taxonomies: np.ndarray
    image_ids: tuple[str, ...]
    image_of: np.ndarray
    parent_of: np.ndarray
    gold_good: np.ndarray
    response_of: np.ndarray
    token_good: np.ndarray
    p_good: np.ndarray
    sentence_of: np.ndarray
    response_level: bool


def join(captions: Sequence[CaptionRecord], scores: Sequence[ScoreRecord]) -> ScoredResponses:
    """Join by caption_id; raises InputError on ids that are twice there, missing or unknown.

    Unlabelled captions are left out. A task without a single score is left out too (a run may
    score captions alone), except the task `caption`; within a scored task none may be missing.
    """
    by_id = _by_id(captions, "caption")
    score_of = _by_id(scores, "score")
    for caption_id in score_of:
        if caption_id not in by_id:
            raise InputError(f"score of caption {caption_id!r}, which is not among the captions")
    labelled = [by_id[key] for key in sorted(by_id) if by_id[key].bad_spans is not None]
    if not any(caption.task == "caption" for caption in labelled):
        raise InputError("no labelled caption of task 'caption': nothing to measure")
    tasks = {caption.task for caption in labelled if caption.caption_id in score_of} | {"caption"}
    chosen = [caption for caption in labelled if caption.task in tasks]
    for caption in chosen:
        if caption.caption_id not in score_of:
            raise InputError(
                f"caption {caption.caption_id!r} has no score; every labelled {caption.task} "
                "needs one"
            )
    image_ids = tuple(sorted({caption.image_id for caption in labelled}))
    return _arrays(chosen, [score_of[caption.caption_id] for caption in chosen], image_ids)


def _by_id(records: Iterable, what: str) -> dict:
    found: dict = {}
    for record in records:
        if record.caption_id in found:
            raise InputError(f"two {what} records have the caption_id {record.caption_id!r}")
        found[record.caption_id] = record
    return found


def _arrays(
    captions: Sequence[CaptionRecord], scores: Sequence[ScoreRecord], image_ids: tuple[str, ...]
) -> ScoredResponses:
    response_level = _response_level(captions, scores)
    labels: list[bool] = []
    sentences: list[int] = []
    for caption, score in zip(captions, scores, strict=True):
        _check_score(caption, score)
        good, within = _gold(caption, score, response_level)
        after_last = sentences[-1] + 1 if sentences else 0
        labels.extend(good)
        sentences.extend(after_last + index for index in within)
    image_index = {image_id: index for index, image_id in enumerate(image_ids)}
    return ScoredResponses(
        caption_ids=tuple(caption.caption_id for caption in captions),
        tasks=np.array([caption.task for caption in captions]),
        taxonomies=np.array([caption.taxonomy or "" for caption in captions]),
        image_ids=image_ids,
        image_of=np.array([image_index[caption.image_id] for caption in captions]),
        parent_of=_parents(captions),
        gold_good=np.array([not caption.bad_spans for caption in captions]),
        response_of=np.repeat(np.arange(len(captions)), [len(score.p_good) for score in scores]),
        token_good=np.array(labels),
        p_good=np.concatenate([np.array(score.p_good) for score in scores]),
        sentence_of=np.array(sentences),
        response_level=response_level,
    )


def _gold(
    caption: CaptionRecord, score: ScoreRecord, response_level: bool
) -> tuple[list[bool], list[int]]:
    """Gold label and sentence of each token; a response-level token stands for the response."""
    if response_level:
        return [not caption.bad_spans], [0]
    _check_coverage(caption, score)
    return (
        good_tokens(score.offsets, caption.bad_spans),
        sentence_indices(score.offsets, caption.text),
    )


def _response_level(captions: Sequence[CaptionRecord], scores: Sequence[ScoreRecord]) -> bool:
    """One probability for every response, although some have several words."""
    if any(len(score.p_good) > 1 for score in scores):
        return False
    return any(len(word_spans(caption.text)) > 1 for caption in captions)


def _check_score(caption: CaptionRecord, score: ScoreRecord) -> None:
    last = 0
    for start, end in score.offsets:
        if start < last:
            raise InputError(
                f"score of caption {caption.caption_id!r} has the token [{start}, {end}) behind "
                f"one that starts at {last}; tokens stand in the order of the text"
            )
        last = start
        if not 0 <= start <= end <= len(caption.text):
            raise InputError(
                f"score of caption {caption.caption_id!r} has the token [{start}, {end}), "
                f"outside its text of {len(caption.text)} characters"
            )
    for probability in score.p_good:
        if not (math.isfinite(probability) and 0 <= probability <= 1):
            raise InputError(
                f"score of caption {caption.caption_id!r} has p_good {probability}; "
                "a probability from 0 to 1 is needed"
            )


def _check_coverage(caption: CaptionRecord, score: ScoreRecord) -> None:
    # A bad span without a token would silently turn a bad response into a good one (eq. 4).
    for span in caption.bad_spans:
        if not overlaps(span, score.offsets):
            raise InputError(
                f"score of caption {caption.caption_id!r} has no token on the bad span "
                f"[{span[0]}, {span[1]}); were the scores cut short?"
            )


def _parents(captions: Sequence[CaptionRecord]) -> np.ndarray:
    index = {caption.caption_id: row for row, caption in enumerate(captions)}
    parents = []
    for caption in captions:
        if caption.parent_id is not None and caption.parent_id not in index:
            raise InputError(
                f"caption {caption.caption_id!r} has the parent {caption.parent_id!r}, "
                "which is not among the scored captions"
            )
        parents.append(-1 if caption.parent_id is None else index[caption.parent_id])
    return np.array(parents)
