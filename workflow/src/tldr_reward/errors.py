"""The one exception that the command line turns into a single line, and others' that become it."""

import struct
import zlib

# What Pillow's readers raise when bytes are no image, or a broken one.
BROKEN_IMAGE = (
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
)


class InputError(ValueError):
    """Bad input: the message says what, which value, and what is allowed, in one line."""
