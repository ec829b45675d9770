"""Whether bytes are an image that can be read whole, and of which kind."""

import io
import struct
import zlib

from PIL import Image

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
# What Pillow's readers raise when bytes are no image, or a broken one.
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def image_ending(data: bytes) -> str | None:
    """The ending that fits an image's bytes; None where they are no image, or a part of one."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            ending = ENDINGS[image.format]
            if ending == ".jpg":
                image.draft("RGB", (64, 64))  # reads it all, and computes an eighth
            image.load()
    except _BROKEN:
        return None
    return ending
