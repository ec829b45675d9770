# The zoo's registry, models.tsv: which models there are at this scale, and who judges them.

MODELS = {
    name: row
    for (name,), row in at_scale(
        read_registry(ROOT / "workflow/config/models.tsv", "models.schema.json", ("model",))
    ).items()
}
DETECTOR_BACKBONE, DETECTOR = config["zoo"]["detector"].split("/")
if (DETECTOR_BACKBONE, DETECTOR) not in REWARD_MODELS:
    known = ", ".join("/".join(row) for row in REWARD_MODELS)
    stop(f"configuration: zoo.detector is {config['zoo']['detector']!r}; allowed: {known}")
DETECTOR_SEED = config["seeds"][0]
DETECTOR_RUN = f"{DETECTOR_BACKBONE}/{DETECTOR}/seed{DETECTOR_SEED}"
QUESTION_SETS = ["exam", "mix", "choice"] if WORLD else []
# Captions of the first are what the table is about, those of the second calibrate the detector,
# by an oracle's judgement.
CAPTIONED = ["test", "validation"] if WORLD else ["winoground"]


wildcard_constraints:
    model="|".join(MODELS),


def source_of(wildcards) -> str:
    """Where a model comes from; {results} is the folder of this scale's results."""
    return MODELS[wildcards.model]["source"].replace("{results}", RESULTS)


def files_of_model(wildcards) -> list:
    """What a model's job waits for: its folder or file; a kept step is part of a folder."""
    if MODELS[wildcards.model]["kind"] in ("hub", "endpoint"):
        return []
    folder, kept, _ = source_of(wildcards).partition("/checkpoints/")
    return [folder + kept.rstrip("/")]


def of_zoo(file: str) -> list:
    """A file of every model of the zoo, in the registry's order."""
    return expand("<zoo>/{model}/{file}", model=MODELS, file=file)
