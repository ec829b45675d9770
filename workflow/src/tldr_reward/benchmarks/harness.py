"""What our task files ask of lm-evaluation-harness: documents, images, filters by name."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import datasets
from lm_eval.api.filter import Filter
from lm_eval.api.registry import register_filter
from PIL import Image

from tldr_reward.benchmarks.parsing import PARSERS
from tldr_reward.records import BenchmarkItem


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Items of a benchmark with the image of each, in the same order."""

    items: Sequence[BenchmarkItem]
    images: Sequence[Image.Image]


def documents(
    name: str, benchmark_named: Callable[[str], Benchmark], version: float, config_source: str
) -> dict[str, datasets.Dataset]:
    """A benchmark as the `test` split of a data set in memory: nothing is looked up or cached.

    `benchmark_named` is given to lm-eval's task manager as metadata, which it hands on together
    with the task file's own.
    """
    benchmark = benchmark_named(name)
    items, images = benchmark.items, benchmark.images
    columns = {
        "item_id": [item.item_id for item in items],
        "prompt": [item.prompt for item in items],
        "question": [question_alone(item) for item in items],
        "options": [list(item.options) for item in items],
        "choices": [list(item.choices) for item in items],
        "answer": [item.answer for item in items],
        "image": list(images),
    }
    text, texts = datasets.Value("string"), datasets.List(datasets.Value("string"))
    kinds = {"options": texts, "choices": texts, "image": datasets.Image()}
    features = datasets.Features({name: kinds.get(name, text) for name in columns})
    return {"test": datasets.Dataset.from_dict(columns, features=features)}


def question_alone(item: BenchmarkItem) -> str:
    """A prompt without its options: "how many? (A) one (B) two" asks "how many?".

    BLINK's own prompts have options in lines of their own, and announce them in another.
    """
    announced = rf"\s+(?:Select from the following \w+\.\s+)?{re.escape(item.options[0])} "
    return re.split(announced, item.prompt, maxsplit=1)[0]


def right_choice(document: Mapping) -> int:
    """Place of the right choice, which lm-eval's multiple choice wants."""
    return document["options"].index(document["answer"])


class _AnswerFilter(Filter):
    """Replaces the first answer to each document by the option that it chooses."""

    parse: Callable[[str, Sequence[str], Sequence[str]], str]

    def apply(self, resps: Iterable[Sequence[str]], docs: Sequence[Mapping]) -> list[str]:
        """One option, or "", for each document's answers."""
        return [
            type(self).parse(answers[0], document["options"], document["choices"])
            for answers, document in zip(resps, docs, strict=True)
        ]


@register_filter("blink_answer")
class BlinkAnswer(_AnswerFilter):
    """BLINK's rules."""

    parse = staticmethod(PARSERS["blink"])


@register_filter("isobench_answer")
class IsoBenchAnswer(_AnswerFilter):
    """IsoBench's rules."""

    parse = staticmethod(PARSERS["isobench"])
