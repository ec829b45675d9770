"""The package's rooms: who may import whom, who may open files, who may load what."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tldr_reward
from tldr_reward.modules import imported_names

FOLDER = Path(tldr_reward.__path__[0])
SOURCE = FOLDER.parent
GROUND = {"annotations", "errors", "modules", "progress", "records", "spans"}
# Room -> rooms that it may import, beside itself and the ground.
ARROWS = {
    "world": set(),
    "perturb": set(),
    "sources": set(),
    "backbones": set(),
    "reward": {"backbones"},
    "generate": {"backbones"},
    "benchmarks": {"backbones", "reward"},
    "metrics": set(),
    "paper": {"metrics"},
    "detective": {"backbones", "reward", "metrics"},
    "bench": {"backbones", "reward", "generate"},
    "cli": {
        "world",
        "perturb",
        "sources",
        "backbones",
        "reward",
        "generate",
        "benchmarks",
        "metrics",
        "paper",
        "detective",
        "apps",
        "bench",
    },
    "apps": {"detective"},
    "__main__": {"cli"},
}
LIGHT = GROUND | {"world", "perturb", "sources", "metrics", "paper", "apps"}
HEAVY_LIBRARIES = {"torch", "transformers", "peft", "tokenizers", "safetensors"}
# Beside cli: annotations reads logs, records writes and reads all records, modules reads our own
# code. The bench asks the system what memory it
# holds. Of real data sets, archives streams what is larger than the memory, images looks into
# bytes, links and transport append to what an earlier run has left. The others keep folders of
# weights, whose formats belong to transformers, peft and safetensors; detective reads a reward
# model's facts, and images as users give them.
OPENS_FILES = {
    "annotations.py",
    "apps/uploads.py",
    "records.py",
    "modules.py",
    "backbones/checkpoints.py",
    "backbones/folders.py",
    "detective/folders.py",
    "detective/pictures.py",
    "bench/memory.py",
    "reward/model.py",
    "sources/archives.py",
    "sources/images.py",
    "sources/links.py",
    "sources/transport.py",
}
OPENING = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "fdopen"}
FILES = sorted(FOLDER.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The first part below the package; empty for the package itself.

    What `python -m` runs of a room is a way into the command line, and none of the room's own.
    """
    if module.endswith(".__main__"):
        return "__main__"
    return module.split(".")[1] if "." in module else ""


def libraries(path: Path) -> set[str]:
    """Top-level names of everything that a file imports, wherever the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return names


def test_every_module_belongs_to_a_known_room():
    assert {room_of(module_name(path)) for path in FILES} == {"", *GROUND, *ARROWS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_imports_follow_the_arrows(path):
    module = module_name(path)
    room = room_of(module)
    rooms = {room_of(name) for name in imported_names(path, module)} - {"", room}
    # `from tldr_reward import __version__` names something of the package itself, no room.
    rooms -= {"__version__"}
    allowed = GROUND if room in GROUND | {""} else GROUND | ARROWS[room]
    assert rooms <= allowed


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room_of(module_name(path)) in LIGHT],
    ids=lambda path: path.relative_to(FOLDER).as_posix(),
)
def test_light_rooms_import_no_model_library(path):
    assert not libraries(path) & HEAVY_LIBRARIES


def test_only_metrics_imports_statsmodels():
    rooms = {room_of(module_name(path)) for path in FILES if "statsmodels" in libraries(path)}
    assert rooms == {"metrics"}


def test_only_benchmarks_imports_the_harness():
    rooms = {room_of(module_name(path)) for path in FILES if "lm_eval" in libraries(path)}
    assert rooms == {"benchmarks"}


def opening_calls(path: Path) -> list[str]:
    """Calls that open a file, as `name:line`."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in OPENING:
                found.append(f"{name}:{node.lineno}")
    return found


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room_of(module_name(path)) != "cli"],
    ids=lambda path: path.relative_to(FOLDER).as_posix(),
)
def test_rooms_open_no_files(path):
    if path.relative_to(FOLDER).as_posix() not in OPENS_FILES:
        assert opening_calls(path) == []


def test_the_command_line_starts_without_heavy_libraries():
    code = (
        "import sys, click, tldr_reward.cli.main as main\n"
        "context = click.Context(main.command)\n"
        "names = main.command.list_commands(context)\n"
        "main.command.get_help(context)\n"
        "for name in names: main.command.get_command(context, name)\n"
        "heavy = {'torch', 'transformers', 'pandas', 'matplotlib', 'openai'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout == "[]\n", shown.stderr
