"""Replies that were paid for, in a JSON-lines file that is only ever appended to."""

import dataclasses
import fcntl
import json
import os
import threading
from pathlib import Path

from tldr_reward.errors import InputError
from tldr_reward.perturb.estimates import Usage
from tldr_reward.perturb.messages import KeptReply, Reply

_HEAD = f'{{"format": "{KeptReply.FORMAT}", '


class ReplyCache:
    """Replies by key, as the file holds them and as they are added; `usage` is learned from them.

    Each is one line, written at once behind the file's end, so that a killed run leaves at most
    one line cut off, and runs that share a file do not mix their lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replies: dict[str, Reply] = {}
        self.usage = Usage()
        self._lock = threading.Lock()
        if not path.is_file():
            return
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if kept := _kept(line.decode("utf-8", "replace"), f"{path}:{number}"):
                    self._learn(kept)

    def add(self, kept: KeptReply) -> None:
        """Keep a reply; it is in the file when this returns."""
        fields = {"format": kept.FORMAT} | dataclasses.asdict(kept)
        line = json.dumps(fields).encode() + b"\n"
        with self._lock:
            self._learn(kept)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file is closed
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    line = line if file.read(1) == b"\n" else b"\n" + line
                file.write(line)

    def _learn(self, kept: KeptReply) -> None:
        # The first reply stands, so that a run with the file gives what the run that wrote it gave.
        if kept.key not in self.replies:
            self.replies[kept.key] = kept.reply
            self.usage.add(kept)


def _kept(line: str, where: str) -> KeptReply | None:
    """The reply of a line; None for one that was cut off; InputError for one of other files."""
    text = line.rstrip("\n")
    if not (text.startswith(_HEAD) or _HEAD.startswith(text)):
        raise InputError(f"{where}: no line of a cache of replies ({KeptReply.FORMAT})")
    try:
        fields = json.loads(text)
        del fields["format"]
        return KeptReply(**fields | {"reply": Reply(**fields["reply"])})
    except (KeyError, TypeError, ValueError):
        return None
