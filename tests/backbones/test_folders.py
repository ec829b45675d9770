"""Backbones as Hugging Face folders that a plain script can use."""

import subprocess
import sys

import numpy as np
import pytest
from safetensors import safe_open

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.folders import load_backbone, save_backbone
from tldr_reward.errors import InputError

PLAIN = """
import sys
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
folder, image, prompt = sys.argv[1:]
processor = AutoProcessor.from_pretrained(folder)
model = AutoModelForImageTextToText.from_pretrained(folder)
inputs = processor(images=Image.open(image), text=prompt, return_tensors="pt")
inputs.pop("labels", None)
ids = model.generate(**inputs, max_new_tokens=4)
new = ids[0, inputs["input_ids"].shape[1]:]
assert len(new) >= 1
print(processor.decode(new, skip_special_tokens=True))
assert not [name for name in sys.modules if name.startswith("tldr_reward")]
"""


@pytest.mark.parametrize(
    ("name", "prompt"),
    [("paligemma", "<image>describe the image."), ("llama", "<|image|>describe the image.")],
)
def test_a_plain_script_generates(name, prompt, tmp_path):
    save_backbone(small_backbone(name), tmp_path / "folder")
    random_images(1)[0].save(tmp_path / "image.png")
    run = subprocess.run(
        [sys.executable, "-c", PLAIN, tmp_path / "folder", tmp_path / "image.png", prompt],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_saved_backbone_gives_the_same_features(name, tmp_path):
    backbone, images = small_backbone(name), random_images(2)
    save_backbone(backbone, tmp_path / "folder")
    files = sorted(path.name for path in (tmp_path / "folder").iterdir())
    assert "model.safetensors" in files
    assert "generation_config.json" in files
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl"))]
    again = load_backbone(tmp_path / "folder")
    assert np.array_equal(backbone.vision_features(images), again.vision_features(images))
    assert again.prompt_ids("how many objects?") == backbone.prompt_ids("how many objects?")
    with safe_open(tmp_path / "folder" / "model.safetensors", framework="pt") as file:
        assert any("vis" in key for key in file.keys())  # noqa: SIM118


def test_a_folder_without_its_processor_is_named(tmp_path):
    save_backbone(small_backbone("paligemma"), tmp_path / "folder")
    (tmp_path / "folder" / "processor_config.json").unlink()
    with pytest.raises(InputError, match="has no processor"):
        load_backbone(tmp_path / "folder")


def test_a_folder_that_is_no_backbone_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no backbone at .*nothing"):
        load_backbone(tmp_path / "nothing")
