"""`demo`: a page, and an HTTP API, on which captions are checked by a reward model."""

import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tldr_reward import __version__
from tldr_reward.cli.detectives import Chosen, detective_options, load_detective
from tldr_reward.cli.serving import bound, check_installed, serve
from tldr_reward.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from tldr_reward.apps.demo import Describe, Example

_FILE = click.Path(path_type=Path)
_SCENES = 6
_NEW_TOKENS = 96
_SIDE = 1024  # pixels of an offered picture's longer side
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


@click.command(short_help="Show a reward model at work, in a browser and over HTTP.")
@detective_options
@click.option(
    "--examples", type=_FILE, help="Folder of pictures to offer; else scenes are drawn, for a mini."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=2026, show_default=True, help="Scenes'."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8322, show_default=True, help="0: any free."
)
def command(chosen: Chosen, examples: Path | None, seed: int, port: int) -> None:
    """Serve a demo on 127.0.0.1: pick or upload a picture, give a caption, see its doubtful words.

    Without --model it is the small one that comes with the package, which knows drawn scenes of
    coloured shapes and nothing else. Programs use POST /v1/score; /openapi.json says how. What is
    uploaded to the page lies in a temporary folder until the demo ends.

    Example: tldr-reward demo --model results/mini/reward/paligemma/tldr/seed0
    """
    check_installed("gradio")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        run(chosen, examples, seed, port)


def run(chosen: Chosen, examples: Path | None, seed: int, port: int) -> None:
    """Serve the demo until it is interrupted."""
    from tldr_reward.apps.demo import demo_app

    taken = bound(port)
    offered = [] if examples is None else offered_pictures(examples)
    detective = load_detective(chosen)
    if examples is None and detective.known_world:
        offered = drawn_scenes(seed)
    app = demo_app(detective, offered, describer(detective), __version__)
    serve(app, taken, f"{detective.card.run or 'reward model'}")


def drawn_scenes(seed: int) -> "list[Example]":
    """Scenes drawn by lot, each with a true caption and with one in which something is wrong."""
    import numpy as np

    from tldr_reward.apps.demo import Example
    from tldr_reward.cli.perturb_captions import SplitPerturber
    from tldr_reward.records import CaptionRecord
    from tldr_reward.world.captions import CAPTION_PROMPT, dense_caption
    from tldr_reward.world.drawing import draw_image, encode_png
    from tldr_reward.world.splits import draw_splits

    rng = np.random.default_rng(seed)
    perturber = SplitPerturber("test", {}, seed)
    found = []
    for number, scene in enumerate(draw_splits({"test": _SCENES}, seed)["test"], start=1):
        name, text = f"scene-{number}", dense_caption(scene, rng)
        fields = (name, scene.image_id, CAPTION_PROMPT, text, "caption", "original")
        captions = [("a true caption", text)]
        wrong = perturber.perturbed_caption(CaptionRecord(*fields, bad_spans=()), scene, "scene")
        if wrong is not None:
            captions.append((f"with an error ({wrong.taxonomy.replace('_', ' ')})", wrong.text))
        found.append(Example(name, encode_png(draw_image(scene)), tuple(captions)))
    return found


def offered_pictures(folder: Path) -> "list[Example]":
    """The pictures of a folder, by name, as PNG files of the sizes that uploads may have."""
    from tldr_reward.apps.demo import Example
    from tldr_reward.cli.pictures import read_image

    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise InputError(f"--examples {folder}: no picture in it; {', '.join(_SUFFIXES)} are read")
    found = []
    for number, path in enumerate(paths, start=1):
        image = read_image(path)
        image.thumbnail((_SIDE, _SIDE))
        held = io.BytesIO()
        image.save(held, "PNG")
        found.append(Example(f"picture-{number}", held.getvalue(), ()))
    return found


def describer(detective: Any) -> "Describe":
    """Greedy captions by the detective's backbone, with the LoRA off (tau = 0)."""
    from peft.helpers import rescale_adapter_scale

    from tldr_reward.generate.greedy import greedy_responses
    from tldr_reward.generate.requests import clean_text

    def describe(images: "Sequence[Image.Image]") -> list[tuple[str, bool]]:
        model = detective.model
        with rescale_adapter_scale(model.peft_model, 0.0):
            said = greedy_responses(
                model.backbone,
                images,
                [detective.card.prompt] * len(images),
                _NEW_TOKENS,
                "captions written",
            )
        return [(clean_text(one.text), one.truncated) for one in said]

    return describe
