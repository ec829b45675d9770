"""Images from files: what reads them needs no model."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tldr_reward.errors import InputError


def read_image(path: Path) -> Image.Image:
    """Open an image as RGB; InputError when it is missing or is no image."""
    if not path.is_file():
        raise InputError(f"no such image: {path}")
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise InputError(f"not a readable image: {path} ({error})") from None
