# What a job asks for: processors, GPUs, memory in MB, minutes. The figures stand in resources.tsv.

from fnmatch import fnmatchcase

from tldr_reward.cli.processors import available_processors

# Models this small do not fill two processors: two trainings side by side with half of the
# machine each end sooner than one after the other with all of it. The profile says how many run.
# Where --max-threads says how many processors a job has, as profiles/slurm does, it is those: the
# machine that plans is not the one that works.
HEAVY_THREADS = workflow.resource_settings.max_threads or max(
    1, min(workflow.resource_settings.cores or 1, available_processors()) // 2
)
# GPUs of a job that loads a model, and of one whose processes have one each. `model`: one, unless
# the model of the zoo is asked elsewhere.
GPU = int(config["runtime"]["device"] != "cpu")
GPUS = {"": 0, "1": GPU, "processes": PROCESSES * GPU}
RESOURCES = {
    name: row
    for (name,), row in read_registry(
        ROOT / "workflow/config/resources.tsv", "resources.schema.json", ("rule",)
    ).items()
}


def resources_of(name: str) -> dict:
    """The registry's row of a rule: its own, or the first whose pattern its name fits."""
    if name in RESOURCES:
        return RESOURCES[name]
    for pattern, row in RESOURCES.items():
        if fnmatchcase(name, pattern):
            return row
    raise WorkflowError(f"no row of resources.tsv is for {name}; it has {', '.join(RESOURCES)}")


def at_attempt(name: str, resource: str, attempt: int) -> int:
    """What a rule asks for at this scale, as many times over as it has been tried."""
    column = resource if WORLD else f"paper_{resource}"
    if not (needed := resources_of(name)[column]):
        raise WorkflowError(f"resources.tsv: {column} of {name} is empty; a number is needed")
    return int(needed) * attempt


def memory(wildcards, attempt, rulename) -> int:
    """Memory of a job in MB; a job that was killed for it gets more."""
    return at_attempt(rulename, "mem_mb", attempt)


def minutes(wildcards, attempt, rulename) -> int:
    """Minutes after which a job may be stopped; one that was gets more."""
    return at_attempt(rulename, "runtime", attempt)


def gpus(wildcards, rulename) -> int:
    """GPUs of a job, on one machine."""
    needed = resources_of(rulename)["gpu"]
    if needed == "model":
        return GPU * (MODELS[wildcards.model]["kind"] in ("folder", "hub"))
    return GPUS[needed]
