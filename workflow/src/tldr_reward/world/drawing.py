"""Drawing: a scene as 64x64 RGB pixels, a pure function of the scene and its draw seed."""

import functools
import io

import numpy as np
from PIL import Image

from tldr_reward.world.scenes import Scene, Sign, TinyThing

IMAGE_SIZE = 64
CELL_SIZE = 16
_EXTENT = {"big": 12, "small": 8}  # pixels; big and jittered by 2 still fits its cell
_JITTER = 2
_SIGN_JITTER = (2, 1)  # rows, columns: the plate is 13 of 16 pixels wide
_NOISE = 6.0
_GREYS = (40, 200)
_COLOUR_SPREAD = 12
_SUPERSAMPLING = 8
_RGB = {
    "red": (222, 38, 38),
    "green": (38, 168, 56),
    "blue": (46, 74, 226),
    "yellow": (240, 218, 44),
    "purple": (150, 52, 190),
    "cyan": (52, 206, 220),
}
_TINY = {
    "dot": ("##", "##"),
    "dash": ("####",),
    "plus": (".#.", "###", ".#."),
}
_FONT = {
    "E": ("####", "#...", "###.", "#...", "#...", "####"),
    "F": ("####", "#...", "###.", "#...", "#...", "#..."),
    "H": ("#..#", "#..#", "####", "#..#", "#..#", "#..#"),
    "K": ("#..#", "#.#.", "##..", "#.#.", "#..#", "#..#"),
    "L": ("#...", "#...", "#...", "#...", "#...", "####"),
    "N": ("#..#", "##.#", "##.#", "#.##", "#.##", "#..#"),
    "T": ("####", ".##.", ".##.", ".##.", ".##.", ".##."),
    "X": ("#..#", "#..#", ".##.", ".##.", "#..#", "#..#"),
}
_PLATE, _INK = 245.0, 25.0


def draw_image(scene: Scene) -> np.ndarray:
    """Pixels of a scene: uint8 of shape [64, 64, 3]."""
    rng = np.random.default_rng(scene.draw_seed)
    pixels = np.full((IMAGE_SIZE, IMAGE_SIZE, 3), float(rng.integers(*_GREYS)), dtype=np.float32)
    for thing in scene.objects:
        mask = _shape_mask(thing.shape, _EXTENT[thing.size])
        _paint(pixels, mask, _shade(rng, thing.colour), _corner(rng, thing.cell, mask))
    if scene.tiny is not None:
        _paint_tiny(pixels, scene.tiny, rng)
    if scene.sign is not None:
        _paint_sign(pixels, scene.sign, rng)
    pixels += rng.standard_normal(pixels.shape, dtype=np.float32) * _NOISE
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def encode_png(pixels: np.ndarray) -> bytes:
    """PNG bytes of uint8 pixels [height, width, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def _paint(
    pixels: np.ndarray, mask: np.ndarray, colour: np.ndarray | float, corner: tuple[int, int]
) -> None:
    top, left = corner
    area = pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
    area += mask[:, :, None] * (colour - area)


def _paint_tiny(pixels: np.ndarray, tiny: TinyThing, rng: np.random.Generator) -> None:
    mask = _bitmap(_TINY[tiny.kind])
    _paint(pixels, mask, _shade(rng, tiny.colour), _corner(rng, tiny.cell, mask))


def _paint_sign(pixels: np.ndarray, sign: Sign, rng: np.random.Generator) -> None:
    letters = [_bitmap(_FONT[letter]) for letter in sign.letters]
    gap = np.zeros((letters[0].shape[0], 1), dtype=np.float32)
    text = np.pad(np.hstack([letters[0], gap, letters[1]]), 1)  # a rim of paper round the ink
    plate = np.pad(text, 1, constant_values=1.0)  # and a border of ink round the paper
    corner = _corner(rng, sign.cell, plate, _SIGN_JITTER)
    _paint(pixels, np.ones_like(plate), _PLATE, corner)
    _paint(pixels, plate, _INK, corner)


def _corner(
    rng: np.random.Generator,
    cell: int,
    mask: np.ndarray,
    jitter: tuple[int, int] = (_JITTER, _JITTER),
) -> tuple[int, int]:
    """Top left pixel of a mask that sits in the middle of its cell, give or take the jitter."""
    place = []
    for index, extent, most in zip((cell // 4, cell % 4), mask.shape, jitter, strict=True):
        middle = index * CELL_SIZE + (CELL_SIZE - extent) // 2
        place.append(middle + int(rng.integers(-most, most + 1)))
    return place[0], place[1]


def _shade(rng: np.random.Generator, colour: str) -> np.ndarray:
    spread = rng.integers(-_COLOUR_SPREAD, _COLOUR_SPREAD + 1, size=3)
    return np.asarray(_RGB[colour], dtype=np.float32) + spread.astype(np.float32)


@functools.cache
def _bitmap(rows: tuple[str, ...]) -> np.ndarray:
    return np.array([[mark == "#" for mark in row] for row in rows], dtype=np.float32)


@functools.cache
def _shape_mask(shape: str, extent: int) -> np.ndarray:
    """Coverage 0..1 of each pixel by a shape that fills a square of `extent` pixels."""
    fine = extent * _SUPERSAMPLING
    axis = (np.arange(fine) + 0.5) * 2 / fine - 1
    inside = _inside(shape, axis[None, :], axis[:, None])
    blocks = inside.reshape(extent, _SUPERSAMPLING, extent, _SUPERSAMPLING)
    return blocks.mean(axis=(1, 3)).astype(np.float32)


def _inside(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points of the square [-1, 1]^2 (y points down) belong to a shape."""
    radius = np.hypot(x, y)
    if shape == "circle":
        return radius <= 1
    if shape == "square":
        return np.maximum(abs(x), abs(y)) <= 0.9
    if shape == "triangle":
        return abs(x) <= (y + 1) / 2
    if shape == "cross":
        return np.minimum(abs(x - y), abs(x + y)) <= 0.42
    if shape == "diamond":
        return abs(x) + abs(y) <= 1
    return (radius <= 1) & (radius >= 0.58)  # ring
