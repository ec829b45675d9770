"""The reward model that comes with the package, and drawings for it."""

from pathlib import Path

import pytest
from PIL import Image

from tests.scenes import SCENE
from tldr_reward import Detective
from tldr_reward.world.drawing import draw_image, encode_png


@pytest.fixture(scope="session")
def detective() -> Detective:
    return Detective.load()


@pytest.fixture(scope="session")
def scene() -> Image.Image:
    return Image.fromarray(draw_image(SCENE))


@pytest.fixture
def scene_file(tmp_path) -> Path:
    path = tmp_path / "scene.png"
    path.write_bytes(encode_png(draw_image(SCENE)))
    return path
