"""A sweep over tau: the original LM head on a backbone whose LoRA acts at tau times its scale."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import lm_eval
from lm_eval.api.task import Task
from lm_eval.tasks import TaskManager
from peft.helpers import rescale_adapter_scale

from tldr_reward.benchmarks.harness import Benchmark
from tldr_reward.benchmarks.model import BackboneLM
from tldr_reward.errors import InputError
from tldr_reward.reward.model import RewardModel

# Each benchmark has two tasks: the answer in free text, and the likeliest of the choices in words.
CONSTRAINED = "_constrained"


@dataclasses.dataclass(frozen=True)
class Answer:
    """How a model answered one item at one tau.

    `text` is what it said, `parsed` the option that this chooses ("" if none), `constrained` the
    option whose choice, in its own words, is the likeliest answer to the question alone.
    """

    tau: float
    benchmark: str
    item_id: str
    text: str
    parsed: str
    constrained: str


@dataclasses.dataclass(frozen=True)
class Tasks:
    """lm-eval's tasks, loaded once, and the manager that simple_evaluate would else make anew."""

    tasks: tuple[Task, ...]
    manager: TaskManager


def load_tasks(folder: str, benchmarks: Mapping[str, Benchmark]) -> Tasks:
    """lm-eval's two tasks for each benchmark, from the task files in `folder` and what is given."""

    def benchmark_named(name: str) -> Benchmark:
        return benchmarks[name]

    # A function, since lm-eval copies deeply whatever data the metadata hold, once a task and tau.
    metadata = {"benchmark_named": benchmark_named}
    manager = TaskManager(include_path=folder, include_defaults=False, metadata=metadata)
    wanted = [task for name in benchmarks for task in (name, name + CONSTRAINED)]
    if missing := [task for task in wanted if task not in manager.all_subtasks]:
        raise InputError(f"no task file for {missing[0]!r} in {folder}; has {manager.all_subtasks}")
    return Tasks(tuple(manager.load(wanted)["tasks"].values()), manager)


def sweep(model: RewardModel, tasks: Tasks, taus: Sequence[float]) -> Iterator[Answer]:
    """Answers at each tau in turn; at tau = 0 the backbone is the base model, bit for bit."""
    answering = BackboneLM(model.backbone)
    for tau in taus:
        answering.label = f"tau {tau:g}, "
        with rescale_adapter_scale(model.peft_model, tau), model.weights.kept():
            found = lm_eval.simple_evaluate(
                model=answering,
                tasks=list(tasks.tasks),
                task_manager=tasks.manager,
                bootstrap_iters=0,
                log_samples=True,
            )
        yield from _answers(tau, found["samples"])


def _answers(tau: float, samples: Mapping[str, Sequence[Mapping]]) -> Iterator[Answer]:
    for benchmark in [name for name in samples if not name.endswith(CONSTRAINED)]:
        likeliest = {
            sample["doc"]["item_id"]: _likeliest(sample)
            for sample in samples[benchmark + CONSTRAINED]
        }
        for sample in samples[benchmark]:
            item_id = sample["doc"]["item_id"]
            text, parsed = sample["resps"][0][0], sample["filtered_resps"][0]
            yield Answer(tau, benchmark, item_id, text, parsed, likeliest[item_id])


def _likeliest(sample: Mapping) -> str:
    """The option whose choice has the greatest likelihood; the first of equals."""
    scores = [score for score, _ in sample["filtered_resps"]]
    return sample["doc"]["options"][scores.index(max(scores))]
