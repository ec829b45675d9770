"""Data sets of the Hugging Face hub: one commit's files, through its own client and cache."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    IncompleteSnapshotError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
)
from huggingface_hub.utils import filter_repo_objects, httpx

from tldr_reward.errors import InputError
from tldr_reward.sources.transport import FetchedFile, file_sha256

_FAILURES = (
    HfHubHTTPError,
    HFValidationError,
    IncompleteSnapshotError,
    LocalEntryNotFoundError,
    RevisionResolutionError,
    httpx.HTTPError,
)


def fetch_hub(
    name: str, revision: str, patterns: Sequence[str], folder: Path
) -> tuple[str, list[FetchedFile]]:
    """The commit, and the files of it that match, put into a folder.

    The hub's cache holds what has come already, so a download that was stopped goes on. Without a
    `revision`, the newest commit is taken. InputError when files cannot be had: for a gated data
    set it says what to do.
    """
    try:
        commit = revision or HfApi().resolve_revision(name, repo_type="dataset").resolved
        snapshot = snapshot_download(
            name, repo_type="dataset", revision=commit, allow_patterns=list(patterns)
        )
    except _FAILURES as error:
        if state := _closed(error):
            page = f"https://huggingface.co/datasets/{name}"
            raise InputError(
                f"data set {name} is {state}: accept its terms at {page}, then give your access "
                "token with `hf auth login` or in the environment variable HF_TOKEN"
            ) from None
        raise InputError(f"cannot get data set {name} from the hub: {error}") from None
    found = list(_matching(Path(snapshot), patterns))
    if not found:
        raise InputError(f"data set {name} at {commit} has no file {' or '.join(patterns)}")
    base = f"https://huggingface.co/datasets/{name}/resolve/{commit}"
    return commit, [_placed(Path(snapshot), path, folder, f"{base}/{path}") for path in found]


def _matching(snapshot: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Relative names of matching files: the cache may hold others of the same commit."""
    names = (
        path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()
    )
    return filter_repo_objects(sorted(names), allow_patterns=list(patterns))


def _placed(snapshot: Path, name: str, folder: Path, address: str) -> FetchedFile:
    """Link a cached file into the folder, or copy it where that is another disk."""
    cached, path = (snapshot / name).resolve(), folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(cached, part)
    except OSError:
        shutil.copyfile(cached, part)
    os.replace(part, path)
    part.unlink(missing_ok=True)  # where both are links to one file, replacing does nothing
    return FetchedFile(name, address, path.stat().st_size, file_sha256(path))


def _closed(error: BaseException | None) -> str:
    """What stands behind an error: a gate, or something that wants a token; empty if neither.

    To those without a token, the hub does not tell private data sets from absent ones.
    """
    while error is not None:
        if isinstance(error, GatedRepoError):
            return "gated"
        if isinstance(error, HfHubHTTPError) and error.response.status_code == 401:
            return "gated, private or not there"
        error = error.__cause__
    return ""
