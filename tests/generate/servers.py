"""Real HTTP servers on this machine for the tests of endpoints."""

import contextlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

# What a chat becomes for a processor: images where they stand, then the words.
TEMPLATE = (
    "{% for message in messages %}{% for part in message.content %}"
    "{% if part.type == 'image' %}IMAGE{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endfor %}"
)
_BEGUN_WITHIN = 120.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def transformers_serve(backbone: Path, folder: Path, image_token: str) -> Iterator[str]:
    """`transformers serve` of a copy of a backbone with a chat template; its address."""
    served = folder / "served"
    shutil.copytree(backbone, served)
    template = TEMPLATE.replace("IMAGE", image_token)
    (served / "chat_template.jinja").write_text(template)
    port = free_port()
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(served)]
    command += ["--device", "cpu", "--dtype", "float32", "--port", str(port)]
    with open(folder / "serve.log", "w") as log:
        # The server has a home of its own: it lists what a user's cache holds.
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            _wait(process, f"http://127.0.0.1:{port}/health", folder / "serve.log")
            yield f"http://127.0.0.1:{port}/v1#{served}"
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen, address: str, log: Path) -> None:
    end = time.monotonic() + _BEGUN_WITHIN
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(address, timeout=5)
            return
        time.sleep(0.3)
    raise RuntimeError(f"transformers serve did not begin:\n{log.read_text()}")


@contextlib.contextmanager
def scripted(answer: Callable[[int, dict, dict], tuple]) -> Iterator[str]:
    """A server whose reply number n to a request (body, headers) is `answer`'s.

    An answer is a status, a text and, if need be, headers; with status 0 the connection is
    closed and nothing is said.
    """
    count = iter(range(10**6))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, text, *more = answer(next(count), body, dict(self.headers))
            if not status:
                return
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **dict(*more)}.items():
                self.send_header(name, value)
            with contextlib.suppress(ConnectionError):  # who asked may have given up
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *parts) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Looks every 20 ms whether it is to end, not every half second.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1#some-model"
    finally:
        server.shutdown()
        server.server_close()


def completion(text: str | None, reason: str = "stop") -> str:
    """A chat completion's reply."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "some-model",
         "system_fingerprint": "", "choices": [choice], "usage": usage}
    )  # fmt: skip
