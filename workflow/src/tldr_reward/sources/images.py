"""Whether bytes are an image that can be read whole, and of which kind."""

import io

from PIL import Image

# Formats that are read, and the endings of their files. Others are no images of these data sets,
# and some of Pillow's readers run programs. MPO is a JPEG with further pictures behind the first:
# phones write it.
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
        with Image.open(io.BytesIO(data), formats=tuple(ENDINGS)) as image:
            ending = ENDINGS[image.format]
            image.draft("RGB", (64, 64))  # JPEG: reads it all, and computes an eighth
            image.load()
    except Exception:  # Pillow raises whatever broken bytes lead its readers to
        return None
    return ending
