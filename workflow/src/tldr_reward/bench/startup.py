"""How long the command line takes to start: imports alone, in processes of their own. No torch."""

import os
import re
import statistics
import subprocess
import sys
import time

FORMAT = "bench-startup/1"
_MODULE = "tldr_reward.cli.main"
_LINE = re.compile(r"^import time:\s+\d+ \|\s+(\d+) \| (\s*)(\S+)$", re.MULTILINE)


def import_seconds(text: str, module: str = _MODULE) -> dict[str, float]:
    """Cumulative seconds of a module's import, and of the largest below it.

    `text` is what `python -X importtime` says: microseconds, children before their parents.
    """
    rows = [(int(micros) / 1e6, name) for micros, _, name in _LINE.findall(text)]
    found = {name: seconds for seconds, name in rows}
    largest = sorted(rows, reverse=True)[:8]
    return {module: found[module]} | {name: seconds for seconds, name in largest}


def measured_startup(rounds: int) -> dict:
    """Seconds of the import, and of processes: `--help`, and an interpreter with nothing to do."""
    # Bytecode is there from the first round on, as on a user's machine from the second start on.
    import_command = [sys.executable, "-X", "importtime", "-c", f"import {_MODULE}"]
    help_command = [sys.executable, "-m", "tldr_reward", "--help"]
    found: dict[str, list[float]] = {"import": [], "help": [], "interpreter": []}
    shown = ""
    for number in range(rounds + 1):
        shown = _run(import_command)[1]
        seconds = {
            "import": import_seconds(shown)[_MODULE],
            "help": _run(help_command)[0],
            "interpreter": _run([sys.executable, "-c", "pass"])[0],
        }
        if number:
            for name, value in seconds.items():
                found[name].append(value)
    return {
        "format": FORMAT,
        "rounds": rounds,
        "import_s": round(statistics.median(found["import"]), 4),
        "help_s": round(statistics.median(found["help"]), 4),
        "interpreter_s": round(statistics.median(found["interpreter"]), 4),
        "goal_import_s": 0.3,
        "largest": {name: round(value, 4) for name, value in import_seconds(shown).items()},
    }


def _run(command: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    return time.perf_counter() - began, done.stderr
