"""The demo as a web app, and its HTTP API: pictures and captions in, scores out (version 1)."""

import asyncio
import base64
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import gradio as gr
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from PIL import Image

from tldr_reward.apps.demo_page import MOST_SCORES, STYLE, Ask, Example, demo_page
from tldr_reward.apps.local import failure, local_app
from tldr_reward.apps.shown import RESAMPLES
from tldr_reward.apps.turns import BusyError, Turns, Work
from tldr_reward.apps.uploads import FORMATS, MOST_BYTES, MOST_PIXELS, decoded
from tldr_reward.detective.cards import Card
from tldr_reward.detective.rates import rates_of
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError

API_VERSION = "1"
MOST_CHARACTERS = 4_000
_BODY = 15_000_000  # bytes: the largest image as base64, and room for the rest
_WAITING, _TOGETHER = 256, 16
# Gradio's page has scripts and styles of its own within it; nothing is loaded from elsewhere.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'self'"
)


class Scorer(Protocol):
    """What the demo needs of a detective."""

    card: Card
    calibrated: bool

    def score_many(self, pairs: Iterable, *, keep_errors: bool) -> Iterator: ...


# Captions of images by the backbone, and whether each ran into the limit of new tokens.
Describe = Callable[[Sequence[Image.Image]], Sequence[tuple[str, bool]]]


@dataclasses.dataclass(frozen=True)
class ScoreRequest:
    """A caption, and what it describes: either `image`, a file in base64, or an `example`'s id."""

    caption: str
    image: str | None = None
    example: str | None = None
    prompt: str | None = None
    threshold: float = 0.5


@dataclasses.dataclass(frozen=True)
class CaptionRequest:
    """A picture to describe: either `image`, a file in base64, or an `example`'s id."""

    image: str | None = None
    example: str | None = None


@dataclasses.dataclass(frozen=True)
class RatesRequest:
    """Scores as /v1/score gave them, and the threshold at which they count."""

    scores: list[dict]
    threshold: float = 0.5


def demo_app(
    detective: Scorer, examples: Sequence[Example], describe: Describe | None, version: str
) -> FastAPI:
    """The demo of one reward model; `describe` writes captions, None where nothing can."""
    turns = Turns(_work(detective, describe), _WAITING, _TOGETHER)
    app = local_app("TLDR", version, (), _BODY, _serving(turns), _PAGE_POLICY)
    offered = {example.id: example for example in examples}

    @app.exception_handler(BusyError)
    def busy(_: object, error: BusyError) -> JSONResponse:
        answer = failure(503, "busy", str(error))
        answer.headers["Retry-After"] = "2"
        return answer

    @app.get("/v1/model")
    def model() -> dict[str, Any]:
        """The reward model, what it knows, what is allowed, and the examples."""
        return _about(detective, offered, describe is not None)

    @app.get("/v1/examples/{name}", response_class=Response)
    def example(name: str) -> Response:
        """An example's picture, a PNG file."""
        return Response(_example(offered, name).png, media_type="image/png")

    @app.post("/v1/score")
    async def score(request: ScoreRequest) -> dict[str, Any]:
        """P(good) of every token of a caption, and what follows from it at a threshold."""
        _check_text("caption", request.caption)
        if request.prompt is not None:
            _check_text("prompt", request.prompt)
        _check_threshold(request.threshold)
        image = await _picture(request, offered)
        found = await turns.ask("score", (image, request.caption, request.prompt))
        score = found.at(request.threshold)
        return {"api_version": API_VERSION, "model": detective.card.run, "score": score.as_dict()}

    @app.post("/v1/caption")
    async def caption(request: CaptionRequest) -> dict[str, Any]:
        """What the model's backbone says of a picture, without what it learned as a detector."""
        if describe is None:
            raise InputError("this model's backbone writes no captions")
        text, truncated = await turns.ask("caption", await _picture(request, offered))
        return {"api_version": API_VERSION, "caption": text, "truncated": truncated}

    @app.post("/v1/rates")
    def rates(request: RatesRequest) -> dict[str, Any]:
        """Hallucination rates of scored captions (eq. 7) with 95% intervals; no model is asked."""
        _check_threshold(request.threshold)
        if len(request.scores) > MOST_SCORES:
            raise InputError(f"{len(request.scores)} scores; at most {MOST_SCORES} are allowed")
        scores = [CaptionScore.from_dict(fields) for fields in request.scores]
        found = rates_of(scores, request.threshold, RESAMPLES)
        levels = {level: dataclasses.asdict(rate) for level, rate in found.items()}
        return {"api_version": API_VERSION, "threshold": request.threshold, "rates": levels}

    page = demo_page(detective.card, detective.calibrated, examples, _ask(turns, describe))
    # Behind the routes above: the page takes every path that is left.
    return gr.mount_gradio_app(
        app,
        page,
        "/",
        max_file_size=MOST_BYTES,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        css=STYLE,
        theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
    )


def _ask(turns: Turns, describe: Describe | None) -> Ask:
    async def score(image: Image.Image, caption: str) -> CaptionScore:
        _check_text("caption", caption)
        return await turns.ask("score", (image, caption, None))

    async def caption(image: Image.Image) -> tuple[str, bool]:
        return await turns.ask("caption", image)

    return Ask(score, caption if describe else None)


def _work(detective: Scorer, describe: Describe | None) -> dict[str, Work]:
    return {
        "score": lambda jobs: list(detective.score_many(jobs, keep_errors=True)),
        "caption": lambda images: describe(images) if describe else [],
    }


def _serving(turns: Turns) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(turns.run())
        yield
        running.cancel()

    return lifespan


def _about(detective: Scorer, offered: Mapping[str, Example], describes: bool) -> dict[str, Any]:
    card = detective.card
    return {
        "api_version": API_VERSION,
        "model": card.run,
        "level": card.level,
        "prompt": card.prompt,
        "known_world": card.known_world,
        "calibrated": detective.calibrated,
        "writes_captions": describes,
        "limits": {
            "bytes": MOST_BYTES,
            "pixels": MOST_PIXELS,
            "characters": MOST_CHARACTERS,
            "formats": FORMATS,
        },
        "examples": [
            {
                "id": example.id,
                "captions": [{"label": label, "text": text} for label, text in example.captions],
            }
            for example in offered.values()
        ],
    }


async def _picture(
    request: ScoreRequest | CaptionRequest, offered: Mapping[str, Example]
) -> Image.Image:
    if (request.image is None) == (request.example is None):
        raise InputError("either image or example is needed, and not both")
    if request.image is not None:
        return await run_in_threadpool(decoded, request.image)
    png = _example(offered, str(request.example)).png
    return await run_in_threadpool(decoded, base64.b64encode(png).decode())


def _example(offered: Mapping[str, Example], name: str) -> Example:
    if name not in offered:
        raise InputError(f"no example {name[:60]!r}; there are {', '.join(offered) or 'none'}")
    return offered[name]


def _check_text(what: str, text: str) -> None:
    if not text.strip():
        raise InputError(f"the {what} is empty; a word is needed")
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"the {what} has {len(text):,} characters; at most {MOST_CHARACTERS:,} are allowed"
        )


def _check_threshold(threshold: float) -> None:
    if not 0 <= threshold <= 1:
        raise InputError(f"threshold {threshold}; allowed: from 0 to 1")
