"""Drawing: the same bytes for the same scene, things inside their cells, distinct colours."""

import dataclasses
import io
import itertools

import numpy as np
import pytest
from PIL import Image

from tests.scenes import SCENE
from tldr_reward.world.drawing import _RGB, _shape_mask, draw_image, encode_png
from tldr_reward.world.scenes import SHAPES, TINY_KINDS, Scene, SceneObject, Sign, TinyThing


def only(thing, seed: int) -> Scene:
    """A scene with one thing in it."""
    objects = (thing,) if isinstance(thing, SceneObject) else ()
    tiny = thing if isinstance(thing, TinyThing) else None
    return Scene("x", objects, tiny, thing if isinstance(thing, Sign) else None, seed)


def cell_pixels(pixels: np.ndarray, cell: int) -> np.ndarray:
    top, left = 16 * (cell // 4), 16 * (cell % 4)
    return pixels[top : top + 16, left : left + 16]


def test_same_scene_same_bytes_and_the_draw_seed_changes_them():
    again = dataclasses.replace(SCENE, image_id="another name")
    assert encode_png(draw_image(SCENE)) == encode_png(draw_image(again))
    other = dataclasses.replace(SCENE, draw_seed=8)
    assert encode_png(draw_image(SCENE)) != encode_png(draw_image(other))


def test_png_keeps_the_pixels():
    pixels = draw_image(SCENE)
    assert (pixels.shape, pixels.dtype) == ((64, 64, 3), np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels)))), pixels)


@pytest.mark.parametrize(
    "thing",
    [
        *(SceneObject(6, size, "red", shape) for shape in SHAPES for size in ("big", "small")),
        *(TinyThing(6, "red", kind) for kind in TINY_KINDS),
        Sign(6, ("K", "T")),
    ],
    ids=str,
)
def test_a_thing_stays_in_its_cell(thing):
    """Outside its cell all is grey: no pixel is more than six sigma of the noise off."""
    for seed in range(12):
        pixels = draw_image(only(thing, seed)).astype(int)
        grey = np.median(pixels)
        inside = np.zeros((64, 64), dtype=bool)
        inside[16:32, 32:48] = True
        off = abs(pixels - grey).max(axis=2)
        assert off[~inside].max() < 36
        assert off[inside].max() > 60


def test_a_big_object_covers_much_more_than_a_small_one():
    for shape in SHAPES:
        assert _shape_mask(shape, 12).sum() > 2 * _shape_mask(shape, 7).sum()


def test_no_two_shapes_look_alike():
    for extent in (12, 7):
        for first, second in itertools.combinations(SHAPES, 2):
            difference = abs(_shape_mask(first, extent) - _shape_mask(second, extent)).sum()
            assert difference > 0.1 * extent**2


def test_colours_are_far_from_each_other_and_from_greys():
    for first, second in itertools.combinations(_RGB.values(), 2):
        assert np.linalg.norm(np.subtract(first, second)) > 90
    for colour in _RGB.values():
        assert max(colour) - min(colour) > 110


def test_an_objects_middle_has_its_colour():
    for colour, rgb in _RGB.items():
        pixels = draw_image(only(SceneObject(9, "big", colour, "square"), seed=5))
        middle = cell_pixels(pixels, 9)[7:9, 7:9].reshape(-1, 3).mean(axis=0)
        assert abs(middle - rgb).max() < 25
