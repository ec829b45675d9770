"""Whether bytes are an image that can be read whole, and of which kind."""

import io

from PIL import Image

from tldr_reward.errors import BROKEN_IMAGE

# Formats that are read. Others are no images of these data sets, and some of Pillow's readers run
# programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# Endings of their files; MPO is a JPEG with further pictures behind the first, as phones write it.
ENDINGS = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
}
MAX_IMAGE_BYTES = 64 * 2**20


def image_ending(data: bytes) -> str | None:
    """The ending that fits an image's bytes; None where they are no image, or a part of one."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            ending = ENDINGS[image.format]
            if ending == ".jpg":
                image.draft("RGB", (64, 64))  # reads it all, and computes an eighth
            image.load()
    except (*BROKEN_IMAGE, Image.DecompressionBombError):
        return None
    return ending
