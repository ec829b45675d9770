"""Answers of an annotation study in one SQLite file: every action is kept before it is answered."""

import contextlib
import dataclasses
import re
import secrets
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tldr_reward.annotations import AnnotationRow
from tldr_reward.apps.study import Step, StudyItem
from tldr_reward.errors import InputError

_FORMAT = "answers/1"
_NAME = re.compile(r"\w[\w .'-]{0,39}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS annotators (
    name TEXT PRIMARY KEY, place INTEGER NOT NULL UNIQUE, entered REAL NOT NULL,
    session TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS tasks (
    annotator TEXT NOT NULL REFERENCES annotators (name), position INTEGER NOT NULL,
    block INTEGER NOT NULL, item TEXT NOT NULL, guidance TEXT NOT NULL, practice INTEGER NOT NULL,
    opened REAL, seconds REAL NOT NULL DEFAULT 0, text TEXT, done REAL,
    PRIMARY KEY (annotator, position)
);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, annotator TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL,
    seconds REAL NOT NULL, text TEXT, at REAL NOT NULL, received REAL NOT NULL
);
"""
KINDS = ("open", "edit", "pause", "resume", "tick", "done")


class StaleSessionError(InputError):
    """The annotator has gone on in another window."""


class UnknownNameError(InputError):
    """Nobody of that name has begun."""


@dataclasses.dataclass(frozen=True)
class Event:
    """One action at the caption at `position`: its text then, and the seconds worked on it so far.

    `id` is the sender's own, so that what is sent twice is kept once; `at` is the sender's time.
    """

    id: str
    position: int
    kind: str
    seconds: float
    text: str
    at: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"event kind {self.kind!r}; allowed: {', '.join(KINDS)}")
        if not 0 <= self.seconds < 1e7:
            raise InputError(f"event seconds {self.seconds}; from 0 to 1e7 are allowed")
        if not 0 < len(self.id) <= 64:
            raise InputError("an event id of 1 to 64 characters is needed")
        if self.kind == "done" and not self.text.strip():
            raise InputError("the caption is empty; a text is needed")


@dataclasses.dataclass(frozen=True)
class Task:
    """A caption that an annotator works on; `text` is None before the first action."""

    position: int
    block: int
    item: str
    guidance: str
    practice: bool
    seconds: float
    text: str | None


def annotator_name(text: str) -> str:
    """A name as it is kept; InputError for one that a log cannot hold."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not _NAME.fullmatch(name) or name == "average":
        raise InputError(
            "a name begins with a letter or digit and has at most 40 letters, digits, spaces, "
            "dots, hyphens or apostrophes; 'average' is taken"
        )
    return name


class Store:
    """The SQLite file of a study; safe to use from several threads and processes."""

    def __init__(self, path: Path, study: str) -> None:
        """Open or make the file of the study with the digest `study`; another's is refused."""
        self._lock = threading.Lock()
        try:
            self._file = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=FULL")  # kept means on the disk
            self._file.executescript(_SCHEMA)
            about = {"format": _FORMAT, "study": study}
            for pair in about.items():
                self._file.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", pair)
            found = dict(self._file.execute("SELECT name, value FROM about"))
        except sqlite3.Error as error:
            raise InputError(f"no file of answers: {path} ({error})") from None
        for name, value in about.items():
            if found.get(name) != value:
                raise InputError(
                    f"{path} holds answers to another {name}: {found.get(name, '')[:12]!r}, not "
                    f"{value[:12]!r}; name another file with --answers"
                )

    def close(self) -> None:
        """Close the file; what was kept stays."""
        with self._lock:
            self._file.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which no other writer gets between."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def enter(self, name: str, begin: bool, way: Callable[[int], Sequence[Step]]) -> str:
        """A new session of an annotator, who then goes on there and nowhere else.

        With `begin` a new name gets the next place and its `way`; else it is UnknownNameError.
        """
        session = secrets.token_urlsafe(16)
        with self._writing() as file:
            if file.execute("SELECT 1 FROM annotators WHERE name = ?", [name]).fetchone():
                file.execute("UPDATE annotators SET session = ? WHERE name = ?", [session, name])
                return session
            if not begin:
                raise UnknownNameError(f"nobody has begun here under the name {name!r}")
            place = file.execute("SELECT count(*) FROM annotators").fetchone()[0]
            file.execute(
                "INSERT INTO annotators VALUES (?, ?, ?, ?)", [name, place, time.time(), session]
            )
            file.executemany(
                "INSERT INTO tasks (annotator, position, block, item, guidance, practice) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (name, position, step.block, step.item, step.guidance, step.practice)
                    for position, step in enumerate(way(place))
                ],
            )
        return session

    def annotator(self, session: str) -> str:
        """Whose session it is; StaleSessionError once another has taken over."""
        with self._lock:
            return _owner(self._file, session)

    def keep(self, session: str, events: Sequence[Event]) -> None:
        """Keep events, in order. What is already kept, or comes after the end, changes nothing.

        All or none is kept; InputError for an event of a caption that the annotator has not.
        """
        now = time.time()
        with self._writing() as file:
            name = _owner(file, session)
            for event in events:
                values = [event.id, name, *dataclasses.astuple(event)[1:], now]
                new = "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                if file.execute(new, values).rowcount:
                    _apply(file, name, event)

    def task(self, annotator: str) -> Task | None:
        """The first caption that is not done; None at the end."""
        with self._lock:
            row = self._file.execute(
                "SELECT position, block, item, guidance, practice, seconds, text FROM tasks "
                "WHERE annotator = ? AND done IS NULL ORDER BY position LIMIT 1",
                [annotator],
            ).fetchone()
        return Task(*row[:4], bool(row[4]), *row[5:]) if row else None

    def counts(self, annotator: str) -> tuple[int, int]:
        """Captions done, and all that the annotator has."""
        with self._lock:
            return self._file.execute(
                "SELECT count(done), count(*) FROM tasks WHERE annotator = ?", [annotator]
            ).fetchone()

    def has_item(self, annotator: str, position: int) -> str:
        """The item of the annotator's caption at a position; InputError if there is none."""
        with self._lock:
            row = self._file.execute(
                "SELECT item FROM tasks WHERE annotator = ? AND position = ?", [annotator, position]
            ).fetchone()
        if row is None:
            raise InputError(f"no caption at position {position}")
        return row[0]

    def rows(self, items: Sequence[StudyItem]) -> list[AnnotationRow]:
        """The log that table 7 is made from: what is done, without practice, pauses cut out."""
        texts = {item.item: item.text for item in items}
        with self._lock:
            found = self._file.execute(
                "SELECT annotator, item, guidance, opened, seconds, text FROM tasks JOIN annotators"
                " ON name = annotator WHERE done IS NOT NULL AND NOT practice "
                "ORDER BY place, position"
            ).fetchall()
        rows = []
        for name, item, guidance, opened, seconds, text in found:
            times = round(opened, 3), round(opened + seconds, 3)
            rows.append(AnnotationRow(name, item, guidance, *times, texts[item], text))
        return rows


def _owner(file: sqlite3.Connection, session: str) -> str:
    row = file.execute("SELECT name FROM annotators WHERE session = ?", [session]).fetchone()
    if row is None:
        raise StaleSessionError("this window is no longer in use: the same name went on in another")
    return row[0]


def _apply(file: sqlite3.Connection, name: str, event: Event) -> None:
    """Bring a task to the state in which an event found it, unless a later one has been there."""
    where = [name, event.position]
    task = file.execute(
        "SELECT seconds, done FROM tasks WHERE annotator = ? AND position = ?", where
    ).fetchone()
    if task is None:
        raise InputError(f"no caption at position {event.position}")
    seconds, done = task
    if done is not None or event.seconds < seconds:
        return
    file.execute(
        "UPDATE tasks SET opened = coalesce(opened, ?), seconds = ?, text = ? "
        "WHERE annotator = ? AND position = ?",
        [event.at, event.seconds, event.text, *where],
    )
    if event.kind == "done":
        file.execute(
            "UPDATE tasks SET done = ?, text = ?, seconds = max(seconds, 0.001) "
            "WHERE annotator = ? AND position = ?",
            [event.at, event.text.strip(), *where],
        )
