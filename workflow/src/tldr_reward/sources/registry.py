"""The registry of data sets (sources.tsv): where they are, at which revision, on whose terms."""

import csv
import dataclasses
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from tldr_reward.errors import InputError

KINDS = ("http", "hub")


@dataclasses.dataclass(frozen=True)
class SourceRow:
    """Where one file (http) or some files of a data set (hub) come from.

    http: `address` is the file's URL, `files` its name, `sha256` its digest or empty. hub:
    `address` is the data set's id, `files` are glob patterns with commas between them, `revision`
    is a commit or empty.
    """

    source: str
    kind: str
    address: str
    revision: str
    files: str
    sha256: str
    licence: str
    terms: str

    def __post_init__(self) -> None:
        self._check(self.kind in KINDS, "kind", f"one of {', '.join(KINDS)}")
        self._check(bool(self.licence), "licence", "not empty")
        self._check(bool(re.match(r"https://\S+$", self.terms)), "terms", "as in https://...")
        patterns = self.patterns
        inside = all(not name.startswith("/") and ".." not in name.split("/") for name in patterns)
        self._check(bool(patterns) and inside, "files", "names below the folder")
        if self.kind == "http":
            self._check(bool(re.match(r"https?://\S+$", self.address)), "address", "an http URL")
            single = len(patterns) == 1 and PurePosixPath(self.files).name == self.files
            self._check(single, "files", "one file's name")
            self._check(not self.revision, "revision", "empty for http")
            known = bool(re.fullmatch(r"([0-9a-f]{64})?", self.sha256))
            self._check(known, "sha256", "64 hex digits or empty")
        else:
            self._check(
                bool(re.fullmatch(r"[\w.-]+/[\w.-]+", self.address)), "address", "owner/name"
            )
            commit = bool(re.fullmatch(r"([0-9a-f]{40})?", self.revision))
            self._check(commit, "revision", "a commit of 40 hex digits or empty")
            self._check(not self.sha256, "sha256", "empty for hub, whose commits have digests")

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(name for name in self.files.split(",") if name)

    def _check(self, holds: bool, field: str, allowed: str) -> None:
        if not holds:
            raise InputError(
                f"source {self.source!r}: {field} is {getattr(self, field)!r}; allowed: {allowed}"
            )


def read_registry(lines: Iterable[str], where: str) -> list[SourceRow]:
    """Rows of a registry; InputError names the line of a bad one."""
    names = [field.name for field in dataclasses.fields(SourceRow)]
    reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if reader.fieldnames != names:
        raise InputError(f"{where}: columns {reader.fieldnames}; needed: {names}")
    rows = []
    for cells in reader:
        if None in cells or None in cells.values():
            raise InputError(f"{where}:{reader.line_num}: {len(names)} cells are needed")
        try:
            rows.append(SourceRow(**cells))
        except InputError as error:
            raise InputError(f"{where}:{reader.line_num}: {error}") from None
    return rows


def rows_of(rows: Iterable[SourceRow], source: str, where: str) -> list[SourceRow]:
    """Rows of one source; InputError when it has none, or is of two kinds."""
    rows = list(rows)
    found = [row for row in rows if row.source == source]
    if not found:
        allowed = ", ".join(dict.fromkeys(row.source for row in rows))
        raise InputError(f"{where} has no source {source!r}; it has {allowed}")
    if len({row.kind for row in found}) > 1 or (found[0].kind == "hub" and len(found) > 1):
        raise InputError(f"{where}: source {source!r} needs http rows, or one hub row")
    return found
