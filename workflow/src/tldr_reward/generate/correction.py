"""Self-correction: which sentences of a caption a model is asked to fix, and how (section 6.2)."""

import dataclasses
import json
from collections.abc import Callable, Sequence

from tldr_reward.records import CaptionRecord, ScoreRecord, Span
from tldr_reward.spans import overlaps, sentence_spans, word_spans

GUIDANCES = ("tldr", "naive")


@dataclasses.dataclass(frozen=True)
class Request:
    """One sentence of a caption, and the words in it that are flagged (spans within it)."""

    caption: CaptionRecord
    span: Span
    flagged: tuple[Span, ...]

    @property
    def sentence(self) -> str:
        """Its text."""
        return self.caption.text[slice(*self.span)]


def flagged_tokens(score: ScoreRecord, threshold: float) -> list[Span]:
    """Spans of the tokens that a reward model calls bad (eq. 1)."""
    return [
        offset
        for offset, p_good in zip(score.offsets, score.p_good, strict=True)
        if p_good <= threshold
    ]


def requests(caption: CaptionRecord, bad: Sequence[Span], guidance: str) -> list[Request]:
    """What a model is asked to fix in a flagged caption.

    `tldr`: the sentences with a flagged word, these words highlighted; the others are copied.
    `naive`: every sentence, without a highlight.
    """
    found = []
    for span in sentence_spans(caption.text):
        inside = [(a - span[0], b - span[0]) for a, b in bad if overlaps((a, b), [span])]
        if guidance == "naive":
            found.append(Request(caption, span, ()))
        elif inside:
            found.append(Request(caption, span, tuple(inside)))
    return found


def corrected(caption: CaptionRecord, answers: Sequence[tuple[Request, str]]) -> str:
    """The caption with its sentences replaced by a model's answers.

    A sentence whose answer is empty stays: an instruction to correct is none to delete.
    """
    text = caption.text
    for request, answer in sorted(answers, key=lambda pair: pair[0].span, reverse=True):
        start, end = request.span
        text = f"{text[:start]}{answer.strip() or request.sentence}{text[end:]}"
    return text


def correct_captions(
    captions: Sequence[CaptionRecord],
    flagged: Sequence[Sequence[Span]],
    guidance: str,
    answer: Callable[[Sequence[Request]], Sequence[str]],
) -> list[str]:
    """The text of each flagged caption after its own model has seen the guidance."""
    asked = [
        requests(caption, bad, guidance) for caption, bad in zip(captions, flagged, strict=True)
    ]
    said = iter(answer([request for some in asked for request in some]))
    return [
        corrected(caption, [(request, next(said)) for request in some])
        for caption, some in zip(captions, asked, strict=True)
    ]


# What a chat model is asked, each rule a line. Guided by TLDR it is to look again at what is
# flagged and to leave the rest; without guidance it only knows that something may be wrong.
_EDITS = "Change as few words as you can."
_ONLY_TEXT = "Answer with the corrected description alone."
_GUIDED = (
    _EDITS,
    "Look at the image again for each highlighted word, and change or delete the word if it is "
    "wrong; a highlighted word may also be right.",
    "Write a sentence anew only where changing its words is not enough.",
    "Copy the sentences that hold no highlighted word as they are.",
)
_UNGUIDED = (_EDITS, "Write a sentence anew only where changing its words is not enough.")


def chat_prompt(caption: CaptionRecord, bad: Sequence[Span], guidance: str) -> str:
    """What a chat model is asked, beside the image, to correct a whole flagged caption.

    `tldr` names the flagged words, then each flagged sentence with its own; `naive` names none.
    """
    rules = _GUIDED if guidance == "tldr" else _UNGUIDED
    lines = ["This description of the image may have mistakes. Correct them.", ""]
    lines += [f"- {rule}" for rule in (*rules, _ONLY_TEXT)]
    lines += ["", f"Description: {caption.text}"]
    if guidance == "tldr":
        lines += ["", f"Highlighted words: {_quoted(caption.text, bad)}"]
        for request in requests(caption, bad, guidance):
            words = _quoted(request.sentence, request.flagged)
            lines.append(
                f"- In the sentence {json.dumps(request.sentence, ensure_ascii=False)}: {words}"
            )
    return "\n".join(lines)


def _quoted(text: str, spans: Sequence[Span]) -> str:
    """Each word that a span touches, once for each place; tokens may be parts of words."""
    words = [text[slice(*word)] for word in word_spans(text) if overlaps(word, spans)]
    return ", ".join(json.dumps(word, ensure_ascii=False) for word in words) or "none"
