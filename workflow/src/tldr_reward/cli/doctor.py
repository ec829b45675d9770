"""`tldr-reward doctor`: what a scale needs and this machine lacks, before anything is spent."""

import dataclasses
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tldr_reward.cli.api_key import checkers_key_for, key_for
from tldr_reward.cli.processors import available_processors
from tldr_reward.errors import InputError

SCALES = ("mini", "smoke", "paper")
# Free disk and memory in 10^9 bytes; the paper's disk is what estimate-costs counts, and some more.
_DISK = {"mini": 2, "smoke": 1, "paper": 240}
_MEMORY = {"mini": 4, "smoke": 4, "paper": 64}
# A GPU holds the largest backbone's weights and a training's LoRA, moments and activations.
_GPU_MEMORY = 75
# Data sets and models that are given to those who accept their terms.
_GATED = (
    ("model", "google/paligemma-3b-mix-448"),
    ("model", "meta-llama/Llama-3.2-11B-Vision-Instruct"),
    ("dataset", "facebook/winoground"),
)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that a scale needs: whether it is there, what was found, what to do without it."""

    what: str
    there: bool
    found: str
    remedy: str = ""


@click.command()
@click.option("--scale", type=click.Choice(SCALES), default="mini", show_default=True)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("workflow/config"),
    show_default=True,
    help="folder of <scale>.yaml and models.tsv",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0)
def command(scale: str, config: Path, timeout: float) -> None:
    """Look for what a scale needs: disk, memory, GPUs, tokens, gated access, endpoints.

    Nothing is downloaded and no model is asked. Exit status 1 when something is missing.

    Example: tldr-reward doctor --scale paper
    """
    findings = [disk(Path.cwd(), _DISK[scale]), memory(_MEMORY[scale]), processors()]
    if scale == "paper":
        settings = read_settings(config / "paper.yaml")
        findings += [gpus(int(settings["runtime"]["processes"]), _GPU_MEMORY), hub_token()]
        findings += [gated_access(kind, name) for kind, name in _GATED]
        generator, checker = (settings["perturbation"][name] for name in ("endpoint", "checker"))
        keys = {checker: checkers_key_for(checker, generator)}
        others = [generator, *endpoint_models(config / "models.tsv", scale)]
        keys |= {source: key_for(source) for source in others}
        findings += [endpoint(source, *key, timeout) for source, key in keys.items()]
    for finding in findings:
        mark = "ok     " if finding.there else "missing"
        click.echo(f"{mark}  {finding.what}: {finding.found}")
        if not finding.there:
            click.echo(f"         {finding.remedy}")
    missing = sum(not finding.there for finding in findings)
    click.echo(f"{len(findings) - missing} of {len(findings)} there")
    if missing:
        raise SystemExit(1)


def read_settings(path: Path) -> dict:
    """A scale's overlay of settings."""
    import yaml

    if not path.is_file():
        raise InputError(f"no such file: {path}; --config names the folder that has it")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def endpoint_models(path: Path, scale: str) -> Iterator[str]:
    """Endpoints of the zoo's registry at a scale."""
    import csv

    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["kind"] == "endpoint" and scale in row["scales"].split(","):
                yield row["source"]


def disk(folder: Path, needed: float) -> Finding:
    """Free space where results are written, in 10^9 bytes."""
    free = shutil.disk_usage(folder).free / 1e9
    remedy = "free some, or run in another folder: snakemake --directory /large/disk"
    return Finding(f"disk, {needed} GB", free >= needed, f"{free:.0f} GB free", remedy)


def memory(needed: float) -> Finding:
    """Memory of the machine, in 10^9 bytes."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return Finding(
        f"memory, {needed} GB", whole >= needed, f"{whole:.0f} GB", "take a larger machine"
    )


def processors() -> Finding:
    """Processors that this process may use; one will do."""
    return Finding("processors", True, str(available_processors()))


def gpus(needed: int, gigabytes: float) -> Finding:
    """GPUs that hold the largest backbone."""
    import torch

    sizes = [
        torch.cuda.get_device_properties(index).total_memory / 1e9
        for index in range(torch.cuda.device_count())
    ]
    enough = [size for size in sizes if size >= gigabytes]
    found = ", ".join(f"{size:.0f} GB" for size in sizes) or "none"
    remedy = f"set runtime: processes to {max(1, len(enough))} in workflow/config/paper.yaml"
    if not enough:
        remedy = "run on a machine or a cluster that has them (profiles/slurm)"
    what = f"{needed} GPUs of {gigabytes:g} GB"
    return Finding(what, len(enough) >= needed, found, remedy)


def hub_token() -> Finding:
    """A token of the Hugging Face hub, whatever it is good for."""
    from huggingface_hub import get_token

    token = get_token()
    remedy = "`hf auth login`, or set HF_TOKEN"
    return Finding("hub token", token is not None, "set" if token else "none", remedy)


def gated_access(kind: str, name: str) -> Finding:
    """Whether this token may read a gated model or data set."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx

    page = f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{name}"
    try:
        HfApi().auth_check(name, repo_type=kind)
    except HfHubHTTPError as error:
        found = f"refused ({type(error).__name__})"
        return Finding(f"access to {name}", False, found, f"accept its terms at {page}")
    except (httpx.HTTPError, OSError) as error:
        found = f"the hub cannot be reached ({type(error).__name__})"
        return Finding(f"access to {name}", False, found, "see to the network, then ask again")
    return Finding(f"access to {name}", True, "given")


def endpoint(source: str, variable: str, key: str | None, timeout: float) -> Finding:
    """Whether a server answers to a key and lists the model; `source` is `https://host/v1#model`.

    `variable` is where the key was read from.
    """
    from huggingface_hub.utils import httpx

    address, _, model = source.partition("#")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    what = f"{model} at {address}"
    remedy, other = "see to the network", f"have it serve {model}"
    if re.match(r"https?://(127\.0\.0\.1|localhost|\[::1\])[:/]", source):
        remedy = other = f"serve it there (vllm serve {model})"
    try:
        reply = httpx.get(f"{address}/models", headers=headers, timeout=timeout)
        if reply.status_code in (401, 403):
            return Finding(what, False, "the key was refused", f"set {variable}")
        listed = [entry["id"] for entry in reply.raise_for_status().json()["data"]]
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
        found = f"no answer ({type(error).__name__})"
        return Finding(what, False, found, f"{remedy}, or name another endpoint")
    return Finding(what, model in listed, _listed(listed), f"{other}, or name another endpoint")


def _listed(names: Sequence[str]) -> str:
    return f"serves {', '.join(names[:3]) or 'nothing'}{', ...' if len(names) > 3 else ''}"
