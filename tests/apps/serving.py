"""A web app on a free port of this machine, in a thread, for as long as a test asks it."""

import contextlib
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import uvicorn

from tldr_reward.cli.serving import GRACE, bound


@contextlib.contextmanager
def served(app) -> Iterator[str]:
    """The app's address, `http://127.0.0.1:<port>`."""
    taken = bound(0)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def ask(address: str, body: dict | bytes | None = None, **headers: str) -> tuple[int, dict]:
    """Status and JSON of an answer; with a body it is a POST of JSON."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data, kind | headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, json.loads(text) if text.startswith("{") else {"text": text}


def raw_get(address: str, path: str) -> tuple[int, bytes]:
    """Status and bytes at a path that is sent as it stands, dots and all."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
