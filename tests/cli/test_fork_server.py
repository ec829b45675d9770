"""Commands in forks: as if they ran in processes of their own, and no longer than their callers."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tldr_reward.cli.forked import SERVER

# Tells of each process that it is asked about which ones are below it.
OWNER = """
import os
import sys
import psutil
from tldr_reward.cli import fork_server
server = fork_server.start_server()
print(os.environ["TLDR_REWARD_SERVER"], server.pid, flush=True)
for line in sys.stdin:
    below = psutil.Process(int(line)).children(recursive=True)
    print(*[process.pid for process in below], flush=True)
"""
FORKED = (sys.executable, "-P", "-m", "tldr_reward.cli.forked")


@pytest.fixture(scope="module")
def owner():
    """A process that has started a server, and the environment of its commands."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", OWNER], **pipes) as process:
        path, server = process.stdout.readline().split()
        assert soon(Path(path).exists)
        yield process, int(server), os.environ | {SERVER: path}
        process.kill()
    assert gone(int(server))
    assert not Path(path).parent.exists()


def soon(happened: Callable[[], bool]) -> bool:
    """Whether something has happened, or does within a minute."""
    for _ in range(600):
        if happened():
            return True
        time.sleep(0.1)
    return False


def gone(process: int) -> bool:
    """Whether a process has ended, or ends soon."""

    def ended() -> bool:
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        return state == "Z"

    return soon(ended)


def test_a_fork_is_as_a_process_of_its_own(owner, tmp_path):
    def run(*arguments: str) -> tuple[int, str, str]:
        shown = [
            subprocess.run(
                [*command, *arguments], env=owner[2], cwd=tmp_path, capture_output=True, text=True
            )
            for command in (FORKED, (sys.executable, "-P", "-m", "tldr_reward"))
        ]
        forked, own = ((one.returncode, one.stdout, one.stderr) for one in shown)
        assert forked == own
        return forked

    assert run("--version")[0] == 0
    assert "Usage" in run("score-captions", "--help")[1]
    assert run("nope")[0] == 2
    status, _, error = run("rates", "none.jsonl")
    assert (status, error) == (2, "error: no such file: none.jsonl\n")
    (tmp_path / "none.jsonl").write_text("[]\n")
    assert "none.jsonl" in run("rates", "none.jsonl")[2]


@pytest.mark.parametrize(
    "sent, status, said", [(signal.SIGKILL, -9, ""), (signal.SIGINT, 130, "interrupted\n")]
)
def test_who_is_ended_takes_the_command_along(owner, sent, status, said):
    command = [*FORKED, "score", "none.png", "--caption", "-"]  # it waits for the caption
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    before = children(owner[1])
    # Tests that were started in the background ignore Ctrl-C, and so would what they start.
    heeds = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, env=owner[2], **pipes, **heeds) as caller:
        while not (forks := children(owner[1]) - before):
            assert caller.poll() is None
        caller.send_signal(sent)
        caller.wait(60)
        assert all(map(gone, forks))
        assert (caller.returncode, caller.stderr.read()) == (status, said)


def test_what_a_fork_takes_is_measured_with_its_caller(owner):
    process, server, environment = owner

    def below(parent: int) -> set[int]:
        print(parent, file=process.stdin, flush=True)
        return {int(number) for number in process.stdout.readline().split()}

    command = shlex.join([*FORKED, "score", "none.png", "--caption", "-"])
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    before = children(server)
    # As Snakemake starts a job: through a shell, which does more than this.
    with subprocess.Popen(["bash", "-c", f"{command}; true"], env=environment, **pipes) as shell:
        assert soon(lambda: len(below(shell.pid)) == 2)
        (fork,) = children(server) - before
        assert below(shell.pid) == children(shell.pid) | {fork}
    assert gone(fork)
    assert not list(Path(environment[SERVER]).parent.glob("[0-9]*"))


def children(process: int) -> set[int]:
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True)
    return {int(number) for number in listed.stdout.split()}


@pytest.mark.parametrize("variable", [{}, {SERVER: "/nowhere/socket"}])
def test_without_a_server_the_command_runs_here(variable):
    environment = {name: value for name, value in os.environ.items() if name != SERVER}
    shown = subprocess.run(
        [*FORKED, "--version"], env=environment | variable, capture_output=True, text=True
    )
    assert shown.stdout.startswith("tldr-reward, version")
