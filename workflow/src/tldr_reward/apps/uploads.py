"""Pictures that somebody sends: their size and type are checked before anything is decoded."""

import base64
import binascii
import io
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tldr_reward.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 10_000_000
MOST_PIXELS = 25_000_000


def decoded(text: str) -> Image.Image:
    """The RGB image that base64 holds; it stays in memory. InputError as by `checked_image`."""
    if len(text) * 3 // 4 > MOST_BYTES + 3:
        raise InputError(
            f"the image has about {len(text) * 3 // 4:,} bytes; at most {MOST_BYTES:,} are allowed"
        )
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(
            "the image is not base64 (of the file's bytes, without a prefix)"
        ) from None
    return checked_image(data)


def read_upload(path: Path) -> Image.Image:
    """The RGB image in a file. InputError for too many bytes, and as by `checked_image`."""
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(
            f"the image has {path.stat().st_size:,} bytes; at most {MOST_BYTES:,} are allowed"
        )
    return checked_image(data)


def checked_image(data: bytes) -> Image.Image:
    """A file's bytes as an RGB image.

    InputError for what is no PNG, JPEG or WebP, is cut off, or has too many pixels (which are read
    from its header).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_pixels(image.width, image.height)
                return image.convert("RGB")
    except Image.DecompressionBombError:
        raise InputError(f"the image has more than {MOST_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        allowed = "PNG, JPEG and WebP"
        raise InputError(f"the image is none of {allowed}, whatever it is named") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"the image cannot be read: {str(error)[:80]}") from None


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise InputError(
            f"the image has {width} x {height} pixels, {width * height / 1e6:.0f} million; at most "
            f"{MOST_PIXELS // 10**6} million are allowed"
        )
