"""Original responses: captions, questions with answers, and multiple-choice twins of an image."""

from collections import Counter

import numpy as np

from tldr_reward.records import CaptionRecord, ImageRecord
from tldr_reward.world.asking import AnswerBalance, ask_question, ask_questions
from tldr_reward.world.captions import CAPTION_PROMPT, aggregate_caption, dense_caption
from tldr_reward.world.drills import DRILLED_QUESTION, DRILLS, PLACES, write_drill, write_places
from tldr_reward.world.fixes import write_fix
from tldr_reward.world.lists import LIST_PROMPT, write_lists
from tldr_reward.world.questions import (
    CHOICE_LETTERS,
    KINDS,
    Question,
    choice_count,
    offer_choices,
)
from tldr_reward.world.scenes import Scene
from tldr_reward.world.splits import QA, SPLITS

CHOICE_SPLIT = "pretrain"  # the split whose questions have multiple-choice twins
# Few: that an answer is a letter is soon learned, and which letter not at all in so many steps.
CHOICE_SHARE = 0.15
_TRIES = 200


class ResponseWriter:
    """Writes one split's original responses, image after image, with balanced answers.

    `texts` maps every caption so far to its split and is shared between the splits' writers:
    a caption that another split has is drawn again. `redrawn` counts those.
    """

    def __init__(
        self,
        split: str,
        captions: int,
        questions: int,
        texts: dict[str, str],
        seed: int,
        drills: int = 0,
        fixes: int = 0,
    ) -> None:
        self.split, self.captions, self.questions, self.texts = split, captions, questions, texts
        self.drills, self.fixes = drills, fixes
        self.rng = np.random.default_rng([seed, *split.encode()])
        self.asked = AnswerBalance()
        self.aggregated = AnswerBalance()
        self.drilled = AnswerBalance()
        self.letters: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self.redrawn: Counter[str] = Counter()

    def of_image(self, image: ImageRecord, scene: Scene) -> list[CaptionRecord]:
        """All original responses to one image; every one is true, so `bad_spans` is ()."""
        records = self._captions_of(image, scene) + self._lists_of(image, scene)
        records += self._drills_of(image, scene) + self._fixes_of(image, scene)
        # As in the paper, training has question-answer pairs of the QA source only.
        if self.split != "train" or image.source == QA:
            asked = ask_questions(scene, self.questions, self.asked, self.rng)
            for index, question in enumerate(asked):
                name = f"{image.image_id}-q{index}-{question.kind}"
                records.append(_vqa(name, image, question.text, question.answer))
                if self.split == CHOICE_SPLIT and self.rng.random() < CHOICE_SHARE:
                    prompt, letter = self._choices(question)
                    records.append(_vqa(f"{name}-choice", image, prompt, letter))
        return records

    def _lists_of(self, image: ImageRecord, scene: Scene) -> list[CaptionRecord]:
        lists = write_lists(scene, self.rng) if self.drills else []
        return [
            _vqa(f"{image.image_id}-l{index}", image, LIST_PROMPT, text)
            for index, text in enumerate(lists)
        ]

    def _drills_of(self, image: ImageRecord, scene: Scene) -> list[CaptionRecord]:
        records = []
        for index in range(self.drills):
            stem = f"{image.image_id}-d{index}"
            for prompt in DRILLS:
                text = write_drill(scene, prompt, self.rng)
                if text is not None:
                    name = f"{stem}-{prompt.split()[0]}"
                    records.append(_original(name, image, prompt, text, "caption"))
            question = ask_question(scene, DRILLED_QUESTION, self.drilled, self.rng)
            if question is not None:
                name = f"{stem}-{DRILLED_QUESTION}"
                records.append(_vqa(name, image, question.text, question.answer))
            if places := write_places(scene, self.rng):
                records.append(_vqa(f"{stem}-{PLACES}", image, *places))
        return records

    def _fixes_of(self, image: ImageRecord, scene: Scene) -> list[CaptionRecord]:
        records = []
        for index in range(self.fixes):
            if fix := write_fix(scene, self.rng):
                name = f"{image.image_id}-f{index}"
                records.append(_original(name, image, *fix, "caption"))
        return records

    def _captions_of(self, image: ImageRecord, scene: Scene) -> list[CaptionRecord]:
        records: list[CaptionRecord] = []
        for index in range(self.captions):
            text = self._new_caption(image, scene, [record.text for record in records])
            if text is not None:
                name = f"{image.image_id}-c{index}"
                records.append(_original(name, image, CAPTION_PROMPT, text, "caption"))
        return records

    def _new_caption(self, image: ImageRecord, scene: Scene, said: list[str]) -> str | None:
        """A caption that no other split and no other caption of the image has; None if none is."""
        for _ in range(_TRIES):
            if image.source == QA:
                pairs = ask_questions(scene, len(KINDS), self.aggregated, self.rng)
                text = aggregate_caption(pairs, self.rng)
            else:
                text = dense_caption(scene, self.rng, SPLITS[self.split][1])
            if self.texts.get(text, self.split) != self.split:
                self.redrawn["in another split"] += 1
            elif text in said:
                self.redrawn["said of the same image"] += 1
            else:
                self.texts[text] = self.split
                return text
        self.redrawn["given up"] += 1
        return None

    def _choices(self, question: Question) -> tuple[str, str]:
        """A multiple-choice prompt whose right letter is the one used least for its kind."""
        letters = CHOICE_LETTERS[: choice_count(question)]
        used = self.letters[question.kind]
        least = min(used[letter] for letter in letters)
        due = [letter for letter in letters if used[letter] == least]
        letter = due[int(self.rng.integers(len(due)))]
        used[letter] += 1
        return offer_choices(question, letter, self.rng)


def _vqa(caption_id: str, image: ImageRecord, prompt: str, answer: str) -> CaptionRecord:
    return _original(caption_id, image, prompt, answer, "vqa")


def _original(
    caption_id: str, image: ImageRecord, prompt: str, text: str, task: str
) -> CaptionRecord:
    return CaptionRecord(
        caption_id=caption_id,
        image_id=image.image_id,
        prompt=prompt,
        text=text,
        task=task,
        origin="original",
        bad_spans=(),
    )


def question_kind(caption_id: str) -> str | None:
    """Kind of the question that a caption id names ("test-000001-q3-count_colour"); else None."""
    named = [part for part in caption_id.split("-") if part in KINDS]
    return named[-1] if named else None
