"""Simulated annotators: a stated model of the time that reading, checking and mending takes.

It stands in for the three people of table 7, whose log was not published. Its constants come
from outside; what they are, and where they were measured, is said in the configuration.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tldr_reward.annotations import AnnotationRow, Change, changes
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, Span
from tldr_reward.spans import overlaps, sentence_indices, word_spans


@dataclasses.dataclass(frozen=True)
class TimeModel:
    """Seconds of each act, the chance that an error is noticed when its claim is checked, noise.

    `key`, `point`, `home` and `mental` are the keystroke-level model's operators, `check` is
    the check of one claim against the image. `words_per_minute` is the rate of a reader whose
    acts take exactly these times; `noise` is the standard deviation of log seconds a caption.
    """

    words_per_minute: float
    check: float
    mental: float
    point: float
    home: float
    key: float
    notice: float
    noise: float


@dataclasses.dataclass(frozen=True)
class Annotator:
    """A person: reading rate, and the share of sentences checked although nothing is flagged."""

    name: str
    words_per_minute: float
    vigilance: float


@dataclasses.dataclass(frozen=True)
class Task:
    """A false caption with its truth; `flagged` are spans that the detector highlights.

    `claims` are the words that say something to check (a colour, a place); a sentence without
    one is one claim.
    """

    item: str
    before: str
    truth: str
    flagged: tuple[Span, ...]
    claims: tuple[Span, ...]


@dataclasses.dataclass(frozen=True)
class _Edit:
    """Characters of a caption to replace."""

    span: Span
    text: str


def false_captions(captions: Sequence[CaptionRecord]) -> list[tuple[CaptionRecord, str]]:
    """Perturbed captions, by caption_id, each with the text of its original."""
    texts = {caption.caption_id: caption.text for caption in captions}
    found = []
    for caption in sorted(captions, key=lambda caption: caption.caption_id):
        if caption.task == "caption" and caption.origin == "perturbed":
            if caption.parent_id not in texts:
                raise InputError(
                    f"caption {caption.caption_id!r} has the original {caption.parent_id!r}, "
                    "which is not among the captions"
                )
            found.append((caption, texts[caption.parent_id]))
    return found


def simulate(
    tasks: Sequence[Task],
    annotators: Sequence[Annotator],
    model: TimeModel,
    captions: int,
    seed: int,
) -> list[AnnotationRow]:
    """A log of every annotator on `captions` tasks with either guidance, no task twice."""
    needed = 2 * captions * len(annotators)
    if needed > len(tasks):
        raise InputError(
            f"{captions} captions for either guidance of {len(annotators)} annotators are "
            f"{needed}; there are {len(tasks)} false captions"
        )
    rng = np.random.default_rng(seed)
    drawn = [tasks[index] for index in rng.permutation(len(tasks))[:needed]]
    rows = []
    for annotator in annotators:
        clock = 0.0
        for guidance in ("binary", "token"):
            for task in drawn[:captions]:
                seconds, after = annotate(task, guidance, annotator, model, rng)
                ended = round(clock + seconds, 2)
                times = (guidance, clock, ended, task.before, after)
                rows.append(AnnotationRow(annotator.name, task.item, *times, "simulated"))
                clock = ended
            drawn = drawn[captions:]
    return rows


def annotate(
    task: Task,
    guidance: str,
    annotator: Annotator,
    model: TimeModel,
    rng: np.random.Generator,
) -> tuple[float, str]:
    """Seconds that an annotator needs for a caption, and the caption as it then stands.

    The caption is read once. With binary guidance, and where nothing is highlighted, every claim
    is checked; with token guidance the highlighted words are, and all claims of a sentence with
    the annotator's vigilance. A checked error is mended with the chance `notice`; a highlight on
    a true word is believed with the rest of that chance, and the word deleted.
    """
    words = word_spans(task.before)
    lit = [word for word in words if overlaps(word, task.flagged)]
    sentences = sentence_indices(words, task.before)
    everything = guidance == "binary" or not lit
    chance = 1.0 if everything else annotator.vigilance
    searched = {index for index in sorted(set(sentences)) if rng.random() < chance}
    shown = [] if everything else lit
    edits = _noticed(task, words, sentences, searched, shown, model, rng)
    checks = len(shown) + _claims(task, words, sentences, searched, shown)
    read = sum(task.before[start].isalnum() for start, _ in words)
    seconds = read * 60 / model.words_per_minute + checks * model.check
    # The caption is handed in by a click on a button.
    seconds += sum(_mending(edit, model) for edit in edits) + model.point + model.key
    noise = np.exp(rng.normal(-(model.noise**2) / 2, model.noise)) if model.noise else 1.0
    speed = annotator.words_per_minute / model.words_per_minute
    return float(seconds / speed * noise), _edited(task.before, edits)


def _noticed(
    task: Task,
    words: Sequence[Span],
    sentences: Sequence[int],
    searched: set[int],
    shown: Sequence[Span],
    model: TimeModel,
    rng: np.random.Generator,
) -> list[_Edit]:
    """Edits that the annotator makes: errors found, highlights believed that were none."""
    edits, errors = [], []
    for change in changes(task.before, task.truth):
        first = min(change.before_words[0], len(words) - 1)
        wrong = words[first : max(change.before_words[1], first + 1)]
        errors += wrong
        seen = sentences[first] in searched or any(word in shown for word in wrong)
        if rng.random() < model.notice and seen:
            edits.append(_mended(change, task))
    for word in shown:
        if word not in errors and rng.random() < 1 - model.notice:
            # With the space before it, unless that goes with another edit.
            ends = [end for _, end in (*words, *(edit.span for edit in edits)) if end <= word[0]]
            begin = max(ends, default=0)
            edits.append(_Edit((begin, word[1]), ""))
    return edits


def _mended(change: Change, task: Task) -> _Edit:
    """The edit that makes a change, without the space behind it where that stays as it is."""
    (start, end), text = change.before_span, task.truth[slice(*change.after_span)]
    while end > start and text and text[-1].isspace() and text[-1] == task.before[end - 1]:
        end, text = end - 1, text[:-1]
    return _Edit((start, end), text)


def _claims(
    task: Task,
    words: Sequence[Span],
    sentences: Sequence[int],
    searched: set[int],
    shown: Sequence[Span],
) -> int:
    """Claims to check in the sentences that are searched, without the words highlighted there."""
    count = 0
    for index in searched:
        own = [word for word, of in zip(words, sentences, strict=True) if of == index]
        claims = [word for word in own if overlaps(word, task.claims)] or own[:1]
        count += sum(word not in shown for word in claims)
    return count


def _mending(edit: _Edit, model: TimeModel) -> float:
    """Decide, select by pointing and a double click, go to the keyboard, type, go back."""
    keys = max(1, len(edit.text.strip()))
    return model.mental + model.point + 2 * model.key + 2 * model.home + keys * model.key


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span[0]] + edit.text + text[edit.span[1] :]
    return text.strip()
