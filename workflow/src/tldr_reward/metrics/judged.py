"""Generated captions with a detector's scores and an oracle's judgement of the same tokens."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, Judgement, ScoreRecord
from tldr_reward.spans import overlaps, sentence_indices, sentence_spans

LEVELS = ("token", "sentence", "response")


@dataclasses.dataclass(frozen=True)
class JudgedResponses:
    """R captions with U units (tokens, sentences or responses) of one level.

    Per caption (R): `image_of` (index into `image_ids`). Per unit (U): `response_of`; `flagged`:
    the detector flags a token of it; `judged`: the oracle could judge a token of it; of these
    tokens one is `bad`, or `caught`, which is flagged. A response of which a sentence cannot be
    judged is judged by its other sentences.
    """

    image_ids: tuple[str, ...]
    image_of: np.ndarray
    response_of: np.ndarray
    flagged: np.ndarray
    judged: np.ndarray
    bad: np.ndarray
    caught: np.ndarray


def judged_responses(
    captions: Sequence[CaptionRecord],
    scores: Sequence[ScoreRecord],
    judgements: Sequence[Judgement] | None,
    threshold: float,
) -> dict[str, JudgedResponses]:
    """Units of each level, captions in their order; InputError unless every caption has both.

    Tokens that the detector had no room for are no units of either side. Without an oracle
    (judgements None) nothing is judged.
    """
    score_of = {score.caption_id: score for score in scores}
    if judgements is None:
        judgements = [unjudged(caption) for caption in captions]
    judgement_of = {judgement.caption_id: judgement for judgement in judgements}
    ids = {caption.caption_id for caption in captions}
    for name, found in (("score", score_of), ("judgement", judgement_of)):
        if odd := sorted(ids ^ set(found)):
            raise InputError(f"caption {odd[0]!r} has no {name}, or its {name} no caption")
    tokens: list[tuple[int, int, bool, bool, bool]] = []
    for row, caption in enumerate(captions):
        score, judgement = score_of[caption.caption_id], judgement_of[caption.caption_id]
        within = sentence_indices(score.offsets, caption.text)
        for offset, p_good, sentence in zip(score.offsets, score.p_good, within, strict=True):
            judged = overlaps(offset, judgement.judged_spans)
            bad = judged and overlaps(offset, judgement.bad_spans)
            tokens.append((row, sentence, p_good <= threshold, judged, bad))
    return _by_level(captions, np.array(tokens, dtype=int).reshape(-1, 5))


def unjudged(caption: CaptionRecord) -> Judgement:
    """The judgement of an oracle that knows nothing of a caption."""
    return Judgement(caption.caption_id, len(sentence_spans(caption.text)), (), ())


def _by_level(captions: Sequence[CaptionRecord], tokens: np.ndarray) -> dict[str, JudgedResponses]:
    image_ids = tuple(sorted({caption.image_id for caption in captions}))
    index = {image_id: place for place, image_id in enumerate(image_ids)}
    image_of = np.array([index[caption.image_id] for caption in captions], dtype=int)
    row, sentence, flagged, judged, bad = tokens.T
    units = {
        "token": np.arange(len(tokens)),
        "sentence": np.unique(tokens[:, :2], axis=0, return_inverse=True)[1],
        "response": np.unique(row, return_inverse=True)[1],
    }
    found = {}
    for level, unit in units.items():
        count = int(unit.max()) + 1 if len(unit) else 0
        response_of = np.zeros(count, dtype=int)
        response_of[unit] = row
        any_of = [
            np.bincount(unit, weights=values, minlength=count) > 0
            for values in (flagged, judged, bad, flagged * judged)
        ]
        found[level] = JudgedResponses(image_ids, image_of, response_of, *any_of)
    return found
