"""The data card: what stands in a data set, counted from its records, as Markdown."""

import dataclasses
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from tldr_reward.records import CaptionRecord, ImageRecord
from tldr_reward.spans import overlaps, sentence_spans, word_spans

_QUESTION_KIND = re.compile(r"-q\d+-([a-z_]+)(-choice)?$")
_QUANTILES = (0, 5, 25, 50, 75, 95, 100)
_MOST_ANSWERS = 8  # kinds with more answers than these show the number of answers


@dataclasses.dataclass(frozen=True)
class DataSet:
    """All responses of a data set with the image that each is about, and its rejected edits.

    `rejected` counts edits by (split, task, taxonomy, cause); `duplicates` counts, by what they
    are, those found in two splits.
    """

    images: Mapping[str, ImageRecord]
    responses: Sequence[CaptionRecord]
    rejected: Mapping[tuple[str, str, str, str], int]
    duplicates: Mapping[str, int]

    def split_of(self, response: CaptionRecord) -> str:
        """The split of a response's image."""
        return self.images[response.image_id].split

    def splits(self) -> list[str]:
        """Splits in the order of the image records."""
        return list(dict.fromkeys(image.split for image in self.images.values()))


def count_shared(found: Iterable[tuple[str, Hashable]]) -> int:
    """How many things, given as (split, thing), stand in more than one split."""
    splits: dict[Hashable, set[str]] = {}
    for split, thing in found:
        splits.setdefault(thing, set()).add(split)
    return sum(len(of_thing) > 1 for of_thing in splits.values())


def write_card(data: DataSet) -> str:
    """The data card as Markdown."""
    parts = [
        "# Data card\n\nMade by `tldr-reward describe-data`; every number is counted from the "
        "records.",
        "## Images and responses\n\n" + _count_table(data),
        "## Negatives by taxonomy\n\n" + _taxonomy_table(data),
        "## Rejected edits by cause\n\nEvery negative is checked: by the oracle of the scene "
        "world, or by a language model. An edit that a "
        "caption gives no place for, or that fails the check, is dropped and another is tried.\n\n"
        + _reject_table(data),
        "## Caption lengths\n\nQuantiles over original and perturbed captions.\n\n"
        + _length_table(data)
        + "\n\nCaptions by number of sentences:\n\n"
        + _sentence_table(data),
        "## Label balance\n\nA word is bad when it stands in a bad span, a response when a word "
        "is.\n\n" + _balance_table(data),
        "## Answers by kind of question\n\nOriginal answers; share of each.\n\n"
        + _answer_table(data),
        "## Duplicates across splits\n\n"
        + _table(("what", "found in two splits"), sorted(data.duplicates.items())),
    ]
    return "\n\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _count_table(data: DataSet) -> str:
    images = Counter((image.split, image.source) for image in data.images.values())
    sources = sorted({image.source for image in data.images.values()})
    responses = Counter(
        (data.split_of(response), response.task, response.origin) for response in data.responses
    )
    kinds = [(task, origin) for task in ("caption", "vqa") for origin in ("original", "perturbed")]
    header = ["split", *(f"images {source}" for source in sources)]
    header += [f"{task} {origin}" for task, origin in kinds]
    rows = [
        [split, *(images[split, source] for source in sources)]
        + [responses[split, *kind] for kind in kinds]
        for split in data.splits()
    ]
    return _table(header, rows)


def _taxonomy_table(data: DataSet) -> str:
    counts = Counter(
        (response.taxonomy or "wrong answer", data.split_of(response))
        for response in data.responses
        if response.origin == "perturbed"
    )
    splits = [split for split in data.splits() if any(found == split for _, found in counts)]
    names = sorted({name for name, _ in counts}, key=lambda name: (name == "wrong answer", name))
    rows = [[name, *(counts[name, split] for split in splits)] for name in names]
    return _table(["taxonomy", *splits], rows)


def _reject_table(data: DataSet) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for (_, _, taxonomy, cause), count in data.rejected.items():
        counts[taxonomy or "wrong answer", cause] += count
    causes = sorted({cause for _, cause in counts})
    names = sorted({name for name, _ in counts}, key=lambda name: (name == "wrong answer", name))
    rows = [[name, *(counts[name, cause] for cause in causes)] for name in names]
    return _table(["taxonomy", *causes], rows)


def _captions_by_split(data: DataSet) -> dict[str, list[CaptionRecord]]:
    captions: dict[str, list[CaptionRecord]] = {split: [] for split in data.splits()}
    for response in data.responses:
        if response.task == "caption":
            captions[data.split_of(response)].append(response)
    return {split: found for split, found in captions.items() if found}


def _length_table(data: DataSet) -> str:
    rows = []
    for split, captions in _captions_by_split(data).items():
        for unit, spans in (("words", word_spans), ("sentences", sentence_spans)):
            lengths = [len(spans(caption.text)) for caption in captions]
            quantiles = np.percentile(lengths, _QUANTILES, method="inverted_cdf")
            rows.append([split, unit, f"{np.mean(lengths):.2f}", *map(int, quantiles)])
    return _table(["split", "unit", "mean", *(f"{quantile}%" for quantile in _QUANTILES)], rows)


def _sentence_table(data: DataSet) -> str:
    counts = {
        split: Counter(len(sentence_spans(caption.text)) for caption in captions)
        for split, captions in _captions_by_split(data).items()
    }
    lengths = sorted(set().union(*counts.values()))
    rows = [[split, *(found[length] for length in lengths)] for split, found in counts.items()]
    return _table(["split", *lengths], rows)


def _balance_table(data: DataSet) -> str:
    words: Counter[tuple[str, str]] = Counter()
    bad_words: Counter[tuple[str, str]] = Counter()
    responses: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    for response in data.responses:
        if response.bad_spans is None:
            continue
        group = (data.split_of(response), response.task)
        spans = word_spans(response.text)
        words[group] += len(spans)
        bad_words[group] += sum(overlaps(span, response.bad_spans) for span in spans)
        responses[group] += 1
        bad[group] += bool(response.bad_spans)
    rows = [
        [
            *group,
            words[group],
            f"{bad_words[group] / words[group]:.2%}",
            responses[group],
            f"{bad[group] / responses[group]:.2%}",
        ]
        for group in words
    ]
    return _table(["split", "task", "words", "bad", "responses", "with a bad word"], rows)


def _answer_table(data: DataSet) -> str:
    answers: dict[tuple[str, str], Counter[str]] = {}
    for response in data.responses:
        match = _QUESTION_KIND.search(response.caption_id)
        if match and response.task == "vqa" and response.origin == "original":
            kind = match[1] + (" (multiple choice)" if match[2] else "")
            found = answers.setdefault((kind, data.split_of(response)), Counter())
            found[response.text] += 1
    rows = [[*group, found.total(), _shares(found)] for group, found in sorted(answers.items())]
    return _table(["kind", "split", "questions", "answers"], rows)


def _shares(found: Counter[str]) -> str:
    if len(found) > _MOST_ANSWERS:
        most = max(found.values()) / found.total()
        return f"{len(found)} answers, the most frequent {most:.1%}"
    return ", ".join(
        f"{answer} {count / found.total():.1%}" for answer, count in found.most_common()
    )
