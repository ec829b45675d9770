"""Options that the commands of the tau sweep share: taus, and the run whose LoRA is scaled."""

from tldr_reward.errors import InputError


def parse_taus(text: str, option: str) -> list[float]:
    """`0,0.25,1` as numbers; InputError unless they are distinct, not negative, and hold 0."""
    try:
        taus = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: numbers with commas between are needed") from None
    if len(set(taus)) < len(taus) or 0.0 not in taus or not all(0 <= tau < 100 for tau in taus):
        raise InputError(
            f"{option} {text!r}: distinct numbers from 0 to 100 are needed, one being 0"
        )
    return taus


def parse_run(run: str) -> tuple[str, str, str]:
    """Backbone, reward model and seed of a run id such as paligemma/tldr/seed0."""
    parts = run.split("/")
    if len(parts) != 3 or not all(parts) or not parts[2].startswith("seed"):
        raise InputError(f"--run {run!r}: backbone/reward_model/seed<k> is needed")
    return parts[0], parts[1], parts[2].removeprefix("seed")
