"""Minimal edits of a sentence: one rule a taxonomy, each listing every edit that it can make."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tldr_reward.perturb.lexicon import Lexicon
from tldr_reward.records import Span
from tldr_reward.spans import sentence_spans, word_spans

# What an edit does: spans of the text with the words to put there, from left to right.
Edit = tuple[tuple[Span, str], ...]


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence with the spans of its words in the whole text."""

    span: Span
    words: tuple[tuple[str, Span], ...]

    def has(self, words: Sequence[str]) -> bool:
        """Whether any of its words is one of these."""
        return any(word in words for word, _ in self.words)

    def spans_of(self, words: Sequence[str]) -> list[tuple[str, Span]]:
        """Its words that are among these, with their spans."""
        return [(word, span) for word, span in self.words if word in words]


def plain_sentences(text: str, lexicon: Lexicon) -> list[Sentence]:
    """The sentences of a text without a negation: no rule edits inside a negated one."""
    sentences = []
    for start, end in sentence_spans(text):
        words = tuple(
            (text[start + a : start + b], (start + a, start + b))
            for a, b in word_spans(text[start:end])
        )
        sentence = Sentence((start, end), words)
        if not sentence.has(lexicon.negations):
            sentences.append(sentence)
    return sentences


def apply_edit(text: str, edit: Edit) -> str:
    """The text with an edit's spans replaced."""
    for (start, end), words in sorted(edit, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def _object_sentences(text: str, lexicon: Lexicon) -> list[Sentence]:
    """Plain sentences about objects: neither counts nor tiny things."""
    return [
        sentence
        for sentence in plain_sentences(text, lexicon)
        if not sentence.has(lexicon.marks_tiny) and not sentence.has(lexicon.numbers)
    ]


def _replace(
    sentences: Sequence[Sentence], words: Sequence[str], rng: np.random.Generator
) -> Iterator[Edit]:
    """Replace one word by another of its category."""
    for sentence in sentences:
        for word, span in sentence.spans_of(words):
            others = [other for other in words if other != word]
            yield ((span, others[int(rng.integers(len(others)))]),)


def spatial_relationship(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """A relation turns into its opposite; a row or a column into another one."""
    sentences = _object_sentences(text, lexicon)
    for sentence in sentences:
        for word, span in sentence.spans_of(lexicon.relations):
            yield ((span, lexicon.relations[lexicon.relations.index(word) ^ 1]),)
    yield from _replace(sentences, lexicon.rows, rng)
    yield from _replace(sentences, lexicon.columns, rng)


def visual_attribute(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """A colour or a size of an object turns into another one."""
    sentences = _object_sentences(text, lexicon)
    yield from _replace(sentences, lexicon.colours, rng)
    yield from _replace(sentences, lexicon.sizes, rng)


def attribute_binding(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """Two objects of the text swap their colours, or their sizes."""
    sentences = _object_sentences(text, lexicon)
    for category in (lexicon.colours, lexicon.sizes):
        found = [named for sentence in sentences for named in sentence.spans_of(category)]
        for index, (word, span) in enumerate(found):
            for other, other_span in found[index + 1 :]:
                if word != other:
                    yield ((span, other), (other_span, word))


def object_identification(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """An object turns into one of another shape."""
    yield from _replace(_object_sentences(text, lexicon), lexicon.shapes, rng)


def counting(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """A number turns into one that is up to two away: far ones would be false on sight."""
    for sentence in plain_sentences(text, lexicon):
        for word, span in sentence.spans_of(lexicon.numbers):
            at = lexicon.numbers.index(word)
            near = [other for other in lexicon.numbers[max(0, at - 2) : at + 3] if other != word]
            yield ((span, near[int(rng.integers(len(near)))]),)


def small_object(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """A tiny background thing changes its colour or its kind."""
    sentences = [s for s in plain_sentences(text, lexicon) if s.has(lexicon.marks_tiny)]
    yield from _replace(sentences, lexicon.colours, rng)
    yield from _replace(sentences, lexicon.tiny_kinds, rng)


def text_ocr(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """One letter of a sign turns into another, or (once in four) both do."""
    for sentence in plain_sentences(text, lexicon):
        written = sentence.spans_of(lexicon.letters)
        edits = [edit for edit in _replace([sentence], lexicon.letters, rng)]
        if len(written) == 2 and rng.random() < 0.25:
            yield edits[0] + edits[1]
        else:
            yield from edits


# A negation goes into a plain sentence in one of these ways; group 1 is the span to replace.
_NEGATIONS = (
    (re.compile(r"\bthere is (a) "), "no"),
    (re.compile(r"^(a) .* (?:is|reads) "), "no"),
    (re.compile(r"(?<!there )\b(is) "), "is not"),
    (re.compile(r"\b(are) "), "are not"),
    (re.compile(r"^the .* (reads) "), "does not read"),
)


def counterfactual(text: str, lexicon: Lexicon, rng: np.random.Generator) -> Iterator[Edit]:
    """A negation or an absence is asserted: "there is no", "is not"."""
    for sentence in plain_sentences(text, lexicon):
        start, end = sentence.span
        for pattern, words in _NEGATIONS:
            for match in pattern.finditer(text[start:end]):
                yield (((start + match.start(1), start + match.end(1)), words),)


Rule = Callable[[str, Lexicon, np.random.Generator], Iterator[Edit]]
RULES: dict[str, Rule] = {
    "spatial_relationship": spatial_relationship,
    "visual_attribute": visual_attribute,
    "attribute_binding": attribute_binding,
    "object_identification": object_identification,
    "counting": counting,
    "small_object": small_object,
    "text_ocr": text_ocr,
    "counterfactual": counterfactual,
}
