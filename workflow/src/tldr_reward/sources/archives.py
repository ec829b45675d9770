"""Archives and tables of raw data sets, read as streams: they are larger than the memory.

Nothing is ever extracted under a name that an archive gives: members are read as bytes.
"""

import codecs
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from tldr_reward.errors import InputError
from tldr_reward.sources.examples import Tally
from tldr_reward.sources.images import MAX_IMAGE_BYTES

_CHUNK = 2**20
_BETWEEN = re.compile(r"[\s,]*")


def source_file(folder: Path, name: str) -> Path:
    """A raw file of a source's folder; InputError when it is missing."""
    path = folder / name
    if not path.is_file():
        raise InputError(f"no such file: {path} (fetch-source gets it)")
    return path


def json_lines(path: Path, tally: Tally) -> Iterator[dict]:
    """Objects of a file of JSON lines; lines that are no object are counted."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
            except ValueError:
                fields = None
            if isinstance(fields, dict):
                yield fields
            else:
                tally.drop("no JSON object", f"{path.name}:{number}")


def tar_members(path: Path, wanted: Collection[str], tally: Tally) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of wanted files of a .tar.gz, in the archive's order; ends with the last.

    InputError when the archive is broken.
    """
    left = set(wanted)
    try:
        # As a stream: no index is built, and what comes after the last wanted one is not read.
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name not in left or not member.isfile():
                    continue
                left.discard(name)
                if member.size > MAX_IMAGE_BYTES:
                    tally.drop("image of more than 64 MiB", name)
                    continue
                yield name, archive.extractfile(member).read()
                if not left:
                    return
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise InputError(f"broken archive {path}: {error}") from None
    for name in sorted(left):
        tally.drop("missing image", name)


class Zips:
    """Files of some ZIP archives together, by name; a name that two have is the first's."""

    def __init__(self, paths: Collection[Path]) -> None:
        self.archives: list[zipfile.ZipFile] = []
        self.places: dict[str, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
        for path in paths:
            try:
                archive = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError) as error:
                self.close()
                raise InputError(f"broken archive {path}: {error}") from None
            self.archives.append(archive)
            for info in archive.infolist():
                self.places.setdefault(info.filename, (archive, info))

    def __enter__(self) -> "Zips":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archives."""
        for archive in self.archives:
            archive.close()

    def image(self, name: str, tally: Tally) -> bytes | None:
        """Bytes of a file; None, counted, when it is missing, too large or broken."""
        if name not in self.places:
            tally.drop("missing image", name)
            return None
        archive, info = self.places[name]
        if info.file_size > MAX_IMAGE_BYTES:
            tally.drop("image of more than 64 MiB", name)
            return None
        try:
            return archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
            tally.drop("unreadable image", name)
            return None


def zipped_json_array(path: Path) -> Iterator:
    """Items of the array in a ZIP's one JSON file, one after the other.

    Visual Genome's question_answers.json would take gigabytes as Python objects. InputError when
    the archive, or the JSON, is broken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".json")]
            if len(names) != 1:
                raise InputError(f"{path} holds {len(names)} JSON files; one is needed")
            with archive.open(names[0]) as file:
                yield from _array_items(file)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"broken archive {path}: {error}") from None


def _array_items(file: IO[bytes]) -> Iterator:
    """Items of a JSON array of objects, parsed as soon as each is complete."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    parse = json.JSONDecoder().raw_decode
    text, place = decode(file.read(_CHUNK)), 0
    if not text.lstrip().startswith("["):
        raise ValueError("the JSON is no array")
    place = text.index("[") + 1
    while True:
        place = _BETWEEN.match(text, place).end()
        if text.startswith("]", place):
            return
        try:
            item, place = parse(text, place)
        except ValueError:
            more = file.read(_CHUNK)
            if not more:
                raise
            text, place = text[place:] + decode(more), 0
            continue
        yield item


def read_image(path: Path, tally: Tally) -> bytes | None:
    """Bytes of an image's file; None, counted, when it is missing or too large."""
    if not path.is_file():
        tally.drop("missing image", path.name)
        return None
    if path.stat().st_size > MAX_IMAGE_BYTES:
        tally.drop("image of more than 64 MiB", path.name)
        return None
    return path.read_bytes()
