"""The eight taxonomies of negatives (section 4), wrong answers, and a balanced choice of them."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.perturb.lexicon import Lexicon
from tldr_reward.perturb.rules import RULES, Edit, apply_edit
from tldr_reward.records import CaptionRecord, Span
from tldr_reward.spans import differing_spans, overlaps, sentence_spans

TAXONOMIES = tuple(RULES)


def perturb_text(
    text: str, taxonomy: str, lexicon: Lexicon, rng: np.random.Generator
) -> str | None:
    """A minimal edit of the text in a taxonomy; None where the taxonomy does not apply.

    The edited sentence is drawn first, then the edit, so that a sentence with many words to
    exchange is not edited more often than others.
    """
    if taxonomy not in RULES:
        raise InputError(f"taxonomy {taxonomy!r}; allowed: {', '.join(TAXONOMIES)}")
    sentences = sentence_spans(text)
    by_sentence: dict[tuple[int, ...], list[Edit]] = {}
    for edit in RULES[taxonomy](text, lexicon, rng):
        by_sentence.setdefault(_edited_sentences(sentences, edit), []).append(edit)
    if not by_sentence:
        return None
    edits = _one_of(rng, [by_sentence[indices] for indices in sorted(by_sentence)])
    return apply_edit(text, _one_of(rng, edits))


def wrong_answer(answer: str, alternatives: Sequence[str], rng: np.random.Generator) -> str | None:
    """Another answer than the right one; None where the alternatives hold no other.

    Alternatives may repeat: drawn from right answers to the same kind of question, wrong
    answers are as frequent as right ones, and the words alone do not give them away.
    """
    others = [other for other in alternatives if other != answer]
    return _one_of(rng, others) if others else None


def due_taxonomies(used: Counter[str], rng: np.random.Generator) -> list[str]:
    """Taxonomies, the least used first, ties at random."""
    shuffled = [TAXONOMIES[index] for index in rng.permutation(len(TAXONOMIES))]
    return sorted(shuffled, key=lambda taxonomy: used[taxonomy])


def _edited_sentences(sentences: Sequence[Span], edit: Edit) -> tuple[int, ...]:
    return tuple(
        index
        for index, sentence in enumerate(sentences)
        if overlaps(sentence, [span for span, _ in edit])
    )


def _one_of(rng: np.random.Generator, values: Sequence):
    return values[int(rng.integers(len(values)))]


def negative(original: CaptionRecord, text: str, taxonomy: str | None) -> CaptionRecord:
    """The record of a negative, labelled where its words differ from the original's."""
    return dataclasses.replace(
        original,
        caption_id=f"{original.caption_id}-{taxonomy or 'wrong'}",
        text=text,
        origin="perturbed",
        taxonomy=taxonomy,
        parent_id=original.caption_id,
        bad_spans=differing_spans(original.text, text),
    )
