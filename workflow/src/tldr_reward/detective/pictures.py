"""Images as users give them: checked before they are decoded."""

import hashlib
from pathlib import Path

from PIL import Image, ImageOps

from tldr_reward.errors import BROKEN_IMAGE, InputError

# Decoded, an image takes three bytes a pixel; Pillow itself only warns from here to twice as many.
MOST_PIXELS = Image.MAX_IMAGE_PIXELS
# Formats that are read: some of Pillow's other readers run programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def opened(source: Path | str | Image.Image) -> Image.Image:
    """An image, or the file of one, as RGB and upright; InputError for what is none, or too large.

    A file's size in pixels is read from its header: what is too large is never decoded.
    """
    if isinstance(source, Image.Image):
        _check_size(source, "the image")
        return source.convert("RGB")
    path = Path(source)
    if not path.is_file():
        raise InputError(f"no such image: {path}")
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_size(image, str(path))
            # Cameras write beside the pixels which way is up.
            return ImageOps.exif_transpose(image).convert("RGB")
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise InputError(
            f"{path} has more than {2 * MOST_PIXELS // 10**6} million pixels; "
            f"at most {MOST_PIXELS // 10**6} million are allowed"
        ) from None
    except BROKEN_IMAGE as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"not a readable image: {path} ({reason})") from None


def name_of(source: Path | str | Image.Image) -> str:
    """What tells an image from others: its path, or a digest of its pixels."""
    if isinstance(source, Image.Image):
        found = hashlib.sha256(f"{source.mode} {source.size}".encode() + source.tobytes())
        return f"image-{found.hexdigest()[:16]}"
    return str(source)


def _check_size(image: Image.Image, what: str) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise InputError(
            f"{what} has {image.width} x {image.height} pixels, {pixels // 10**6} million; "
            f"at most {MOST_PIXELS // 10**6} million are allowed"
        )
