"""Question sets over held-out scenes: an exam, a mix of all kinds, and multiple choice."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from tldr_reward.records import CaptionRecord
from tldr_reward.world.asking import AnswerBalance, ask_question
from tldr_reward.world.questions import (
    CHOICE_LETTERS,
    KINDS,
    Question,
    choice_count,
    offer_choices,
)
from tldr_reward.world.scenes import Scene

# Kinds that take more than one look: counts, relations, and whether something is there at all.
EXAM_KINDS = ("count_total", "count_colour", "count_shape", "relation_open", "relation_yes_no",
              "exists", "placed")  # fmt: skip
# What a question becomes: a prompt and its answer.
Form = Callable[[Question], tuple[str, str]]


def write_exam(scenes: Sequence[Scene], per_image: int, seed: int) -> list[CaptionRecord]:
    """`scene-exam`: open questions of the hard kinds, the answers of each kind balanced."""
    rng = np.random.default_rng([seed, *b"exam"])
    return _write("exam", scenes, per_image, rng, _open, EXAM_KINDS)


def write_mix(scenes: Sequence[Scene], per_image: int, seed: int) -> list[CaptionRecord]:
    """`scene-mix`: open questions of all kinds, the answers of each kind balanced."""
    rng = np.random.default_rng([seed, *b"mix"])
    return _write("mix", scenes, per_image, rng, _open, tuple(KINDS))


def write_choice(scenes: Sequence[Scene], per_image: int, seed: int) -> list[CaptionRecord]:
    """`scene-choice`: multiple choice with four options, answered by a letter, as in BLINK.

    Letters and answers are balanced by kind; kinds with fewer answers are left out.
    """
    rng = np.random.default_rng([seed, *b"choice"])
    letters: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}

    def form(question: Question) -> tuple[str, str]:
        used = letters[question.kind]
        least = min(used[letter] for letter in CHOICE_LETTERS)
        due = [letter for letter in CHOICE_LETTERS if used[letter] == least]
        letter = due[int(rng.integers(len(due)))]
        used[letter] += 1
        return offer_choices(question, letter, rng)

    options = len(CHOICE_LETTERS)
    return _write("choice", scenes, per_image, rng, form, tuple(KINDS), options)


def _open(question: Question) -> tuple[str, str]:
    return question.text, question.answer


def _write(
    name: str,
    scenes: Sequence[Scene],
    per_image: int,
    rng: np.random.Generator,
    form: Form,
    kinds: Sequence[str],
    options: int = 0,
) -> list[CaptionRecord]:
    """`per_image` questions a scene, no kind twice; the kinds asked least so far come first."""
    balance, asked = AnswerBalance(), Counter()
    records = []
    for scene in scenes:
        order = [kinds[index] for index in rng.permutation(len(kinds))]
        found = 0
        for kind in sorted(order, key=lambda kind: asked[kind]):
            if found == per_image:
                break
            question = ask_question(scene, kind, balance, rng)
            if question is None or choice_count(question) < options:
                continue
            prompt, answer = form(question)
            records.append(
                CaptionRecord(
                    caption_id=f"{scene.image_id}-{name}{found}-{kind}",
                    image_id=scene.image_id,
                    prompt=prompt,
                    text=answer,
                    task="vqa",
                    origin="original",
                    bad_spans=(),
                )
            )
            asked[kind] += 1
            found += 1
    return records
