"""A server that forks commands from one process, which has loaded their libraries already.

Loading torch and transformers takes seconds of a processor, and of many a job that is most of what
it takes. Whoever starts the server may run `tldr_reward.cli.forked` for `tldr_reward`.
"""

import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tldr_reward.cli.forked import SERVER

# Beside these, every module of the package is loaded before the first fork.
_NOT_LOADED = ("apps", "bench", "benchmarks", "__main__")


@functools.cache  # kept: its input would close with what holds it
def start_server() -> subprocess.Popen:
    """Start a server for the commands that this process starts; it ends when this process does.

    Commands that start before it has loaded the libraries load what they need themselves.
    """
    path = Path(tempfile.mkdtemp(prefix="tldr-reward-"), "socket")
    command = [sys.executable, "-P", "-m", __name__, str(path)]
    # The pipe that is its input closes however this process ends; Ctrl-C is not for it.
    server = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    os.environ[SERVER] = str(path)
    count_forks(path.parent)
    return server


def count_forks(folder: Path) -> None:
    """Have psutil list a fork among the processes below its caller, here in this process.

    Snakemake measures what a job takes through psutil, by the processes that stem from the job's; a
    fork stems from the server. The server's folder names each caller's fork.
    """
    import psutil

    children = psutil.Process.children

    def with_forks(process: psutil.Process, recursive: bool = False) -> list[psutil.Process]:
        found = children(process, recursive)
        for caller in (process, *found) if recursive else ():
            with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
                found.append(psutil.Process(int(os.readlink(folder / str(caller.pid)))))
        return found

    psutil.Process.children = with_forks


def serve(path: Path) -> None:
    """Fork for each command that comes in through a socket, until this process's input ends."""
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        load_modules(until=lambda: bool(selector.select(0)))
        gc.freeze()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
        listener.bind(str(path))
        listener.listen(64)
        selector.register(listener, selectors.EVENT_READ)
        while not any(key.fileobj is sys.stdin for key, _ in selector.select()):
            connection, _ = listener.accept()
            with connection:
                if not os.fork():
                    listener.close()
                    answer(connection, path.parent)
    shutil.rmtree(path.parent)


def load_modules(until: Callable[[], bool]) -> None:
    """Load every module of the package, and with them the libraries that they need."""
    import tldr_reward

    for module in pkgutil.walk_packages(tldr_reward.__path__, f"{tldr_reward.__name__}."):
        if until():
            return
        if module.name.split(".")[1] in _NOT_LOADED:
            continue
        try:
            importlib.import_module(module.name)
        except ImportError:  # of an extra that is not installed; its own command will say so
            continue


def answer(connection: socket.socket, folder: Path) -> None:
    """Run what the other end asks for, tell it the exit status, and end this process.

    Meanwhile a link in the folder, whose name is the caller's process, leads to this one's number.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile() as lines:
        asked = json.loads(lines.readline())
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering=1, closefd=False) for number, mode in enumerate("rww")
    )
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    link = folder / str(asked["process"])
    with contextlib.suppress(OSError):  # without it the command runs, and is measured as nothing
        link.unlink(missing_ok=True)  # of a killed fork, whose caller's number came up again
        link.symlink_to(str(os.getpid()))
    threading.Thread(target=_end_with, args=(connection, link), daemon=True).start()
    status = run(asked["arguments"])
    link.unlink(missing_ok=True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    connection.sendall(bytes([status]))
    os._exit(status)


def _end_with(connection: socket.socket, link: Path) -> None:
    """A caller that is gone, killed perhaps, takes its command along."""
    connection.recv(1)
    link.unlink(missing_ok=True)
    os.kill(os.getpid(), signal.SIGTERM)


def run(arguments: Sequence[str]) -> int:
    """Exit status of a command in this process."""
    from tldr_reward.cli.main import main

    sys.argv = ["tldr-reward", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what an interpreter would do that ends with it
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
