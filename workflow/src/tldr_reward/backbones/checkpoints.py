"""Training state on disk: a killed run goes on where it was, to the same result."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tldr_reward.errors import InputError

FORMAT = "training-state/1"


class Checkpoints:
    """Saves tensors and history of a run under `folder`, for one and the same job only.

    `job` is what decides the run's result (settings, inputs' digests); state of another job is
    not taken up.
    """

    def __init__(self, folder: Path | str, job: dict) -> None:
        self.path = Path(folder) / "state.safetensors"
        canonical = json.dumps(job, sort_keys=True, default=str)
        self.job = hashlib.sha256(canonical.encode()).hexdigest()

    def save(self, step: int, tensors: dict[str, torch.Tensor], history: list) -> None:
        """Write the state after `step` steps; it appears whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        metadata = {
            "format": FORMAT,
            "job": self.job,
            "step": str(step),
            "history": json.dumps(history),
        }
        try:
            save_file({key: value.contiguous() for key, value in tensors.items()}, part, metadata)
            os.replace(part, self.path)
        except SafetensorError as error:
            raise InputError(f"cannot write {self.path}: {error}") from None
        finally:
            part.unlink(missing_ok=True)

    def load(self) -> tuple[int, dict[str, torch.Tensor], list] | None:
        """State of this job, if there is any: steps done, tensors, history.

        What another job left in the folder is removed.
        """
        metadata, tensors = self._read()
        if (metadata.get("format"), metadata.get("job")) != (FORMAT, self.job):
            self.clear()
            return None
        return int(metadata["step"]), tensors, json.loads(metadata["history"])

    def _read(self) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
        if not self.path.is_file():
            return {}, {}
        try:
            with safe_open(self.path, framework="pt") as file:
                names = list(file.keys())
                return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
        except SafetensorError:
            return {}, {}

    def clear(self) -> None:
        """Remove the state: the run is complete."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
