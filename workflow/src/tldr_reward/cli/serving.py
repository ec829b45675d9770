"""A web app on this machine alone, until it is interrupted."""

import importlib.util
import socket
from typing import Any

import click

from tldr_reward.errors import InputError

HOST = "127.0.0.1"
GRACE = 2  # seconds for answers that are under way at the end; an open page never ends its own


def check_installed(*libraries: str) -> None:
    """InputError where the libraries of an app are missing: a light installation has none."""
    for library in ("fastapi", "uvicorn", *libraries):
        if importlib.util.find_spec(library) is None:
            raise InputError(f"{library} is not installed; pip install 'tldr-reward[apps]' adds it")


def bound(port: int) -> socket.socket:
    """A socket of this machine alone; 0 takes any free port. InputError for one in use."""
    taken = socket.socket()
    # A server that was killed leaves connections that linger; its port is free all the same.
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
    except OSError as error:
        taken.close()
        raise InputError(f"--port {port}: {error.strerror}; another is needed, or 0") from None
    return taken


def serve(app: Any, taken: socket.socket, what: str) -> None:
    """Say where the app is, and answer until Ctrl-C."""
    import uvicorn

    port = taken.getsockname()[1]
    click.echo(f"{what}: http://{HOST}:{port}/  (Ctrl-C ends it)")
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=GRACE
    )
    uvicorn.Server(config).run(sockets=[taken])
