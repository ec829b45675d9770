"""`python -m tldr_reward.cli.forked ARGUMENTS`: `tldr-reward ARGUMENTS` in a server's fork.

The server (fork_server) has loaded the libraries already; the environment variable
TLDR_REWARD_SERVER names its socket. Where none answers, the command runs here.
"""

import json
import os
import socket
import sys
from collections.abc import Sequence

SERVER = "TLDR_REWARD_SERVER"
# lm-eval reads settings when it is loaded, which this command makes for itself.
_NOT_FORKED = ("evaluate-benchmarks",)


def main() -> None:
    """Run the command of this process's arguments, in a fork if there is who forks."""
    if SERVER in os.environ and not set(sys.argv[1:2]) & set(_NOT_FORKED):
        try:
            status = ask(os.environ[SERVER], sys.argv[1:])
        except KeyboardInterrupt:  # the fork ends with this process
            print("interrupted", file=sys.stderr)
            sys.exit(130)
        if status is not None:
            sys.exit(status)
    from tldr_reward.cli.main import main as run

    run()


def ask(path: str, arguments: Sequence[str]) -> int | None:
    """Exit status of a command that a fork of the server at a socket runs for this process.

    It has this process's folder, environment, input and output, and ends with it. None where no
    server answers.
    """
    asked = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    asked["process"] = os.getpid()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return None
        socket.send_fds(connection, [b"\0"], [0, 1, 2])
        connection.sendall(json.dumps(asked).encode() + b"\n")
        status = connection.recv(1)
    if not status:
        print("error: the process of this command was killed", file=sys.stderr)
        return 1
    return status[0]


if __name__ == "__main__":
    main()
