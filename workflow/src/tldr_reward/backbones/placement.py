"""Where and how a backbone is held; imports nothing, so that a command's help is quick."""

import dataclasses

DTYPES = ("float32", "bfloat16", "float16")
# Masks of shared prefixes have four dimensions, which flash attention does not take.
ATTENTION = ("sdpa", "eager")


@dataclasses.dataclass(frozen=True)
class Placement:
    """Device, number format of the weights, attention kernel.

    What is trained on such a backbone, LoRA and reward head, is in single precision.
    """

    device: str = "cpu"
    dtype: str = "float32"
    attention: str = "sdpa"
