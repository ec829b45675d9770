"""Pictures that somebody sends: hostile ones are refused in a sentence, before they are decoded."""

import base64
import io

import pytest
from PIL import Image

from tldr_reward.apps.uploads import MOST_BYTES, decoded, read_upload
from tldr_reward.errors import InputError


def file_of(image: Image.Image, kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    image.save(held, kind)
    return held.getvalue()


def sent(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "L"), ("WEBP", "RGB")])
def test_allowed_kinds_become_rgb(kind, mode):
    image = decoded(sent(file_of(Image.new(mode, (5, 3)), kind)))
    assert (image.mode, image.size) == ("RGB", (5, 3))


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "sent.png"
    path.write_bytes(file_of(Image.new("RGB", (5, 3))))
    assert read_upload(path).size == (5, 3)
    path.write_bytes(bytes(MOST_BYTES + 1))
    with pytest.raises(InputError, match="has 10,000,001 bytes; at most 10,000,000 are allowed"):
        read_upload(path)


def test_a_hundred_megapixels_are_refused_by_their_header():
    data = file_of(Image.new("1", (10_000, 10_000)))
    assert len(data) < 100_000
    with pytest.raises(InputError, match="10000 x 10000 pixels, 100 million; at most 25 million"):
        decoded(sent(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"this is text, whatever its name says", "none of PNG, JPEG and WebP"),
        (b"", "none of PNG, JPEG and WebP"),
        (b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "none of PNG"),
        (file_of(Image.new("RGB", (9, 9)), "GIF"), "none of PNG, JPEG and WebP"),
        (file_of(Image.effect_noise((90, 90), 50))[:2000], "cannot be read"),
    ],
)
def test_what_is_no_allowed_picture_is_refused(data, message):
    with pytest.raises(InputError, match=message):
        decoded(sent(data))


@pytest.mark.parametrize("text", ["../../etc/passwd", "data:image/png;base64,AAAA", "é", "a" * 9])
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(InputError, match="not base64"):
        decoded(text)


def test_too_many_bytes_are_refused_undecoded():
    with pytest.raises(InputError, match="12,000,000 bytes; at most 10,000,000 are allowed"):
        decoded("A" * 16_000_000)
