"""A web server on this machine that behaves as badly as a test wants."""

import contextlib
import dataclasses
import http.server
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request: its number, path and headers."""

    number: int
    path: str
    headers: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Reply:
    """A response; of its body only `sent` bytes come, with `drip` seconds behind every `piece`."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    sent: int | None = None
    drip: float = 0.0
    piece: int = 1


@dataclasses.dataclass(frozen=True)
class Served:
    """Where the server is, and what it was asked so far."""

    address: str
    asked: list[Asked]

    @property
    def ranges(self) -> list[str | None]:
        return [asked.headers.get("Range") for asked in self.asked]


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[Served]:
    """A server whose replies are those of `answer`, HEAD requests without the body."""
    served: list[Asked] = []
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                asked = Asked(len(served), self.path, dict(self.headers))
                served.append(asked)
            reply = answer(asked)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            body = b"" if self.command == "HEAD" else reply.body[: reply.sent]
            with contextlib.suppress(ConnectionError):
                step = reply.piece if reply.drip else len(body) or 1
                for start in range(0, len(body), step):
                    self.wfile.write(body[start : start + step])
                    self.wfile.flush()
                    time.sleep(reply.drip)
            if len(body) < len(reply.body):
                self.close_connection = True

        do_HEAD = do_GET

        def log_message(self, *parts) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request, client_address) -> None:
            """A client that was killed or gave up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", served)
    finally:
        server.shutdown()
        server.server_close()


def ranged(asked: Asked, data: bytes, tag: str = '"v1"', sent: int | None = None) -> Reply:
    """What a good server says of a file: the range that is asked for, if it is of this version."""
    match = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
    headers = {"ETag": tag} if tag else {}
    if not match or asked.headers.get("If-Range", tag) != tag:
        return Reply(200, data, headers, sent)
    start = int(match[1])
    if start >= len(data):
        return Reply(416, b"", {"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return Reply(206, data[start:], headers, sent)
