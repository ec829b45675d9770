"""The annotation study as a web app: one page, a way through captions, every action kept."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse

from tldr_reward.apps.local import failure, local_app
from tldr_reward.apps.store import (
    Event,
    StaleSessionError,
    Store,
    Task,
    UnknownNameError,
    annotator_name,
)
from tldr_reward.apps.study import Study, StudyItem, digest, steps

_BODY = 8_000_000  # bytes of a request: a hundred actions with their texts
_TEXT = 20_000  # characters of a caption


@dataclasses.dataclass(frozen=True)
class Entry:
    """Who wants to begin (`begin`) or go on."""

    name: str
    begin: bool = False


@dataclasses.dataclass(frozen=True)
class Sent:
    """One action, as the page sends it (see `Event`)."""

    id: str
    position: int
    kind: str
    seconds: float
    text: str
    at: float


@dataclasses.dataclass(frozen=True)
class Report:
    """Actions of a session, in order."""

    session: str
    events: list[Sent]


def annotation_app(
    study: Study, items: Sequence[StudyItem], folder: Path, store: Store, version: str
) -> FastAPI:
    """The app of one study; `folder` holds its images, `store` the answers."""
    pages = (
        "annotate.html",
        "annotate.css",
        "common.css",
        "annotate.js",
        "caption_editor.js",
        "outbox.js",
        "work_clock.js",
    )
    app = local_app("TLDR annotation study", version, pages, _BODY)
    by_item = {item.item: item for item in items}

    @app.exception_handler(StaleSessionError)
    def stale(_: object, error: StaleSessionError) -> JSONResponse:
        return failure(409, "other_window", str(error))

    @app.exception_handler(UnknownNameError)
    def unknown(_: object, error: UnknownNameError) -> JSONResponse:
        return failure(404, "unknown_name", str(error))

    @app.get("/api/study")
    def about() -> dict[str, Any]:
        """What a study asks of people, before they enter; `id` tells it from others."""
        return {
            "id": digest(study, items)[:16],
            "title": study.title,
            "guidances": study.guidances,
            "idle_seconds": study.idle_seconds,
            "captions": len(items),
        }

    @app.post("/api/enter")
    def enter(entry: Entry) -> dict[str, Any]:
        """A session under a name; another window of that name is then no longer answered."""
        name = annotator_name(entry.name)
        session = store.enter(name, entry.begin, partial(steps, study, items))
        return {"name": name, "session": session} | _state(study, store, by_item, name)

    @app.post("/api/events")
    def events(report: Report) -> dict[str, Any]:
        """Keep actions, then say where the annotator is. Answered when they are on the disk."""
        name = store.annotator(report.session)
        kept = [
            Event(**dataclasses.asdict(sent) | {"text": sent.text[:_TEXT]})
            for sent in report.events
        ]
        store.keep(report.session, kept)
        return _state(study, store, by_item, name)

    @app.get("/api/image/{position}")
    def image(position: int, session: str) -> FileResponse:
        """The picture of the session's caption at a position. Names of files are not told."""
        item = store.has_item(store.annotator(session), position)
        return FileResponse(folder / by_item[item].image)

    return app


def _state(study: Study, store: Store, items: dict[str, StudyItem], name: str) -> dict[str, Any]:
    """Where an annotator is; nothing of an item beyond what its guidance shows."""
    done, total = store.counts(name)
    task = store.task(name)
    shown = None if task is None else _shown(task, items[task.item])
    return {"done": done, "total": total, "blocks": len(study.guidances), "task": shown}


def _shown(task: Task, item: StudyItem) -> dict[str, Any]:
    shown = {
        "position": task.position,
        "block": task.block,
        "guidance": task.guidance,
        "practice": task.practice,
        "seconds": task.seconds,
        "before": item.text,
        "text": item.text if task.text is None else task.text,
        "begun": task.text is not None,
    }
    if task.guidance == "binary":
        shown["called_good"] = item.called_good
    if task.guidance == "token":
        shown["flagged"] = item.flagged
    return shown
