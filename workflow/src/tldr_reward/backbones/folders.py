"""Backbones as ordinary Hugging Face folders: weights, tokenizer, processor, generation config."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError
from transformers import AutoModelForImageTextToText

from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.mllama import MllamaBackbone
from tldr_reward.backbones.paligemma import PaliGemmaBackbone
from tldr_reward.backbones.placement import Placement
from tldr_reward.backbones.qwen2_vl import Qwen2VLBackbone
from tldr_reward.errors import InputError

# In single precision.
ON_CPU = Placement()
CLASSES = {
    "paligemma": PaliGemmaBackbone,
    "mllama": MllamaBackbone,
    "qwen2_vl": Qwen2VLBackbone,
}


@contextlib.contextmanager
def writing_model(folder: Path | str) -> Iterator[Path]:
    """A folder to write a model into, which takes `folder`'s place when it is complete.

    A full disk is an InputError and leaves nothing behind.
    """
    folder = Path(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)
    except (SafetensorError, OSError) as error:
        raise InputError(f"cannot write {folder}: {error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def save_backbone(backbone: Backbone, folder: Path | str) -> None:
    """Save model and processor as one folder that appears whole (safetensors, never pickle)."""
    with writing_model(folder) as part:
        backbone.model.save_pretrained(part)
        backbone.processor.save_pretrained(part)


def load_backbone(folder: Path | str, placement: Placement = ON_CPU) -> Backbone:
    """Load a backbone from a folder, frozen; InputError when part of it is missing."""
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise InputError(f"no backbone at {folder}: it has no config.json")
    if not any(folder.glob("*processor_config.json")):
        raise InputError(f"the backbone at {folder} has no processor (processor_config.json)")
    kind = json.loads((folder / "config.json").read_text()).get("model_type")
    if kind not in CLASSES:
        raise InputError(f"backbone type {kind!r} at {folder}; allowed: {', '.join(CLASSES)}")
    try:
        model, loaded = AutoModelForImageTextToText.from_pretrained(
            folder,
            dtype=placement.dtype,
            attn_implementation=placement.attention,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except OSError as error:
        raise InputError(f"cannot load the backbone at {folder}: {error}") from None
    # The library would draw them at random, and say so in a warning.
    if missing := sorted(loaded["missing_keys"]):
        raise InputError(
            f"the backbone at {folder} lacks {len(missing)} weights, {missing[0]} for one; "
            "fetch or save it again"
        )
    model.to(placement.device).requires_grad_(False).eval()
    return CLASSES[kind](model, CLASSES[kind].load_processor(folder))
