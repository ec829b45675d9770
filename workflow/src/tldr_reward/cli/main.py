"""The root command: finds each command's module by name and loads it only when it is called."""

import ast
import atexit
import errno
import gc
import importlib
import os
import pkgutil
import sys
from pathlib import Path

import click

import tldr_reward.cli as room
from tldr_reward import __version__
from tldr_reward.errors import InputError

# What is for one's own images and captions stands first in the help, in this order; the others are
# stages of the workflow.
_OWN = (
    "score",
    "score-file",
    "rates",
    "threshold",
    "models",
    "demo",
    "make-study",
    "annotate",
    "export-annotations",
    "perturb",
    "train",
    "pack-detective",
    "doctor",
)
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class LazyCommands(click.Group):
    """A click group of this room's modules that define `command`, imported on use.

    Which they are and what they do is read from their text: help and errors about names need
    none of the libraries that the commands need.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = [module.name.replace("_", "-") for module in pkgutil.iter_modules(room.__path__)]
        return sorted(name for name in names if _summary(name) is not None)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if _summary(name) is None:
            allowed = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"no command {name!r}; allowed: {allowed}")
        return importlib.import_module(_module(name)).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        sections = {
            "Commands": [name for name in _OWN if name in names],
            "Stages of the workflow": [name for name in names if name not in _OWN],
        }
        for title, listed in sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, _summary(name)) for name in listed])


def _module(name: str) -> str:
    return f"{room.__name__}.{name.replace('-', '_')}"


def _summary(name: str) -> str | None:
    """First line of a command's docstring; None for a name that is no command."""
    path = Path(room.__path__[0], name.replace("-", "_")).with_suffix(".py")
    if name == "main" or "_" in name or not path.is_file():
        return None
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "command":
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return None


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def command() -> None:
    """Token-level detective reward models: which words of a caption are wrong about its image.

    Example: tldr-reward score --help
    """


def main() -> None:
    """Run the command line; bad input and a full disk end in one line and exit status 2."""
    # At the end Python would look through all that is left for cycles: a second, with torch loaded.
    atexit.register(gc.freeze)
    if not sys.stderr.isatty():  # a log file has no use for the bar that transformers draws
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        command.main(prog_name="tldr-reward", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except click.UsageError as error:
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        sys.exit(_fail(f"{error.format_message().rstrip('.')}{where}"))
    except (InputError, click.ClickException) as error:
        sys.exit(_fail(str(error)))
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith(room.__name__.partition(".")[0]):
            raise
        extra = "pip install 'tldr-reward[workflow]' brings it"
        sys.exit(_fail(f"this command needs {error.name}, which is not installed; {extra}"))
    except OSError as error:
        # One with a file's name is about that file; others are bugs, unless the disk is full.
        if error.filename is None and error.errno not in _DISK:
            raise
        where = f": {error.filename}" if error.filename else ""
        sys.exit(_fail(f"cannot read or write{where}: {error.strerror}"))


def _fail(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2
