"""`tldr-reward evaluate-benchmarks`: a reward model's backbone on benchmarks, over taus."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.cli.taus import parse_run, parse_taus
from tldr_reward.records import BenchmarkItem, read_records, write_rows


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--reward-model", "reward_folder", type=Path, required=True)
@click.option("--items", type=Path, multiple=True, required=True, help="<benchmark>.jsonl")
@click.option("--tasks", type=Path, required=True, help="folder of lm-eval task files")
@click.option("--taus", required=True, help="comma-separated, 0 among them: 0,0.25,0.5,1")
@click.option("--run", "run_id", required=True, help="backbone/reward_model/seed<k>")
@click.option("--scale", required=True)
@runtime_options
@click.option("--out", type=Path, required=True, help="CSV of outcomes, one row an item and tau")
def command(
    backbone_folder, reward_folder, items, tasks, taus, run_id, scale, runtime, out
) -> None:
    """Answer benchmarks with the original LM head, the LoRA at tau times its scale (table 5).

    One process answers all benchmarks at all taus through lm-evaluation-harness, which asks no
    network. At tau = 0 the model is the backbone as it was before the reward model was trained.

    Example: tldr-reward evaluate-benchmarks --backbone final/ --reward-model reward_model/
    --items items/counting.jsonl --tasks workflow/tasks --taus 0,0.25,0.5,1
    --run paligemma/tldr/seed0 --scale mini --out outcomes.csv
    """
    scales = parse_taus(taus, "--taus")
    with _offline():
        from tldr_reward.backbones.folders import load_backbone
        from tldr_reward.benchmarks.harness import Benchmark
        from tldr_reward.benchmarks.sweep import load_tasks, sweep
        from tldr_reward.cli.pictures import read_image
        from tldr_reward.cli.runtime import use_runtime
        from tldr_reward.metrics.rows import BenchmarkOutcome
        from tldr_reward.reward.model import load_reward_model

        use_runtime(runtime)
        # Its warnings are about options that a caller of its Python API does not have.
        logging.getLogger("lm_eval").setLevel(logging.ERROR)
        read = [(path, read_records(path, BenchmarkItem)) for path in items]
        known = {item.item_id: item for _, some in read for item in some}
        benchmarks = {
            path.stem: Benchmark(some, [read_image(path.parent / item.path) for item in some])
            for path, some in read
        }
        model = load_reward_model(load_backbone(backbone_folder, runtime.placement), reward_folder)
        loaded = load_tasks(str(tasks), benchmarks)
        backbone, reward_model, seed = parse_run(run_id)
        rows = [
            BenchmarkOutcome(
                run=run_id,
                backbone=backbone,
                reward_model=reward_model,
                scale=scale,
                seed=seed,
                tau=answer.tau,
                benchmark=answer.benchmark,
                item_id=answer.item_id,
                answer=known[answer.item_id].answer,
                meaning=meaning(known[answer.item_id]),
                text=answer.text,
                parsed=answer.parsed,
                right=int(answer.parsed == known[answer.item_id].answer),
                constrained=answer.constrained,
                constrained_right=int(answer.constrained == known[answer.item_id].answer),
            )
            for answer in sweep(model, loaded, scales)
        ]
    write_rows(out, rows, BenchmarkOutcome)


def meaning(item: BenchmarkItem) -> str:
    """What the right option of an item stands for."""
    return item.choices[item.options.index(item.answer)]


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Hub off, caches in a folder that goes away, no bars and no hashes of images in lm-eval.

    The libraries read these when they are imported.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as caches:
        os.environ.update(
            HF_HUB_OFFLINE="1",
            HF_DATASETS_OFFLINE="1",
            HF_EVALUATE_OFFLINE="1",
            HF_HOME=caches,
            LMEVAL_HASHMM="0",
            TQDM_DISABLE="1",
        )
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
