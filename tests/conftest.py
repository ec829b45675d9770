"""Tests run in two processes (pyproject.toml): what goes for all of them."""

import os

# Before torch is imported: two processes with a thread each do not get into each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list) -> None:
    """The longest test comes first: both processes then end at about the same time."""
    items.sort(key=lambda item: item.path.name != "test_smoke.py")
