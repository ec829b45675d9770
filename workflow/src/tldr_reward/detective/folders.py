"""What belongs to a reward model on disk: its own files, its backbone, calibration and card."""

import dataclasses
import json
from pathlib import Path

from tldr_reward.backbones.hub import downloaded
from tldr_reward.detective.cards import PROMPT, SCENE_PROMPT, SCENE_SIDE, SCENE_WORLD, Card
from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration

_NEEDED = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "head.safetensors",
    "settings.json",
)
# Beside these in a folder that is ready to be published.
BACKBONE, CALIBRATION, FACTS = "backbone", "calibration.json", "card.json"


@dataclasses.dataclass(frozen=True)
class Files:
    """Folders of a reward model and of its backbone, and what was measured of it."""

    reward_model: Path
    backbone: Path
    calibration: Calibration | None
    card: Card


def measurements(folder: Path | str) -> dict:
    """What calibrate-reward-model wrote of a reward model; InputError where it has not.

    `folder` as in `located`.
    """
    reward = _reward_model(_folder(folder), folder)
    found = _read(reward / CALIBRATION) or _read(reward.parent / CALIBRATION)
    if not found:
        raise InputError(f"the reward model at {folder} has no {CALIBRATION}")
    return found


def located(folder: Path | str, backbone: Path | str | None = None) -> Files:
    """Files of a reward model; InputError says which of them is missing.

    `folder` is a reward model's (it has adapter_config.json), a run's (with reward_model/ in it)
    or `owner/name@<commit>` on the hub. The backbone is the one that is given, else that in the
    folder, else the one that the folder names: a path from here or from any folder above, or an id
    on the hub.
    """
    reward = _reward_model(_folder(folder), folder)
    facts = _read(reward / FACTS) or _read(reward.parent / FACTS)
    named = facts.get("base_model") or _read(reward / "adapter_config.json").get(
        "base_model_name_or_path"
    )
    found = _backbone(reward, named, backbone)
    measured = _read(reward / CALIBRATION) or _read(reward.parent / CALIBRATION)
    fitted = measured.get("calibration")
    return Files(
        reward, found, Calibration(**fitted) if fitted else None, _card(reward, facts, found)
    )


def _folder(source: Path | str) -> Path:
    """A folder here, or one of the hub."""
    if Path(source).is_dir():
        return Path(source)
    if str(source).count("/") == 1 and "@" in str(source):
        return downloaded(str(source))
    raise InputError(f"no such folder: {source}; a folder or owner/name@<commit> is needed")


def _reward_model(root: Path, named: Path | str) -> Path:
    """A reward model's own folder: in a run's, ready to be published or as it was trained."""
    inside = [root / name for name in ("detective", "reward_model") if (root / name).is_dir()]
    reward = inside[0] if inside else root
    for name in _NEEDED:
        if not (reward / name).is_file():
            raise InputError(f"no reward model at {named}: it has no {name}")
    return reward


def _backbone(reward: Path, named: str | None, given: Path | str | None) -> Path:
    if given is not None:
        return _folder(given)
    if (reward / BACKBONE).is_dir():
        return reward / BACKBONE
    if not named:
        raise InputError(f"{reward} does not say what its backbone is; name one")
    for above in (Path(), reward.absolute(), *reward.absolute().parents):
        if (above / named).is_dir():
            return above / named
    if "@" in named:
        return downloaded(named)
    raise InputError(f"the backbone of {reward} is {named!r}, which is not here; name its folder")


def _read(path: Path) -> dict:
    """A JSON object; an empty one where there is no such file."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is no JSON file: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: a JSON object is needed, not {type(found).__name__}")
    return found


def _card(reward: Path, facts: dict, backbone: Path) -> Card:
    settings = _read(reward / "settings.json")
    geometry = settings.get("backbone", {})
    side = int(geometry.get("image_resolution", 0))
    mini = side == SCENE_SIDE
    loss = str(settings.get("loss", "tldr"))
    here = [part for part in reward.absolute().parts if part != "reward_model"]
    return Card(
        run=facts.get("run", "/".join(here[-3:])),
        loss=loss,
        level="response" if loss == "naive" else "token",
        steps=int(settings.get("steps", 0)),
        seed=int(settings.get("seed", 0)),
        backbone=str(facts.get("base_model") or backbone),
        image_side=side,
        prompt=facts.get("prompt", SCENE_PROMPT if mini else PROMPT),
        known_world=SCENE_WORLD if mini else None,
        scale=facts.get("scale"),
        base_model=facts.get("base_model"),
        licence=facts.get("licence"),
        metrics=facts.get("metrics", {}),
    )


def pretrained() -> Path:
    """Folder of the small reward model that comes with the package."""
    folder = Path(__file__).parent.parent / "pretrained"
    if not folder.is_dir():
        raise InputError(f"no reward model came with this installation ({folder}); name a folder")
    return folder
