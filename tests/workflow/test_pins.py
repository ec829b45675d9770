"""Pins: exact, equal in pyproject.toml and in the conda environments, and enough for the code."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import tldr_reward
from tldr_reward.modules import import_closure, imported_names, module_file

ROOT = Path(__file__).parents[2]
SOURCE = Path(tldr_reward.__path__[0]).parent
# Distributions whose import has another name.
IMPORTED_AS = {
    "pillow": "PIL",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "pre-commit": None,
    "ipython": "IPython",
}
# Used as programs or through others, not imported by the package.
PROGRAMS = {"snakemake", "snakemake-executor-plugin-slurm",
            "snakemake-executor-plugin-slurm-jobstep", "pre-commit", "ruff", "snakefmt",
            "pytest", "pytest-xdist", "hypothesis", "ipykernel"}  # fmt: skip
NOTEBOOKS = sorted((ROOT / "workflow/notebooks").glob("*.py"))
STAGES = {
    "data": ["draw_scenes", "write_captions", "perturb_captions", "describe_data",
             "write_benchmarks", "write_questions", "judge_responses",
             "judge_captions", "perturb_with_llm", "aggregate_answers"],
    "sources": ["fetch_source", "fetch_images", "read_sources", "read_benchmarks"],
    "models": ["train_vision", "train_language", "measure_backbone", "train_reward",
               "score_captions", "collect_responses", "caption_taus", "correct_captions",
               "fetch_backbone", "bench_speed", "bench_growth", "bench_generation"],
    "benchmarks": ["evaluate_benchmarks"],
    "tables": ["measure_scores", "measure_hallucination", "measure_correlation",
               "measure_benchmarks", "measure_taus", "make_table", "draw_figure",
               "measure_correction", "simulate_annotation", "measure_annotation", "make_study",
               "measure_flags", "gather_scores", "audit", "verify",
               "draw_gallery", "make_report", "collect_run", "calibrate_reward_model",
               "write_model_card", "bench_startup", "bench_pipeline",
               "bench_table"],
}  # fmt: skip


def declared() -> dict[str, str]:
    """Pinned requirement of every distribution that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"]]
    listed += [pin for name in ("workflow", "cluster", "apps", "test") for pin in extras[name]]
    pins = [line for line in listed if not line.startswith("tldr-reward[")]
    return dict(zip(map(name_of, pins), pins, strict=True))


def name_of(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement).group()


def environment(stage: str) -> list[str]:
    entries = yaml.safe_load((ROOT / f"envs/{stage}.yaml").read_text())["dependencies"]
    return next(entry["pip"] for entry in entries if isinstance(entry, dict))


def third_party(paths) -> set[str]:
    """Top-level names of the foreign, non-standard libraries that files import."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"tldr_reward", "tests"}


def imported_as(requirement: str) -> str | None:
    name = name_of(requirement)
    return IMPORTED_AS.get(name, name.replace("-", "_"))


def test_every_pin_is_exact():
    for pin in declared().values():
        assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)


@pytest.mark.parametrize("stage", STAGES)
def test_environment_pins_equal_those_of_the_package(stage):
    pins = environment(stage)
    assert pins == [declared()[name_of(pin)] for pin in pins]


@pytest.mark.parametrize(("stage", "commands"), STAGES.items())
def test_environment_holds_what_its_commands_import_and_no_more(stage, commands):
    closure = {}
    for command in ["main", *commands]:
        closure |= import_closure(SOURCE, f"tldr_reward.cli.{command}")
    assert {imported_as(pin) for pin in environment(stage)} == third_party(closure.values())


def test_the_notebooks_environment_holds_what_they_and_their_command_import():
    closure = import_closure(SOURCE, "tldr_reward.cli.main")
    closure |= import_closure(SOURCE, "tldr_reward.cli.run_notebook")
    for notebook in NOTEBOOKS:
        for name in imported_names(notebook, notebook.stem):
            if module_file(SOURCE, name):
                closure |= import_closure(SOURCE, name)
    used = third_party([*closure.values(), *NOTEBOOKS])
    pins = environment("notebooks")
    assert {imported_as(pin) for pin in pins} - {"ipykernel"} == used
    assert pins == [declared()[name_of(pin)] for pin in pins]


@pytest.mark.parametrize("stage", ["tables", "notebooks"])
def test_tables_and_notebooks_are_made_without_torch(stage):
    assert not [pin for pin in environment(stage) if pin.startswith("torch")]


def test_declared_libraries_are_those_that_are_imported():
    files = [*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *NOTEBOOKS]
    used = third_party(files)
    libraries = {imported_as(pin) for name, pin in declared().items() if name not in PROGRAMS}
    assert libraries == used - {"pytest", "hypothesis", "snakemake"}
