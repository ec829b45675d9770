"""Configuration and registry: their keys are options of commands; bad ones end in one line."""

import copy
import importlib
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "workflow/config"
SECTIONS = {
    "vision": "train_vision",
    "language": "train_language",
    "reward": "train_reward",
    "evaluation": "measure_scores",
    "benchmarks": "evaluate_benchmarks",
    "tau_captions": "caption_taus",
    "annotation": "measure_annotation",
    "annotators": "simulate_annotation",
    "study": "make_study",
    "flags": "measure_flags",
}


def read(name: str) -> dict:
    return yaml.safe_load((CONFIG / name).read_text())


def merged(base: dict, overlay: dict) -> dict:
    """Snakemake's own merging: mappings are merged, anything else is replaced."""
    result = copy.deepcopy(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


@pytest.fixture
def schema() -> dict:
    return json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())


@pytest.mark.parametrize("overlay", [None, "smoke.yaml"])
def test_every_scale_fits_the_schema(schema, overlay):
    config = read("config.yaml")
    if overlay:
        config = merged(config, read(overlay))
        assert config["scale"] == overlay.removesuffix(".yaml")
    jsonschema.Draft202012Validator(schema).validate(config)


@pytest.mark.parametrize(("section", "module"), SECTIONS.items())
def test_every_key_is_an_option_of_its_command(schema, section, module):
    command = importlib.import_module(f"tldr_reward.cli.{module}").command
    options = {option for parameter in command.params for option in parameter.opts}
    keys = schema["$defs"].get(section, schema["properties"][section])["properties"]
    assert {f"--{key.replace('_', '-')}" for key in keys} <= options
    assert set(read("config.yaml")[section]) <= set(keys)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("scale=huge", "error: configuration: scale is 'huge'; allowed: mini, smoke, paper"),
        (
            "colour=red",
            "error: configuration: unknown key 'colour'; allowed: scale, seeds, controls, forked, "
            "runtime, data, scoring, sources, perturbation, vision, language, reward, evaluation, "
            "benchmarks, tau_captions, zoo, correction, annotation, annotators, study, flags, "
            "gallery, per_backbone",
        ),
        (
            "per_backbone={lama: {language: {steps: 4}}}",
            "error: backbone 'lama' is not in backbones.tsv; it has paligemma, llama, "
            "paligemma_narrow, llama_narrow",
        ),
        (
            "zoo={detector: llama/tldrr}",
            "error: configuration: zoo.detector is 'llama/tldrr'; allowed: paligemma/tldr, "
            "paligemma/naive, paligemma/tldr_plain, paligemma/tldr_projector_only, "
            "paligemma/tldr_decoder_only, llama/tldr, llama/naive, llama/tldr_plain, "
            "paligemma/tldr_shuffled, paligemma/captions, llama/tldr_shuffled, llama/captions",
        ),
        (
            "evaluation={resamples: 10}",
            "error: configuration: evaluation: unknown key 'resamples'; allowed: bootstrap",
        ),
    ],
)
def test_bad_configuration_ends_in_one_line(snakemake, arguments, line):
    shown = snakemake("-n", "--config", arguments)
    assert shown.returncode == 1
    assert [text for text in shown.stderr.splitlines() if "error" in text] == [line]
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            "paligemna\ttldr\ttldr\tdecoder\tmini",
            "error: reward_models.tsv, line 16: backbone is 'paligemna'; allowed: paligemma, "
            "llama, qwen2_vl",
        ),
        (
            "llama\tnaive\tnaive\tdecoder\tmini",
            "error: reward_models.tsv, line 16: llama/naive stands there a second time",
        ),
        (
            "llama\tprompting\ttldr\tdecoder\tmini",
            "error: reward_models.tsv, line 16: reward_model: 'prompting' should not be valid",
        ),
    ],
)
def test_bad_registry_row_ends_in_one_line(snakemake, workflow_copy, row, line):
    with open(workflow_copy / "workflow/config/reward_models.tsv", "a") as file:
        file.write(f"{row}\n")
    shown = snakemake("-n", root=workflow_copy)
    assert shown.returncode == 1
    assert [text for text in shown.stderr.splitlines() if text.startswith(line)]
    assert "Traceback" not in shown.stderr


def test_negative_steps_in_a_file_end_in_one_line(snakemake, tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("language: {steps: -3}\n")
    shown = snakemake("-n", "--configfile", str(overlay))
    line = "error: configuration: language.steps: -3 is less than the minimum of 1"
    assert shown.returncode == 1
    assert line in shown.stderr.splitlines()


def test_numbers_within_config_options_are_numbers(snakemake):
    arguments = ("seeds=[0, 1]", "reward={learning_rate: 1e-3}")
    target = "results/mini/reward/llama/tldr/seed1/history.csv"
    shown = snakemake(target, "-n", "-p", "--config", *arguments)
    assert shown.returncode == 0, shown.stderr
    assert " --learning-rate 0.001 " in shown.stdout + shown.stderr
