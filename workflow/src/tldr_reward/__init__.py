"""Token-level detective reward (TLDR) models for vision-language models; the paper's artifact."""

__version__ = "0.1.0"
