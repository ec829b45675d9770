import csv
import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from typing import NoReturn

import jsonschema
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

SOURCE = ROOT / "workflow/src"
sys.path.insert(0, str(SOURCE))

from tldr_reward.cli.fork_server import start_server
from tldr_reward.cli.provenance import describe_workflow
from tldr_reward.modules import content_digest, imported_names, module_file

# Every job runs the package that lies beside this workflow, the one whose digest is among the
# job's params, also in a conda environment, which holds the package's dependencies alone. Outside
# conda the interpreter is the one that runs Snakemake, whatever `python` is on the PATH.
# -P keeps the working folder, which may hold anything, off the import path.
IN_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
INTERPRETER = "python" if IN_CONDA else shlex.quote(sys.executable)

# What `tldr-reward` is; forks are of the interpreter that runs Snakemake. Elsewhere than on Linux
# libraries do not bear to be forked.
FORKED = config["forked"] and not IN_CONDA and sys.platform == "linux"
MODULE = "tldr_reward.cli.forked" if FORKED else "tldr_reward"

# TOGETHER=N before a command makes it N processes that share its work.
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(SOURCE))}; "
    f'tldr-reward() {{{{ if [ "${{{{TOGETHER:-1}}}}" -gt 1 ]; then'
    f" {INTERPRETER} -P -m accelerate.commands.launch --num_processes $TOGETHER"
    f' --module tldr_reward "$@"; else {INTERPRETER} -P -m {MODULE} "$@"; fi; }}}}; '
)


def one_line(error: jsonschema.ValidationError, what: str) -> str:
    """A schema error as: what, which key, which value, what is allowed."""
    where = ".".join(map(str, error.absolute_path))
    at = f"{what}: {where}: " if where else f"{what}: "
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(allowed))
        return f"{at}unknown key {unknown[0]!r}; allowed: {', '.join(allowed)}"
    if error.validator == "enum":
        allowed = ", ".join(map(str, error.validator_value))
        return f"{what}: {where} is {error.instance!r}; allowed: {allowed}"
    return f"{at}{error.message}"


def stop(message: str) -> NoReturn:
    """End with one line and status 1: an exception would bring the workflow's own lines along."""
    sys.exit(f"error: {message}")


def validated(record: Mapping, schema: str, what: str) -> None:
    """Stop unless the record fits the schema."""
    rules = json.loads((ROOT / "workflow/schemas" / schema).read_text())
    errors = jsonschema.Draft202012Validator(rules).iter_errors(record)
    if worst := jsonschema.exceptions.best_match(errors):
        stop(one_line(worst, what))


def with_numbers(value):
    """The value with numbers for texts that look like one.

    Snakemake reads what stands within a list or mapping of --config as text, YAML reads 1e-3 so.
    """
    if isinstance(value, Mapping):
        return {key: with_numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_numbers(entry) for entry in value]
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d*)?(e[+-]?\d+)?", value):
        return float(value)
    return value


def read_registry(
    path: Path, schema: str, key: tuple[str, ...], delimiter: str = "\t"
) -> dict[tuple, dict]:
    """Rows of a registry by key; each fits the schema, none stands there twice."""
    rows = {}
    with open(path, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), start=2):
            what = f"{path.name}, line {number}"
            validated({str(name): value for name, value in row.items()}, schema, what)
            name = tuple(row[part] for part in key)
            if name in rows:
                stop(f"{what}: {'/'.join(name)} stands there a second time")
            rows[name] = row
    return rows


def at_scale(rows: Mapping) -> dict:
    """Rows of a registry that the scale which runs has."""
    return {name: row for name, row in rows.items() if config["scale"] in row["scales"].split(",")}


def section(name: str, backbone: str = "") -> dict:
    """A section of the configuration, with what differs for a backbone."""
    return config[name] | config["per_backbone"].get(backbone, {}).get(name, {})


def longest_first(wildcards) -> int:
    """Priority of a training: what waits for the backbone that trains longest waits longest."""
    return section("language", wildcards.backbone)["steps"]


def options(settings: Mapping) -> str:
    """Settings as command-line options: a mapping is repeated as name=value, a list is joined."""
    words = []
    for name, value in settings.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            words += [f"{option} {shlex.quote(f'{key}={entry}')}" for key, entry in value.items()]
        elif isinstance(value, list):
            words.append(f"{option} {shlex.quote(','.join(map(str, value)))}")
        else:
            words.append(f"{option} {shlex.quote(str(value))}")
    return " ".join(words)


def repeated(option: str, paths: list) -> str:
    """One option given once a path."""
    return " ".join(f"{option} {shlex.quote(str(path))}" for path in paths)


def labelled(name: str) -> dict:
    """What Snakemake's report lists a published file by: its name in words, the scale."""
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ")
    return {"name": words[0].upper() + words[1:], "scale": config["scale"]}


def repeated_pairs(option: str, *lists: list) -> str:
    """One option given once for each tuple of the lists."""
    pairs = zip(*lists, strict=True)
    return " ".join(f"{option} {shlex.join(map(str, pair))}" for pair in pairs)


def beside(file: str, name: str) -> str:
    """A path in the folder of a file."""
    return os.path.join(os.path.dirname(file), name)


def own(path: str) -> str:
    """A file of the workflow itself, as an input: relative, so that a checkout can be moved."""
    return os.path.relpath(ROOT / path)


def code(command: str, stage: str) -> str:
    """Digest of what a command's result depends on beside its inputs: modules, environment.

    Snakemake sees neither imported modules nor, without --sdm conda, the environment's file.
    """
    main = f"tldr_reward.cli.{command.replace('-', '_')}"
    return content_digest(SOURCE, main, [ROOT / f"envs/{stage}.yaml"])


config.update(with_numbers(config))
validated(config, "config.schema.json", "configuration")

# Rendered scenes, whose truth is known; else the paper's images.
WORLD = config["scale"] != "paper"
# How models are held: options of every command that loads one.
PROCESSES = config["runtime"]["processes"]
RUNTIME = options({name: config["runtime"][name] for name in ("device", "dtype", "attention")})

REWARD_MODELS = at_scale(
    read_registry(
        ROOT / "workflow/config/reward_models.tsv",
        "reward_models.schema.json",
        ("backbone", "reward_model"),
    )
)
BENCHMARKS = {
    name: row
    for (name,), row in read_registry(
        ROOT / "workflow/config/benchmarks.tsv", "benchmarks.schema.json", ("benchmark",)
    ).items()
}
# The paper's numbers are read by the package; here they are checked before any job begins.
read_registry(
    ROOT / "workflow/reported/reported.csv",
    "reported.schema.json",
    ("table", "row", "column", "source"),
    delimiter=",",
)
TASK_FILES = sorted(path.name for path in (ROOT / "workflow/tasks").iterdir())
BACKBONES = list(dict.fromkeys(backbone for backbone, _ in REWARD_MODELS))
# Backbones: those that are trained here by their architectures (not all carry a reward model), and
# at paper scale those that are fetched.
KNOWN_BACKBONES = read_registry(
    ROOT / "workflow/config/backbones.tsv", "backbones.schema.json", ("backbone", "scales")
)
ARCHITECTURES = {
    backbone: row["architecture"] for (backbone, _), row in at_scale(KNOWN_BACKBONES).items()
}
FETCHED = {backbone: row for (backbone, _), row in at_scale(KNOWN_BACKBONES).items()}
LICENCES = {backbone: row["licence"] for backbone, row in FETCHED.items()}
known = dict.fromkeys(backbone for backbone, _ in KNOWN_BACKBONES)
for backbone in [*BACKBONES, *config["per_backbone"]]:
    if backbone not in (ARCHITECTURES if backbone in BACKBONES else known):
        stop(f"backbone {backbone!r} is not in backbones.tsv; it has {', '.join(ARCHITECTURES)}")
SPLITS = list(config["data"]["images"]) if WORLD else ["train", "validation", "test"]
OUT_OF_DISTRIBUTION = ["ood_phrasing", "ood_scene"] if WORLD else []
HELD_OUT = ["test", *OUT_OF_DISTRIBUTION]
# Scored in one process a backbone, with prompting: the models of table 1, which waits for no other.
TOGETHER = [
    model
    for model in ("tldr", "naive")
    if all((backbone, model) in REWARD_MODELS for backbone in BACKBONES)
]
ABLATIONS = ["tldr_projector_only", "tldr_decoder_only"]
PLAIN = "tldr_plain"
# Reward models whose LoRA acts at tau times its scale; controls beside TLDR.
SWEPT = ["tldr", *config["controls"]]
ABLATED = [backbone for backbone, model in REWARD_MODELS if model in (*ABLATIONS, PLAIN)]
TABLES = [
    "table1",
    "table1_ood",
    "table2",
    "table3",
    "table4",
    "table5",
    "table6",
    "table7",
    "table8",
    "table9",
    "table10",
    "table11",
    "human_evaluation",
    "pixelprose",
]
# What people say, in the files that the configuration names: who won in table 4, and table 7's log.
HUMAN_VERDICTS = config["correction"]["human_verdicts"]
PEOPLE = config["annotation"]["log"]
if not WORLD:
    OF_PEOPLE = {"table4": HUMAN_VERDICTS, "table7": PEOPLE}
    TABLES = [table for table in TABLES if table != "table1_ood" and OF_PEOPLE.get(table, True)]
FIGURES = [
    "precision_recall",
    "response_accuracy_by_taxonomy",
    "training_curves",
    "reliability",
    "tau_sweep",
    "token_rates",
    "exam_against_hallucination",
    "mix_against_hallucination",
    "estimated_against_true",
]
if not WORLD:
    FIGURES.remove("estimated_against_true")
# Where results of this scale lie; inputs and outputs call it <results>.
RESULTS = f"results/{config['scale']}"
# Settings and code of the run, for provenance; no input: their edit alone makes no table anew.
WORKFLOW = f"{RESULTS}/workflow.json"
NOTEBOOKS = ["what_does_tldr_see", "is_h_t_a_good_measure", "what_does_tau_do"]

# Rows of table 7: a log of people has its own; else there is one simulated log for each backbone's
# TLDR, and one for a detector without fault.
ORACLE = "oracle"
GUIDED_BY = ["human"] if PEOPLE or not WORLD else [*BACKBONES, ORACLE]


wildcard_constraints:
    backbone="|".join(ARCHITECTURES),
    reward_model="|".join(dict.fromkeys(model for _, model in REWARD_MODELS)),
    seed=r"\d+",
    split="|".join(SPLITS),
    baseline="all_positive|random",
    kind="pdf|png",
    detector="|".join([*BACKBONES, ORACLE]),
    # The folder of a run's scores: a reward model's, or prompting's.
    run=r"\w+/\w+/seed\d+",


scattergather:
    scores=config["scoring"]["shards"],


# Held-out captions are scored in so many jobs that each can be run again alone: into SCORES, from
# which they are gathered. One job writes where the scores belong.
SHARDED = config["scoring"]["shards"] > 1
SHARD = "{scatteritem}/" if SHARDED else ""
SCORES = "scores/shards/{scatteritem}" if SHARDED else "scores"


def from_people(file: str | None, table: str, key: str, what: str) -> list:
    """A file of people; without an oracle in their place, one line says what the table lacks."""
    if not file and not WORLD:
        stop(
            f"{table} at scale paper is made from what people did: set {key} to {what}; "
            "the README's section on the paper scale says what they are asked"
        )
    return [file] if file else []


def registered(wildcards) -> dict:
    """The registry's row of a run."""
    key = (wildcards.backbone, wildcards.reward_model)
    if key not in REWARD_MODELS:
        known = ", ".join("/".join(row) for row in REWARD_MODELS)
        raise WorkflowError(f"no reward model {'/'.join(key)} in reward_models.tsv; has {known}")
    return REWARD_MODELS[key]


def of_runs(file: str, models: list, splits: list = ["test"], backbones: list = BACKBONES) -> list:
    """A file of every registered run of some reward models, on every seed and on some splits."""
    folders = [
        f"<reward>/{backbone}/{model}/seed{seed}"
        for backbone, model in REWARD_MODELS
        for seed in config["seeds"]
        if model in models and backbone in backbones
    ]
    return expand(f"{{folder}}/{file}", folder=folders, split=splits, allow_missing=True)


def of_prompting(file: str, splits: list = ["test"]) -> list:
    """A file of the prompting baseline of every backbone, on some splits."""
    path = f"<reward>/{{backbone}}/prompting/seed0/{file}"
    return expand(path, backbone=BACKBONES, split=splits)


def of_baselines(splits: list = ["test"]) -> list:
    """Metrics of the baselines that need no model, on some splits."""
    path = "<results>/baselines/{baseline}/metrics/{split}.csv"
    return expand(path, baseline=["all_positive", "random"], split=splits)


def tau_files(folder: str) -> list:
    """One file a tau in a folder of a run's tau sweep."""
    path = f"<reward>/{{backbone}}/{{reward_model}}/seed{{seed}}/taus/{folder}/{{tau}}.jsonl"
    taus = config["tau_captions"]["caption_taus"]
    return expand(path, tau=taus, allow_missing=True)


def of_taus(folder: str, models: list) -> list:
    """One file a tau in a folder of the tau sweep of every registered run of some reward models."""
    taus = config["tau_captions"]["caption_taus"]
    return [path for tau in taus for path in of_runs(f"taus/{folder}/{tau}.jsonl", models)]


def scored(run: str, captions: list, scores: list) -> str:
    """Caption files with the score file of each, as options of score-captions for one run."""
    files = zip(captions, scores, strict=True)
    return " ".join(f"--scores {shlex.join((run, *pair))}" for pair in files)


def held_out_runs(wildcards, input, output) -> str:
    """Reward models, and score files with their captions; their folders name the runs.

    Of a shard, the score files lie in its folder below `scores`.
    """
    captions = {Path(file).name: file for file in input.captions}
    words = []
    for folder in input.reward_models:
        run = "/".join(Path(folder).parts[-4:-1])
        words.append(f"--reward-model {shlex.join((run, folder))}")
    for file in output:
        folder, _, _ = file.partition("scores/")
        run = "/".join(Path(folder).parts[-3:])
        words.append(f"--scores {shlex.join((run, captions[Path(file).name], file))}")
    return " ".join(words)


def shard(wildcards) -> str:
    """Which of the shards a job scores, as an option; of one, nothing has to be said."""
    item = wildcards.get("scatteritem")
    return f"--shard {item}" if item else ""


def given(input, names: str) -> str:
    """Named inputs as options of the same names, repeated where an input has several files."""
    words = []
    for name in names.split():
        files = input.get(name, [])
        words.append(repeated(f"--{name}", [files] if isinstance(files, str) else files))
    return " ".join(filter(None, words))


def settings_files(wildcards, input) -> str:
    """What a table of settings is made from: those in the reward models' folders."""
    settings = [os.path.join(folder, "settings.json") for folder in input.reward_models]
    return f"{repeated('--settings', settings)} {given(input, 'reported schema')}"


def history_files(wildcards, input) -> str:
    """Training histories with the run of each, which its folder names."""
    runs = ["/".join(Path(file).parts[-4:-1]) for file in input.history]
    return f"{repeated('--history', input.history)} {repeated('--run', runs)}"


def detector_scores(wildcards) -> list:
    """Scores of the detector that guides; without any, the labels themselves are highlighted."""
    path = "<reward>/{detector}/tldr/seed{seed}/scores/test.jsonl"
    named = wildcards.detector != ORACLE
    return expand(path, detector=wildcards.detector, seed=config["seeds"][:1]) if named else []


def notebook_modules(notebook: str) -> list:
    """Digests of the package's modules that a notebook imports, which Snakemake does not see."""
    path = ROOT / f"workflow/notebooks/{notebook}.py"
    names = sorted(imported_names(path, notebook))
    return [content_digest(SOURCE, name) for name in names if module_file(SOURCE, name)]
