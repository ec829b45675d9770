"""What replies of a language model are worth: texts made usable, and why others are dropped."""

import json
import re
from collections.abc import Sequence

from tldr_reward.perturb.messages import Reply
from tldr_reward.perturb.prompts import CHECK_CAUSES
from tldr_reward.spans import alignment, differing_spans, word_spans

# All causes for which a reply is dropped, in the order in which they are looked for.
CAUSES = (
    "truncated",  # cut at the limit of new tokens
    "empty",  # says nothing
    "unchanged",  # the original again: the taxonomy does not apply, or the model found nothing
    "unlabelled",  # differs in spaces alone, so that no word could be labelled
    "still_true",  # another true response to the same prompt, or valid by the image's caption
    "reformatted",  # other line breaks, or an answer that is much longer
    "rewritten",  # more words changed than a minimal edit changes
    "check_truncated",
    "check_empty",
    "check_malformed",  # the checker's reply is not the JSON object that it was asked for
    *CHECK_CAUSES,
)
_FEW_WORDS = 3  # so many words may change however short a caption is
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[\w-]*[ \t]*\n(.*?)\n?```\Z", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`"}


def usable_text(reply: str, original: str = "") -> str:
    """A reply without what models put around a text: thoughts, fences, headings, quotation marks.

    What the original has itself is kept.
    """
    text = _FENCE.sub(r"\1", _THOUGHT.sub("", reply).strip()).strip()
    first, _, rest = text.partition("\n")
    if first.rstrip().endswith(":") and len(_lines(text)) > max(1, len(_lines(original))):
        text = rest.strip()
    for opening, closing in _QUOTES.items():
        inner = text[1:-1]
        around = len(text) > 2 and text[0] == opening and text[-1] == closing
        if around and opening not in inner and closing not in inner:
            if not original.strip().startswith(opening):
                return inner.strip()
    return text


def unusable(reply: Reply) -> str | None:
    """Why a reply cannot be used at all; None when it can."""
    if reply.truncated:
        return "truncated"
    return None if usable_text(reply.text) else "empty"


def negative_cause(original: str, edited: str, true: Sequence[str], largest: float) -> str | None:
    """Why an edited caption is no minimal negative; None when it may be one.

    `true` are all true responses to the same prompt about the image. Of the original's words at
    most the share `largest` may change, or three.
    """
    if edited.strip() == original.strip():
        return "unchanged"
    if not differing_spans(original, edited):
        return "unlabelled"
    if edited in true:
        return "still_true"
    if len(_lines(edited)) != len(_lines(original)):
        return "reformatted"
    allowed = max(_FEW_WORDS, largest * len(_words(original)))
    return "rewritten" if changed_words(original, edited) > allowed else None


def answer_cause(original: str, answer: str, true: Sequence[str]) -> str | None:
    """Why another answer is no wrong one of the same form; None when it may be one."""
    if _plain(answer) == _plain(original):
        return "unchanged"
    if not differing_spans(original, answer):
        return "unlabelled"
    if _plain(answer) in {_plain(other) for other in true}:
        return "still_true"
    long = len(_words(answer)) > 2 * len(_words(original)) + 2
    return "reformatted" if long or len(_lines(answer)) > 1 else None


def in_form_of(original: str, answer: str) -> str:
    """An answer with the original's capital and full stop: its form must not give it away."""
    if original.endswith("."):
        answer = answer.rstrip(".") + "."
    elif not original.endswith(("!", "?")):
        answer = answer.rstrip(".")
    first, before = answer[:1], original[:1]
    if before.isupper() and first.islower():
        return first.upper() + answer[1:]
    # An abbreviation keeps its capitals.
    ordinary = first.isupper() and answer[1:2].islower()
    return first.lower() + answer[1:] if before.islower() and ordinary else answer


def changed_words(original: str, edited: str) -> int:
    """Words, not marks, that are replaced, put in or left out, with as few edits as possible."""
    before, after = _words(original), _words(edited)
    return sum(
        old is None or new is None or before[old] != after[new]
        for old, new in alignment(before, after)
    )


def check_cause(reply: Reply, causes: Sequence[str]) -> str | None:
    """Why a checker rejects; None when it accepts. Its JSON object must be as it was asked for."""
    if unreadable := unusable(reply):
        return f"check_{unreadable}"
    try:
        found = json.loads(usable_text(reply.text))
    except ValueError:
        return "check_malformed"
    if not isinstance(found, dict) or set(found) != {"verdict", "cause"}:
        return "check_malformed"
    if found == {"verdict": "accept", "cause": ""}:
        return None
    if found["verdict"] == "reject" and found["cause"] in causes:
        return found["cause"]
    return "check_malformed"


def aggregation_cause(text: str) -> str | None:
    """Why an aggregated caption is dropped; None when it is kept."""
    return "opens_with_the_image" if re.match(r"the image\b", text, re.IGNORECASE) else None


def _words(text: str) -> list[str]:
    found = [text[start:end] for start, end in word_spans(text)]
    return [word for word in found if word[0].isalnum() or word[0] == "_"]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(" .!?").split())
