"""Commands in forks: as if they ran in processes of their own, and no longer than their callers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tldr_reward.cli.forked import SERVER

OWNER = """
import sys
from tldr_reward.cli import fork_server
server = fork_server.start_server()
import os
print(os.environ["TLDR_REWARD_SERVER"], server.pid, flush=True)
sys.stdin.read()
"""
FORKED = (sys.executable, "-P", "-m", "tldr_reward.cli.forked")


@pytest.fixture(scope="module")
def owner():
    """A process that has started a server, and the environment of its commands."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", OWNER], **pipes) as process:
        path, server = process.stdout.readline().split()
        yield process, int(server), os.environ | {SERVER: path}
        process.kill()
    assert gone(int(server))
    assert not Path(path).parent.exists()


def gone(process: int) -> bool:
    """Whether a process has ended, or ends within half a minute."""
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:1]:
            return True
        time.sleep(0.1)
    return False


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
