"""Backbones as ordinary Hugging Face folders: weights, tokenizer, processor, generation config."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForImageTextToText, AutoProcessor

from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.mllama import MllamaBackbone
from tldr_reward.backbones.paligemma import PaliGemmaBackbone
from tldr_reward.errors import InputError

CLASSES = {"paligemma": PaliGemmaBackbone, "mllama": MllamaBackbone}


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


def load_backbone(folder: Path | str) -> Backbone:
    """Load a backbone in fp32 from a folder, frozen; InputError when part of it is missing."""
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise InputError(f"no backbone at {folder}: it has no config.json")
    if not any(folder.glob("*processor_config.json")):
        raise InputError(f"the backbone at {folder} has no processor (processor_config.json)")
    model = AutoModelForImageTextToText.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
    kind = model.config.model_type
    if kind not in CLASSES:
        raise InputError(f"backbone type {kind!r} at {folder}; allowed: {', '.join(CLASSES)}")
    model.requires_grad_(False).eval()
    return CLASSES[kind](model, processor)
