"""Captions to look at: drawn by lot within each taxonomy, with scores and labels of each token."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence

import numpy as np

from tldr_reward.records import CaptionRecord, ScoreRecord, Span
from tldr_reward.spans import good_tokens, sentence_indices

NONE = "none"  # the taxonomy of a caption without an error


@dataclasses.dataclass(frozen=True)
class GalleryItem:
    """One caption as one reward model judges it; one entry a token in the last four fields.

    `caught`: the response is judged as it is (eq. 4): a bad one has a flagged token, a good one
    none.
    """

    FORMAT: typing.ClassVar[str] = "gallery/1"
    caption_id: str
    image_id: str
    text: str
    taxonomy: str
    run: str
    backbone: str
    caught: bool
    offsets: tuple[Span, ...]
    sentences: tuple[int, ...]
    p_good: tuple[float, ...]
    bad: tuple[bool, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "offsets", tuple((int(a), int(b)) for a, b in self.offsets))
        for name in ("sentences", "p_good", "bad"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


def draw_captions(
    captions: Sequence[CaptionRecord], each: int, seed: int
) -> dict[str, list[CaptionRecord]]:
    """Up to `each` labelled captions of every taxonomy, and of those without an error, by lot.

    The draw looks at no score. Answers to questions are no captions.
    """
    groups: dict[str, list[CaptionRecord]] = {NONE: []}
    for caption in captions:
        if caption.task == "caption" and caption.bad_spans is not None:
            name = (caption.taxonomy or "other") if caption.bad_spans else NONE
            groups.setdefault(name, []).append(caption)
    rng = np.random.default_rng(seed)
    drawn = {}
    for name in sorted(groups):
        pool = sorted(groups[name], key=lambda caption: caption.caption_id)
        places = rng.permutation(len(pool))[:each]
        drawn[name] = [pool[place] for place in sorted(places)]
    return drawn


def gallery_items(
    drawn: Mapping[str, Sequence[CaptionRecord]],
    scores: Sequence[ScoreRecord],
    backbone: str,
    threshold: float,
) -> list[GalleryItem]:
    """The drawn captions with the scores of one run; those that it did not score are left out."""
    score_of = {score.caption_id: score for score in scores}
    return [
        _item(caption, name, score_of[caption.caption_id], backbone, threshold)
        for name, own in drawn.items()
        for caption in own
        if caption.caption_id in score_of
    ]


def _item(
    caption: CaptionRecord, taxonomy: str, score: ScoreRecord, backbone: str, threshold: float
) -> GalleryItem:
    good = good_tokens(score.offsets, caption.bad_spans)
    flagged = any(p <= threshold for p in score.p_good)
    return GalleryItem(
        caption.caption_id,
        caption.image_id,
        caption.text,
        taxonomy,
        score.run,
        backbone,
        flagged == bool(caption.bad_spans),
        score.offsets,
        tuple(sentence_indices(score.offsets, caption.text)),
        tuple(round(p, 4) for p in score.p_good),
        tuple(not one for one in good),
    )
