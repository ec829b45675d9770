"""What crosses rooms: JSON-lines records as frozen dataclasses, and files that appear whole."""

import contextlib
import csv
import dataclasses
import functools
import json
import os
import shutil
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tldr_reward.errors import InputError

Span = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class ImageRecord:
    """One image of a split; `path` is relative to the folder of the record file."""

    FORMAT: typing.ClassVar[str] = "image/1"
    image_id: str
    path: str
    source: str
    split: str


@dataclasses.dataclass(frozen=True)
class CaptionRecord:
    """One response to one prompt about one image (an instance of section 3 of the paper).

    `bad_spans` are half-open character spans of `text` that are wrong about the image:
    None means unlabelled, () means labelled and without errors.
    """

    FORMAT: typing.ClassVar[str] = "caption/1"
    caption_id: str
    image_id: str
    prompt: str
    text: str
    task: str
    origin: str
    taxonomy: str | None = None
    parent_id: str | None = None
    bad_spans: tuple[Span, ...] | None = None

    def __post_init__(self) -> None:
        _check_choice("caption_id", self.caption_id, "task", self.task, ("caption", "vqa"))
        origins = ("original", "perturbed", "generated")
        _check_choice("caption_id", self.caption_id, "origin", self.origin, origins)
        if not self.text.strip():
            raise InputError(f"caption {self.caption_id!r} has an empty text; a word is needed")
        spans = self.bad_spans
        if spans is None:
            return
        object.__setattr__(self, "bad_spans", tuple((int(a), int(b)) for a, b in spans))
        for start, end in self.bad_spans:
            if not 0 <= start < end <= len(self.text):
                raise InputError(
                    f"caption {self.caption_id!r} has the bad span [{start}, {end}), "
                    f"outside its text of {len(self.text)} characters"
                )


@dataclasses.dataclass(frozen=True)
class ScoreRecord:
    """P(good) of every response token of one caption by one run (eq. 6); carries no labels.

    `offsets` are the tokens' character spans, `p_good` one probability for each. A
    response-level model (the naive one) judges the last token alone: `offsets` and `p_good`
    then have length 1.
    """

    FORMAT: typing.ClassVar[str] = "score/1"
    caption_id: str
    run: str
    offsets: tuple[Span, ...]
    p_good: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "offsets", tuple((int(a), int(b)) for a, b in self.offsets))
        object.__setattr__(self, "p_good", tuple(float(p) for p in self.p_good))
        if len(self.offsets) != len(self.p_good) or not self.p_good:
            raise InputError(
                f"score of caption {self.caption_id!r} has {len(self.offsets)} offsets and "
                f"{len(self.p_good)} probabilities; as many are needed, at least one"
            )


@dataclasses.dataclass(frozen=True)
class CellLabels:
    """Class indices of one attribute set over an image's cells, for pre-training a vision tower.

    `labels` maps an attribute to one class index a cell (row by row); 0 means "none here".
    `classes` maps the same attributes to their number of classes.
    """

    FORMAT: typing.ClassVar[str] = "cells/1"
    image_id: str
    labels: dict[str, list[int]]
    classes: dict[str, int]


@dataclasses.dataclass(frozen=True)
class BenchmarkItem:
    """One question of a benchmark about one image; `path` is relative to the folder of its file.

    `options` are what a model is to say, `choices` what each of them means (the same where a
    choice itself is to be said); `answer` is the right option.
    """

    FORMAT: typing.ClassVar[str] = "benchmark-item/1"
    item_id: str
    benchmark: str
    path: str
    prompt: str
    options: tuple[str, ...]
    choices: tuple[str, ...]
    answer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "choices", tuple(self.choices))
        _check_choice("item_id", self.item_id, "answer", self.answer, self.options)
        if len(self.options) != len(self.choices):
            raise InputError(
                f"item {self.item_id!r} has {len(self.options)} options and {len(self.choices)} "
                "choices; as many are needed"
            )


@dataclasses.dataclass(frozen=True)
class ModelResponse:
    """What a model said to one request; `text` may be empty.

    `item_id` is an image's id (its caption) or a question's. `truncated`: cut at the limit of
    new tokens.
    """

    FORMAT: typing.ClassVar[str] = "response/1"
    item_id: str
    text: str
    truncated: bool = False

    def __post_init__(self) -> None:
        for field, kind in (("item_id", str), ("text", str), ("truncated", bool)):
            if not isinstance(getattr(self, field), kind):
                raise InputError(f"response {self.item_id!r}: {field} is no {kind.__name__}")


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What an oracle says of a generated caption: spans that it could judge, wrong ones in them.

    `sentences` counts the caption's sentences; outside `judged_spans` nothing is known.
    """

    FORMAT: typing.ClassVar[str] = "judgement/1"
    caption_id: str
    sentences: int
    judged_spans: tuple[Span, ...]
    bad_spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        for field in ("judged_spans", "bad_spans"):
            spans = tuple((int(a), int(b)) for a, b in getattr(self, field))
            object.__setattr__(self, field, spans)


@dataclasses.dataclass(frozen=True)
class AnswerVerdict:
    """Whether a response to a question could be read as an answer, and whether that is right."""

    FORMAT: typing.ClassVar[str] = "answer/1"
    item_id: str
    image_id: str
    question_set: str
    parsed: bool
    correct: bool


@dataclasses.dataclass(frozen=True)
class Metric:
    """One measured number with its 95% interval: a row of every metrics CSV."""

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    split: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclasses.dataclass(frozen=True)
class CollectedRow:
    """How many responses one item set got, of which empty or truncated; a row of summary CSVs.

    `prompt` is empty for questions, which have prompts of their own.
    """

    model: str
    item_set: str
    prompt: str
    max_new_tokens: int
    responses: int
    empty: int
    truncated: int


@dataclasses.dataclass(frozen=True)
class HistoryRow:
    """One training step: a row of every history CSV.

    `loss` is a mean over the tokens that it judges, or of such means where a step has several.
    """

    step: int
    loss: float
    tokens_per_second: float
    learning_rate: float


def _check_choice(key: str, who: str, field: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"{key} {who!r} has {field} {value!r}; allowed: {', '.join(allowed)}")


@contextlib.contextmanager
def writing(path: Path | str, mode: str = "w") -> Iterator[typing.IO]:
    """Open `path` for writing so that it appears whole or not at all (temporary name, rename)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    encoding = None if "b" in mode else "utf-8"
    newline = None if "b" in mode else ""
    try:
        with open(temporary, mode, encoding=encoding, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[typing.IO[str]]:
    """Open text for reading, line ends as they are; InputError for no file, or one not in UTF-8."""
    if not Path(path).is_file():
        raise InputError(f"no such file: {path}")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8; save it as that") from None


@contextlib.contextmanager
def writing_folder(path: Path | str, pattern: str) -> Iterator[Path]:
    """Yield an empty folder to fill, which takes the name `path` once it is whole.

    A folder of that name is replaced, unless it holds a visible file that does not match the
    glob `pattern`: InputError then, since it is not ours to replace.
    """
    path = Path(path)
    held = list(path.iterdir()) if path.is_dir() else []
    other = [f.name for f in held if not f.match(pattern) and not f.name.startswith(".")]
    if other:
        raise InputError(
            f"folder {path} holds {min(other)!r}; it would be replaced, so it may hold "
            f"nothing but {pattern}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def write_records(path: Path | str, records: Iterable) -> int:
    """Write dataclass records with a FORMAT as JSON lines; returns how many."""
    count = 0
    with writing(path) as file:
        for record in records:
            fields = {"format": record.FORMAT} | _fields(record)
            # What a record holds is copied nowhere (dataclasses.asdict): half of the time.
            text = json.dumps(fields, default=_fields, ensure_ascii=False, separators=(",", ":"))
            file.write(text + "\n")
            count += 1
    return count


def _fields(record) -> dict:
    return {name: getattr(record, name) for name in _names(type(record))}


def read_records(path: Path | str, kind: type) -> list:
    """Read JSON lines of one record kind; raises InputError with the file and line of bad ones."""
    with reading(path) as file:
        return [
            _record(line, kind, f"{path}:{number}")
            for number, line in enumerate(file, start=1)
            if line.strip()
        ]


@functools.cache
def _names(kind: type) -> dict[str, None]:
    """Names of a record's fields, in order."""
    return dict.fromkeys(field.name for field in dataclasses.fields(kind))


def _record(line: str, kind: type, where: str):
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not a JSON record ({error.msg})") from None
    if not isinstance(fields, dict):
        raise InputError(f"{where}: a JSON object is needed, not {type(fields).__name__}")
    found = fields.pop("format", None)
    if found != kind.FORMAT:
        raise InputError(f"{where}: format {found!r}; this version reads {kind.FORMAT!r}")
    names = _names(kind)
    if unknown := fields.keys() - names.keys():
        raise InputError(f"{where}: unknown field {sorted(unknown)[0]!r}; has {sorted(names)}")
    try:
        return kind(**fields)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {error}") from None


def write_rows(path: Path | str, rows: Sequence, kind: type) -> None:
    """Write dataclass rows as CSV with the dataclass's fields as the header."""
    names = [field.name for field in dataclasses.fields(kind)]
    with writing(path) as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)


def read_rows(path: Path | str, kind: type) -> list:
    """Read CSV rows of one dataclass kind, numbers converted by the fields' types."""
    fields = {field.name: field.type for field in dataclasses.fields(kind)}
    with reading(path) as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != list(fields):
            raise InputError(f"{path}: columns {reader.fieldnames}; needed: {list(fields)}")
        return [_row(row, fields, kind, f"{path}:{reader.line_num}") for row in reader]


def _row(row: dict, fields: dict[str, type], kind: type, where: str):
    if None in row or None in row.values():
        raise InputError(f"{where}: {len(fields)} cells are needed, one a column")
    try:
        return kind(**{name: fields[name](row[name]) for name in fields})
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
