"""What the paper scale's tables cost, by counted operations: GPU hours, memory, disk, requests.

Nothing here was measured: rates and lengths below are assumptions, and all else is counted.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from tldr_reward.backbones.published import Operations, Sizes

# An H100: 990 TFLOP/s in half precision, of which 40% are reached; where tokens are generated one
# after the other, all weights are read for each, at half of 3.35 TB/s, for a batch of 64.
RATE, BANDWIDTH, BATCH = 0.4 * 990e12, 0.5 * 3.35e12, 64
# Tokens of a prompt, a caption (DOCCI's have 136 words, those made of Visual Genome's answers
# fewer) and an answer.
PROMPT, CAPTION, ANSWER = 20, 120, 6
# Images of Visual Genome, with 16 questions each; of DOCCI that are described; of WinoGround.
VISUAL_GENOME, QUESTIONS, DOCCI, WINOGROUND = 108_077, 16, 14_647, 800
# Archives in 10^9 bytes: DOCCI's and Visual Genome's as published, the others rounded up.
ARCHIVES = {
    "docci": 7.6,
    "visual_genome": 15.2,
    "winoground": 0.5,
    "blink": 0.5,
    "isobench": 0.1,
    "pixelprose": 10.0,
}
# PaliGemma's weights are published in single precision, the others' in half.
_STORED = {"paligemma": 4}


@dataclasses.dataclass(frozen=True)
class Model:
    """A backbone at full size: parameters, operations, and how it is trained."""

    sizes: Sizes
    operations: Operations
    sharded: bool


@dataclasses.dataclass(frozen=True)
class Run:
    """Settings of a scale that decide what it costs.

    `reward_models` are (backbone, reward model); `zoo` maps a model to its kind and source;
    `items` counts those of all benchmarks together.
    """

    backbones: Mapping[str, Model]
    reward_models: Sequence[tuple[str, str]]
    zoo: Mapping[str, tuple[str, str]]
    corrected: Sequence[str]
    detector: str
    processes: int
    steps: int
    batch_images: int
    batch_questions: int
    negatives: int
    test_images: int
    validation_images: int
    pixelprose: int
    benchmark_taus: int
    caption_taus: int
    items: int
    new_tokens: int


@dataclasses.dataclass(frozen=True)
class Cost:
    """GPU hours, memory of one GPU and disk in 10^9 bytes, requests to vendors and to the writer.

    The writer is the language model of the negatives.
    """

    hours: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    paid: int = 0
    written: int = 0


@dataclasses.dataclass(frozen=True)
class Job:
    """A job's own cost, and the jobs that it waits for."""

    cost: Cost
    after: tuple[str, ...] = ()


def all_jobs(run: Run) -> dict[str, Job]:
    """Every costly job of the paper scale by name, as the workflow's rules make them."""
    jobs = {f"fetch {name}": Job(Cost(disk=2 * size)) for name, size in ARCHIVES.items()}
    captions = VISUAL_GENOME + DOCCI + WINOGROUND
    asked = 2 * (captions * run.negatives + VISUAL_GENOME * QUESTIONS) + VISUAL_GENOME
    data = ("fetch docci", "fetch visual_genome", "fetch winoground")
    jobs["perturb"] = Job(Cost(disk=3.0, written=asked), data)
    for backbone, model in run.backbones.items():
        disk = model.sizes.backbone * _STORED.get(backbone, 2) / 1e9
        jobs[f"fetch {backbone}"] = Job(Cost(disk=disk))
    for backbone, name in run.reward_models:
        after = ("perturb", f"fetch {backbone}")
        jobs[f"train {backbone}/{name}"] = Job(_training(run, backbone), after)
        if name not in ("tldr", "naive"):
            images = run.test_images + run.validation_images
            cost = _scoring(run, backbone, images, 1 + run.negatives, 1)
            jobs[f"score {backbone}/{name}"] = Job(cost, (f"train {backbone}/{name}",))
    for backbone in run.backbones:
        jobs |= _of_backbone(run, backbone)
    for name, (kind, source) in run.zoo.items():
        jobs |= _of_zoo(run, name, kind, source)
    return jobs


def _of_backbone(run: Run, backbone: str) -> dict[str, Job]:
    """Scores of table 1, benchmarks and captions over tau, PixelProse, of one backbone."""
    tldr, naive = f"train {backbone}/tldr", f"train {backbone}/naive"
    images = run.test_images + run.validation_images
    taus = [f"caption taus {name}" for name in run.backbones]
    of_taus = len(run.backbones) * run.caption_taus
    generated = _generating(run, backbone, WINOGROUND, run.caption_taus)
    answered = _scoring(run, backbone, run.items, 0, run.benchmark_taus)
    return {
        f"score {backbone}": Job(
            _scoring(run, backbone, images, 1 + run.negatives, 3), (tldr, naive)
        ),
        f"benchmarks {backbone}": Job(answered, (tldr, "fetch blink", "fetch isobench")),
        f"caption taus {backbone}": Job(generated, (tldr,)),
        f"score taus {backbone}": Job(
            _scoring(run, backbone, WINOGROUND, 1, of_taus), (tldr, *taus)
        ),
        f"pixelprose {backbone}": Job(
            _scoring(run, backbone, run.pixelprose, 1, 1), (tldr, "fetch pixelprose")
        ),
    }


def _of_zoo(run: Run, name: str, kind: str, source: str) -> dict[str, Job]:
    """Captions of a model of the zoo, their scores, and their corrections."""
    paid = WINOGROUND if kind == "endpoint" and "//127.0.0.1" not in source else 0
    after, cost = ("fetch winoground",), Cost(paid=paid)
    if kind == "folder":
        backbone = source.split("/")[-2]
        cost, after = _generating(run, backbone, WINOGROUND, 1), (*after, f"fetch {backbone}")
    detector = run.detector.split("/")[0]
    scored = _scoring(run, detector, WINOGROUND, 1, 1)
    jobs = {
        f"caption {name}": Job(cost, after),
        f"judge {name}": Job(scored, (f"caption {name}", f"train {run.detector}")),
    }
    if name in run.corrected:  # with either guidance, if every caption is flagged
        jobs[f"correct {name}"] = Job(Cost(paid=2 * paid), (f"judge {name}",))
    return jobs


def _training(run: Run, backbone: str) -> Cost:
    """Steps of images with their captions, and of questions with a right and a wrong answer."""
    model = run.backbones[backbone]
    images = run.batch_images + run.batch_questions
    prefix = model.operations.image_tokens + PROMPT
    said = run.batch_images * (1 + run.negatives) * CAPTION + run.batch_questions * 2 * ANSWER
    operations = model.operations.training(images, images * prefix + said, prefix + CAPTION)
    memory = model.sizes.training_gigabytes()
    if model.sharded:
        base, lora = model.operations.token
        memory -= (2 * base + 16 * lora) / 1e9 * (1 - 1 / run.processes)
    # What is kept, and the state from which a killed training goes on.
    disk = (4 + 12) * model.sizes.lora / 1e9
    return Cost(hours=_hours(run.steps * operations / RATE), memory=memory, disk=disk)


def _scoring(run: Run, backbone: str, images: float, captions: int, times: int) -> Cost:
    """Images with so many captions each, so many times."""
    model = run.backbones[backbone]
    prefix = model.operations.image_tokens + PROMPT
    tokens = images * (prefix + captions * CAPTION)
    operations = times * model.operations.forward(images, tokens, prefix + CAPTION)
    return Cost(hours=_hours(operations / RATE), memory=model.sizes.scoring_gigabytes())


def _generating(run: Run, backbone: str, images: int, times: int) -> Cost:
    """A caption of each image, so many times; every batch to the most tokens that are allowed."""
    read = _scoring(run, backbone, images, 0, times)
    steps = times * math.ceil(images / BATCH) * run.new_tokens
    weights = run.backbones[backbone].sizes.scoring_gigabytes() * 1e9
    hours = read.hours + _hours(steps * weights / BANDWIDTH)
    return dataclasses.replace(read, hours=hours)


def _hours(seconds: float) -> float:
    return seconds / 3600


def tables(run: Run) -> dict[str, list[str]]:
    """The jobs that each table is made of; what these wait for comes with them."""
    scored = [f"score {backbone}" for backbone in run.backbones]
    ablated = [f"score {one}/{name}" for one, name in run.reward_models if "_only" in name]
    found = {
        "table1": scored,
        "table2": ["score paligemma", *ablated],
        "table3": [f"judge {name}" for name in run.zoo],
        "table4": [f"correct {name}" for name in run.corrected],
        "table5": [f"benchmarks {backbone}" for backbone in run.backbones],
        "table6": [f"score taus {backbone}" for backbone in run.backbones],
        "table7": ["perturb"],
        "table8": ["perturb"],
        "table9": ["train paligemma/tldr"],
        "table10": ["train llama/tldr"],
        "table11": [*scored, *ablated],
        "human_evaluation": scored,
        "pixelprose": [f"pixelprose {backbone}" for backbone in run.backbones],
    }
    return found | {"all together": sorted({name for names in found.values() for name in names})}


def total(jobs: Mapping[str, Job], targets: Iterable[str]) -> Cost:
    """Cost of some jobs and of all that they wait for, each once; memory is the largest's."""
    left, needed = list(targets), {}
    while left:
        name = left.pop()
        if name not in needed:
            needed[name] = jobs[name]
            left += jobs[name].after
    costs = [job.cost for job in needed.values()]
    return Cost(
        sum(cost.hours for cost in costs),
        max(cost.memory for cost in costs),
        sum(cost.disk for cost in costs),
        sum(cost.paid for cost in costs),
        sum(cost.written for cost in costs),
    )


def costs_table(run: Run) -> str:
    """Markdown: a row a table with everything that it needs when nothing is there yet."""
    jobs = all_jobs(run)
    lines = [
        "| Table | GPU hours | A GPU holds (GB) | Disk (GB) | Calls to vendors "
        "| Requests to the writer |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    for table, names in tables(run).items():
        cost = total(jobs, names)
        cells = [
            _number(cost.hours),
            _number(cost.memory),
            f"{math.ceil(cost.disk)}",
            f"{cost.paid:,}",
            f"{cost.written / 1e6:.1f} million",
        ]
        lines.append(f"| {table} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
