"""What both web apps share: answers for this machine alone, bounded bodies, errors of one form."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import FileResponse, JSONResponse, Response

from tldr_reward.errors import InputError

HOST = "127.0.0.1"
_PAGES = Path(__file__).parent / "pages"
# Nothing from elsewhere is loaded or run, whatever a caption says.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_DRAINED = 8  # limits' worth of a body that is read to its end before it is refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyLimit:
    """ASGI middleware: a body of more than `limit` bytes is answered with status 413.

    What is too large is read and dropped, so that the sender gets to read the answer.
    """

    def __init__(self, app: Callable, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, if that is not too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        parts, size, more = [], 0, True
        while more and size <= _DRAINED * self.limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            if size <= self.limit:
                parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        if size > self.limit:
            text = f"the request has more than {self.limit:,} bytes, which are allowed"
            await failure(413, "too_large", text)(scope, receive, send)
            return
        whole = iter([{"type": "http.request", "body": b"".join(parts), "more_body": False}])

        async def replayed() -> Message:
            found = next(whole, None)
            return await receive() if found is None else found

        await self.app(scope, replayed, send)


def local_app(
    title: str,
    version: str,
    pages: tuple[str, ...],
    body_limit: int,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager] | None = None,
    content_policy: str = _POLICY,
) -> FastAPI:
    """An app with a page at `/` and its parts, for browsers and programs of this machine.

    `lifespan` is what runs while the app does, `content_policy` what its pages may load. Requests
    under another host's name, or from another site's page, are refused.
    """
    # The pages that show an API load their code from elsewhere: the document alone is served.
    app = FastAPI(
        title=title,
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
    )

    @app.middleware("http")
    async def guarded(request: Request, call_next: Callable) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and origin != f"http://{request.headers.get('host')}":
            answer: Response = failure(403, "other_site", f"requests from {origin!r} are refused")
        else:
            answer = await call_next(request)
        answer.headers.update(_HEADERS | {"Content-Security-Policy": content_policy})
        return answer

    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    app.add_middleware(BodyLimit, limit=body_limit)
    app.add_exception_handler(InputError, lambda _, error: failure(400, "bad_input", str(error)))
    app.add_exception_handler(HTTPException, _http_failure)
    app.add_exception_handler(404, lambda request, _: _not_found(request))
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _bug)
    for name in pages:
        path = _PAGES / name
        app.add_api_route(
            "/" if path.suffix == ".html" else f"/{name}",
            _page(path),
            include_in_schema=False,
            methods=["GET"],
        )
    return app


def failure(status: int, code: str, message: str) -> JSONResponse:
    """An error as every route answers it: a code for programs, a sentence for people."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)


def _page(path: Path) -> Callable[[], FileResponse]:
    return lambda: FileResponse(path, media_type=_TYPES[path.suffix])


def _bug(*_) -> JSONResponse:
    return failure(500, "bug", "this should not have happened; the server's output says what did")


def _not_found(request: Request) -> JSONResponse:
    return failure(404, "not_found", f"nothing is at {request.url.path!r}")


def _http_failure(_: Request, error: HTTPException) -> JSONResponse:
    return failure(error.status_code, "refused", str(error.detail))


def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
    """The first thing that is wrong with a body, without a copy of it."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return failure(422, "malformed", f"{where}: {first['msg']}"[:300])
