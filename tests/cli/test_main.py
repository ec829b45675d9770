"""The root command: one line and status 2 for bad input, whatever its kind."""

import errno
import sys

import click
import pytest

import tldr_reward
from tldr_reward.cli import main as root
from tldr_reward.errors import InputError


def run(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `tldr-reward` with arguments."""
    monkeypatch.setattr(sys, "argv", ["tldr-reward", *arguments])
    try:
        root.main()
        status = 0
    except SystemExit as end:
        status = end.code
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def failing(error: Exception) -> click.Command:
    def callback() -> None:
        raise error

    return click.Command("fail", callback=callback)


@pytest.fixture
def command_that(monkeypatch):
    """Puts a command that raises an error in place of all commands."""

    def install(error: Exception) -> None:
        command = failing(error)
        monkeypatch.setattr(root.LazyCommands, "get_command", lambda *_: command)

    return install


def test_help_lists_commands_and_no_other_module(monkeypatch, capsys):
    status, out, _ = run(monkeypatch, capsys, "--help")
    assert status == 0
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line]
    assert {"draw-scenes", "train-reward", "make-table"} <= set(listed)
    assert not {"main", "inputs", "threads"} & set(listed)
    # What is for one's own captions stands before the stages of the workflow.
    stages = listed.index("Stages")
    assert listed.index("score") == 0 and listed.index("doctor") < stages
    assert listed.index("train-reward") > stages


def test_version(monkeypatch, capsys):
    status, out, _ = run(monkeypatch, capsys, "--version")
    assert (status, out) == (0, f"tldr-reward, version {tldr_reward.__version__}\n")


def test_every_command_says_what_it_does_with_an_example():
    context = click.Context(root.command)
    for name in root.command.list_commands(context):
        help_text = root.command.get_command(context, name).help
        assert f"Example: tldr-reward {name} " in " ".join(help_text.split())


@pytest.mark.parametrize("name", ["paint-scenes", "draw_scenes", "main", "threads", "../cli"])
def test_unknown_command_is_one_line_with_the_allowed_ones(monkeypatch, capsys, name):
    status, out, err = run(monkeypatch, capsys, name)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: no command {name!r}; allowed: ")
    assert "draw-scenes, " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["train-reward", "--steps", "-3"],
            "error: Invalid value for '--steps': -3 is not in the range x>=1 "
            "(see tldr-reward train-reward --help)\n",
        ),
        (
            ["draw-scenes", "--colour"],
            "error: No such option '--colour' (see tldr-reward draw-scenes --help)\n",
        ),
    ],
)
def test_usage_errors_are_one_line(monkeypatch, capsys, arguments, line):
    assert run(monkeypatch, capsys, *arguments) == (2, "", line)


def test_input_error_is_one_line_without_traceback(monkeypatch, capsys, command_that):
    command_that(InputError("scale 'huge';\nallowed: mini, smoke"))
    line = "error: scale 'huge'; allowed: mini, smoke\n"
    assert run(monkeypatch, capsys, "fail") == (2, "", line)


def test_full_disk_is_one_line(monkeypatch, capsys, command_that):
    command_that(OSError(errno.ENOSPC, "No space left on device"))
    line = "error: cannot read or write: No space left on device\n"
    assert run(monkeypatch, capsys, "fail") == (2, "", line)


def test_a_folder_in_a_files_place_is_one_line_that_names_it(monkeypatch, capsys, command_that):
    command_that(IsADirectoryError(errno.EISDIR, "Is a directory", "results"))
    line = "error: cannot read or write: results: Is a directory\n"
    assert run(monkeypatch, capsys, "fail") == (2, "", line)


def test_a_library_of_the_workflow_that_is_missing_is_one_line(monkeypatch, capsys, command_that):
    command_that(ModuleNotFoundError("No module named 'openai'", name="openai"))
    line = (
        "error: this command needs openai, which is not installed; "
        "pip install 'tldr-reward[workflow]' brings it\n"
    )
    assert run(monkeypatch, capsys, "fail") == (2, "", line)
    command_that(ModuleNotFoundError("a bug", name="tldr_reward.gone"))
    with pytest.raises(ModuleNotFoundError):
        run(monkeypatch, capsys, "fail")


def test_other_errors_keep_their_traceback(monkeypatch, capsys, command_that):
    command_that(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, capsys, "fail")


def test_interrupt_ends_with_the_status_of_a_signal(monkeypatch, capsys, command_that):
    command_that(KeyboardInterrupt())
    status, _, err = run(monkeypatch, capsys, "fail")
    assert (status, err.strip()) == (130, "interrupted")
