"""The scene world: rendered images whose truth is known, their grammar, and the oracle."""
