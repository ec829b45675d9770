"""`tldr-reward estimate-costs`: what the paper scale takes, table by table, before it is run."""

import csv
from pathlib import Path

import click

from tldr_reward.cli.doctor import read_settings
from tldr_reward.errors import InputError
from tldr_reward.records import writing

_PATH = click.Path(path_type=Path)
SCALE = "paper"


@click.command()
@click.option(
    "--config",
    type=_PATH,
    default=Path("workflow/config"),
    show_default=True,
    help="folder of paper.yaml and the registries",
)
@click.option("--readme", type=_PATH, help="README whose table is written anew")
def command(config: Path, readme: Path | None) -> None:
    """Count GPU hours, memory, disk and requests of each table from the full-size configurations.

    Nothing is fetched and no weight is made. Operations are counted from the shapes of layers; the
    rates at which a GPU does them are assumed (reward/costs.py says which).

    Example: tldr-reward estimate-costs --config workflow/config
    """
    from tldr_reward.paper.readme import COSTS, replace_between
    from tldr_reward.reward.costs import costs_table

    table = costs_table(read_run(config))
    if readme is None:
        click.echo(table, nl=False)
        return
    if not readme.is_file():
        raise InputError(f"no such file: {readme}")
    text = replace_between(readme.read_text(encoding="utf-8"), *COSTS, table)
    with writing(readme) as file:
        file.write(text)


def read_run(config: Path):
    """The paper scale's settings and registries, with its backbones counted at full size."""
    from tldr_reward.backbones.published import published_operations, published_sizes
    from tldr_reward.reward.costs import Model, Run

    base, overlay = read_settings(config / "config.yaml"), read_settings(config / f"{SCALE}.yaml")
    settings = {name: _merged(base.get(name), overlay.get(name)) for name in base | overlay}
    reward = settings["reward"]
    backbones = {}
    for row in read_rows(config / "backbones.tsv"):
        own = settings["per_backbone"].get(row["backbone"], {}).get("runtime", {})
        sharded = own.get("sharding", settings["runtime"]["sharding"]) == "full"
        sizes = published_sizes(row["architecture"], reward["rank"])
        operations = published_operations(row["architecture"], reward["rank"])
        backbones[row["backbone"]] = Model(sizes, operations, sharded)
    models = read_rows(config / "reward_models.tsv")
    zoo = read_rows(config / "models.tsv")
    items = read_rows(config / "benchmarks.tsv", of_scale=False)
    return Run(
        backbones=backbones,
        reward_models=[(row["backbone"], row["reward_model"]) for row in models],
        zoo={row["model"]: (row["kind"], row["source"]) for row in zoo},
        corrected=settings["correction"]["models"],
        detector=settings["zoo"]["detector"],
        processes=settings["runtime"]["processes"],
        steps=reward["steps"],
        batch_images=reward["batch_images"],
        batch_questions=reward["batch_questions"],
        negatives=settings["perturbation"]["negatives_per_caption"],
        test_images=settings["sources"]["limits"]["test"],
        validation_images=settings["sources"]["validation_images"],
        pixelprose=settings["sources"]["pixelprose"],
        benchmark_taus=len(settings["benchmarks"]["taus"]),
        caption_taus=len(settings["tau_captions"]["caption_taus"]),
        items=sum(int(row["mini"]) for row in items),  # as many as the published sets have
        new_tokens=settings["zoo"]["max_new_tokens"],
    )


def read_rows(path: Path, of_scale: bool = True) -> list[dict[str, str]]:
    """Rows of a registry that the paper scale has."""
    if not path.is_file():
        raise InputError(f"no such file: {path}; --config names the folder that has it")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [row for row in rows if not of_scale or SCALE in row["scales"].split(",")]


def _merged(base, overlay):
    if isinstance(base, dict) and isinstance(overlay, dict):
        return base | {key: _merged(base.get(key), value) for key, value in overlay.items()}
    return base if overlay is None else overlay
