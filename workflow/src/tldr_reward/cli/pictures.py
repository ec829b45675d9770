"""Images from files: what reads them needs no model."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tldr_reward.detective.pictures import opened
from tldr_reward.errors import InputError


class Pictures(Sequence):
    """Images of files, each read when it is asked for: they need not fit into memory together.

    InputError at once for a file that is missing.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        if missing := [path for path in self.paths if not path.is_file()]:
            raise InputError(f"no such image: {missing[0]}")

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, place: int | slice) -> Image.Image | list[Image.Image]:
        if isinstance(place, slice):
            return [read_image(path) for path in self.paths[place]]
        return read_image(self.paths[place])

    def chosen(self, places: Sequence[int]) -> "Pictures":
        """Those of some places, in their order."""
        return Pictures([self.paths[place] for place in places])


def read_image(path: Path) -> Image.Image:
    """Open an image as RGB; InputError when it is missing, no image, or too large."""
    return opened(path)
