"""Downloads that go on where they were stopped, and appear under their names when they are whole.

While it is under way, a file `x` is `x.part`, and `x.part.tag` holds its address and what its
server calls this version of it (its ETag, or nothing): a file that changed meanwhile is begun anew,
never pieced together.
"""

import dataclasses
import hashlib
import os
import re
import time
from pathlib import Path

from huggingface_hub.utils import httpx

from tldr_reward.errors import InputError
from tldr_reward.progress import Progress

# What a server says when it is worth asking again.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0


@dataclasses.dataclass(frozen=True)
class Patience:
    """Seconds that a server may be silent, and how often it is asked again.

    The pause before asking again doubles, from `pause` seconds on. Whenever bytes have come, the
    count begins anew.
    """

    timeout: float = 60.0
    retries: int = 8
    pause: float = 1.0

    def wait(self, failures: int) -> None:
        """Sleep after so many failures in a row, at least one."""
        time.sleep(min(_LONGEST_PAUSE, self.pause * 2 ** (failures - 1)))


@dataclasses.dataclass(frozen=True)
class FetchedFile:
    """A raw file as it lies on disk; `name` is relative to its source's folder."""

    name: str
    address: str
    bytes: int
    sha256: str


class _Passing(Exception):
    """A failure after which it is worth asking again."""


@dataclasses.dataclass
class _Download:
    """One file on its way; InputError for whatever will not pass by itself."""

    client: httpx.Client
    address: str
    path: Path

    @property
    def part(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def tag(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part.tag")

    def have(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def begin_anew(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)

    def _tagged(self) -> str:
        return self.tag.read_text(encoding="utf-8") if self.tag.is_file() else ""

    def ask(self) -> None:
        """Ask for what is missing and append it; _Passing when not all of it came."""
        address, _, tag = self._tagged().partition("\n")
        if address != self.address:
            self.begin_anew()  # what is left of another file
        have = self.have()
        # Bytes as they are: with a compressed transfer, neither sizes nor ranges would hold.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if tag:
                headers["If-Range"] = tag
        try:
            with self.client.stream("GET", self.address, headers=headers) as response:
                self._take(response, have)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise InputError(f"cannot fetch {self.address}: {error}") from None
        except httpx.HTTPError as error:
            raise _Passing(f"{type(error).__name__}: {error}") from None

    def _take(self, response: httpx.Response, have: int) -> None:
        status = response.status_code
        if status == 416:
            if _length_behind_slash(response) == have:
                return  # all of it was there already
            self.begin_anew()
            raise _Passing("the file has another size than before")
        if status in PASSING:
            raise _Passing(f"HTTP {status}")
        if status not in (200, 206):
            raise InputError(f"cannot fetch {self.address}: HTTP {status}")
        if status == 206 and _start(response) != have:
            self.begin_anew()
            raise _Passing("another range came than was asked for")
        if status == 200:  # no ranges here, or another version: all of it comes
            self.begin_anew()
            have = 0
        total = _total(response)
        if not have:
            self.tag.write_text(f"{self.address}\n{_tag(response)}", encoding="utf-8")
        self._append(response, have, total)
        if total is not None and self.have() != total:
            if self.have() > total:
                self.begin_anew()
            raise _Passing(f"{self.have()} bytes came, of {total}")

    def _append(self, response: httpx.Response, have: int, total: int | None) -> None:
        label = f"fetching {self.path.name} (MB)"
        progress = Progress(total // 10**6, label, start=have // 10**6) if total else None
        with open(self.part, "ab" if have else "wb") as file:
            # As it comes: a chunk size would make the client hold back what a cut then loses.
            for data in response.iter_raw():
                before = have // 10**6
                have += file.write(data)
                if progress and have // 10**6 > before:
                    progress.step(count=have // 10**6 - before)
            file.flush()
            os.fsync(file.fileno())


def client(patience: Patience, at_once: int = 1) -> httpx.Client:
    """An HTTP client without any token: addresses come from tables and may be anyone's."""
    return httpx.Client(
        timeout=patience.timeout,
        follow_redirects=True,
        limits=httpx.Limits(max_connections=at_once),
        headers={"User-Agent": "tldr-reward"},
    )


def fetch(
    address: str, folder: Path, name: str, sha256: str, patience: Patience, session: httpx.Client
) -> FetchedFile:
    """Get one file, unless it is there; InputError when it cannot be had or is another one.

    `sha256` may be empty: then the size that the server states is all that is checked.
    """
    path = folder / name
    there = path.is_file()
    download = _Download(session, address, path)
    if not there:
        folder.mkdir(parents=True, exist_ok=True)
        _until_whole(download, patience)
    found = file_sha256(path if there else download.part)
    if sha256 and found != sha256:
        if not there:
            download.begin_anew()
        then = f"delete {path} to fetch it again" if there else "nothing was kept"
        raise InputError(
            f"{address}: sha256 is {found}, not {sha256} as registered or fetched first; {then}"
        )
    if not there:
        os.replace(download.part, path)
        download.tag.unlink(missing_ok=True)
    return FetchedFile(name, address, path.stat().st_size, found)


def _until_whole(download: _Download, patience: Patience) -> None:
    failures = 0
    while True:
        before = download.have()
        try:
            return download.ask()
        except _Passing as error:
            failures = 1 if download.have() > before else failures + 1
            if failures > patience.retries:
                raise InputError(
                    f"cannot fetch {download.address}: {error}, attempt {failures}; "
                    f"run it again to go on at byte {download.have()}"
                ) from None
        patience.wait(failures)


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tag(response: httpx.Response) -> str:
    """A strong ETag, or nothing: a weak one says nothing about bytes."""
    tag = response.headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag


def _total(response: httpx.Response) -> int | None:
    """Bytes of the whole file, where the server states them."""
    if response.status_code == 206:
        return _length_behind_slash(response)
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _start(response: httpx.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _length_behind_slash(response: httpx.Response) -> int | None:
    match = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None
