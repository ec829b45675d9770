"""Question sets over held-out scenes: multiple choice, and open questions of all kinds."""

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

# What a question of an exam becomes: a prompt and its answer.
Form = Callable[[Question], tuple[str, str]]


def write_exam(scenes: Sequence[Scene], per_image: int, seed: int) -> list[CaptionRecord]:
    """`scene-exam`: multiple choice with four options; letters and answers balanced by kind."""
    rng = np.random.default_rng([seed, *b"exam"])
    letters: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}

    def form(question: Question) -> tuple[str, str]:
        used = letters[question.kind]
        least = min(used[letter] for letter in CHOICE_LETTERS)
        due = [letter for letter in CHOICE_LETTERS if used[letter] == least]
        letter = due[int(rng.integers(len(due)))]
        used[letter] += 1
        return offer_choices(question, letter, rng)

    return _write("exam", scenes, per_image, rng, form, len(CHOICE_LETTERS))


def write_mix(scenes: Sequence[Scene], per_image: int, seed: int) -> list[CaptionRecord]:
    """`scene-mix`: open questions of all kinds, the answers of each kind balanced."""
    rng = np.random.default_rng([seed, *b"mix"])
    return _write("mix", scenes, per_image, rng, lambda question: (question.text, question.answer))


def _write(
    name: str,
    scenes: Sequence[Scene],
    per_image: int,
    rng: np.random.Generator,
    form: Form,
    options: int = 0,
) -> list[CaptionRecord]:
    """`per_image` questions a scene, no kind twice; the kinds asked least so far come first."""
    balance, asked = AnswerBalance(), Counter()
    records = []
    for scene in scenes:
        order = [list(KINDS)[index] for index in rng.permutation(len(KINDS))]
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
