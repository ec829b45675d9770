"""Token-level detective reward (TLDR) models for vision-language models; the paper's artifact.

`Detective` and `CaptionScore` are loaded when they are first asked for: the command line, which
needs neither, starts without torch.
"""

import importlib

__version__ = "0.1.0"
__all__ = ["CaptionScore", "Detective"]

_HOMES = {"Detective": "detective.model", "CaptionScore": "detective.scores"}


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
