"""perturb-captions: negatives of the original responses, each of them checked by the oracle."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.perturb.lexicon import Lexicon
from tldr_reward.perturb.taxonomies import due_taxonomies, negative, perturb_text, wrong_answer
from tldr_reward.progress import Progress
from tldr_reward.records import (
    CaptionRecord,
    ImageRecord,
    read_records,
    write_records,
    write_rows,
)
from tldr_reward.spans import differing_spans
from tldr_reward.world.asking import known_words
from tldr_reward.world.lexicon import word_categories
from tldr_reward.world.oracle import judge_caption, named_pairs, wrong_words
from tldr_reward.world.questions import statement
from tldr_reward.world.responses import question_kind
from tldr_reward.world.scenes import Scene
from tldr_reward.world.splits import SPLITS, check_split

_EDITS = 8  # edits tried in one taxonomy before the next one is
_NO_NEGATIVES = "pretrain"  # the backbones are pre-trained on true responses only


@dataclasses.dataclass(frozen=True)
class RejectCount:
    """How many edits of one kind were dropped for one cause: a row of rejects.csv."""

    split: str
    source: str
    task: str
    taxonomy: str
    cause: str
    count: int


class SplitPerturber:
    """Makes the negatives of one split, its taxonomies balanced, and counts what it drops.

    `texts` maps every caption of the data set to its split and is shared between splits.
    """

    def __init__(self, split: str, texts: dict[str, str], seed: int) -> None:
        self.split, self.texts = split, texts
        self.lexicon = _lexicon(SPLITS[split][0])
        self.rng = np.random.default_rng([seed, *split.encode()])
        self.used: Counter[str] = Counter()
        self.rejected: Counter[tuple[str, str, str, str]] = Counter()

    def perturbed_caption(
        self, original: CaptionRecord, scene: Scene, source: str
    ) -> CaptionRecord | None:
        """A negative in the least used taxonomy that makes one; None where none does."""
        for taxonomy in due_taxonomies(self.used, self.rng):
            for _ in range(_EDITS):
                text = perturb_text(original.text, taxonomy, self.lexicon, self.rng)
                cause = (
                    "not_applicable"
                    if text is None
                    else self._cause_against(original.text, text, scene)
                )
                if cause is None:
                    self.used[taxonomy] += 1
                    self.texts[text] = self.split
                    return negative(original, text, taxonomy)
                self.rejected[source, "caption", taxonomy, cause] += 1
                if text is None:
                    break
        return None

    def _cause_against(self, original: str, text: str, scene: Scene) -> str | None:
        """Why a perturbed caption is no good negative; None when it is."""
        if text == original:
            return "unchanged"
        if self.texts.get(text, self.split) != self.split:
            return "in_another_split"
        if not named_pairs(text) <= set(known_words(scene).pairs):
            return "unseen_pair"
        verdicts = judge_caption(scene, text)
        if not all(verdict.parsed for verdict in verdicts):
            return "unparseable"
        if all(verdict.true for verdict in verdicts):
            return "still_true"
        if max(verdict.alternatives for verdict in verdicts) > 1:
            return "ambiguous"
        return None if wrong_words(verdicts) == differing_spans(original, text) else "ambiguous"

    def wrong_twin(
        self, original: CaptionRecord, scene: Scene, source: str, answers: Sequence[str]
    ) -> CaptionRecord | None:
        """A wrong answer to the same question; None where none is found."""
        for _ in range(_EDITS):
            text = wrong_answer(original.text, answers, self.rng)
            cause = self._cause_against_answer(original.prompt, text, scene)
            if cause is None:
                return negative(original, text, None)
            self.rejected[source, "vqa", "", cause] += 1
        return None

    def _cause_against_answer(self, prompt: str, answer: str | None, scene: Scene) -> str | None:
        """Why a wrong answer is no good negative; None when it is."""
        if answer is None:
            return "not_applicable"
        sentence = statement(prompt, answer)
        if sentence is None:
            return "unparseable"
        if not named_pairs(sentence) <= set(known_words(scene).pairs):
            return "unseen_pair"
        return "still_true" if all(v.true for v in judge_caption(scene, sentence)) else None

    def reject_counts(self) -> list[RejectCount]:
        """The counts of what was dropped, as rows."""
        return [
            RejectCount(self.split, *key, count) for key, count in sorted(self.rejected.items())
        ]


def _lexicon(distribution: str) -> Lexicon:
    words = word_categories(distribution)
    return Lexicon(
        colours=words["colour"],
        sizes=words["size"],
        shapes=words["shape"],
        rows=words["row"],
        columns=words["column"],
        relations=words["relation"],
        numbers=words["number"],
        tiny_kinds=words["tiny_kind"],
        letters=words["letter"],
    )


@click.command()
@click.option("--scenes", type=click.Path(path_type=Path), required=True)
@click.option("--image-records", type=click.Path(path_type=Path), required=True)
@click.option("--originals", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="<split>.jsonl here.")
@click.option("--rejects", type=click.Path(path_type=Path), required=True)
def command(
    scenes: Path,
    image_records: Path,
    originals: Path,
    seed: int,
    out: Path,
    rejects: Path,
) -> None:
    """Make a negative of every original caption, and a wrong answer to every question.

    Example: tldr-reward perturb-captions --scenes data/scenes.jsonl --image-records
    data/images.jsonl --originals data/originals.jsonl --out data/captions
    --rejects data/rejects.csv
    """
    truth = {scene.image_id: scene for scene in read_records(scenes, Scene)}
    images = {image.image_id: image for image in read_records(image_records, ImageRecord)}
    records = read_records(originals, CaptionRecord)
    by_split = _by_split(records, images, truth)
    texts = {
        record.text: split
        for split, of_split in by_split.items()
        for record in of_split
        if record.task == "caption"
    }
    progress = Progress(len(records), "perturb-captions")
    counts: list[RejectCount] = []
    for split, of_split in by_split.items():
        perturber = SplitPerturber(split, texts, seed)
        responses = _with_negatives(of_split, images, truth, perturber, progress)
        write_records(out / f"{split}.jsonl", responses)
        counts += perturber.reject_counts()
    write_rows(rejects, counts, RejectCount)


def _by_split(
    records: Sequence[CaptionRecord],
    images: Mapping[str, ImageRecord],
    truth: Mapping[str, Scene],
) -> dict[str, list[CaptionRecord]]:
    by_split: dict[str, list[CaptionRecord]] = {}
    for record in records:
        if record.image_id not in images or record.image_id not in truth:
            raise InputError(
                f"caption {record.caption_id!r}: no image record or no scene of image "
                f"{record.image_id!r}"
            )
        check_split(images[record.image_id].split, f"image {record.image_id!r}")
        by_split.setdefault(images[record.image_id].split, []).append(record)
    return by_split


def _with_negatives(
    originals: Sequence[CaptionRecord],
    images: Mapping[str, ImageRecord],
    truth: Mapping[str, Scene],
    perturber: SplitPerturber,
    progress: Progress,
) -> list[CaptionRecord]:
    """A split's originals, each followed by its negative if it has one."""
    answers: dict[str | None, list[str]] = {}
    for record in originals:
        if record.task == "vqa":
            answers.setdefault(question_kind(record.caption_id), []).append(record.text)
    responses: list[CaptionRecord] = []
    for record in originals:
        responses.append(record)
        progress.step()
        if perturber.split == _NO_NEGATIVES:
            continue
        scene, source = truth[record.image_id], images[record.image_id].source
        if record.task == "caption":
            made = perturber.perturbed_caption(record, scene, source)
        else:
            same_kind = answers[question_kind(record.caption_id)]
            made = perturber.wrong_twin(record, scene, source, same_kind)
        responses += [] if made is None else [made]
    return responses
