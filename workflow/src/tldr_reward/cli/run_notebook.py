"""`run-notebook`: a notebook of the workflow, run on measured files, as one HTML page."""

import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tldr_reward.errors import InputError
from tldr_reward.records import writing

_FILE = click.Path(path_type=Path)
_PARAMETERS = "parameters"  # the tag of the cell that what is given here follows
# No script and nothing fetched: a page opens anywhere and stays as it is.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font-family: sans-serif; line-height: 1.5; max-width: 60em; margin: 2em auto; }}
pre {{ background: #f5f5f5; padding: 0.6em; overflow-x: auto; font-size: 0.85em; }}
table {{ border-collapse: collapse; margin: 1em 0; font-size: 0.9em; }}
th, td {{ border-bottom: 1px solid #ccc; padding: 0.2em 0.6em; text-align: left; }}
img {{ max-width: 100%; }}
.prompt, .anchor-link {{ display: none; }}
</style></head>
<body>
{body}
</body></html>
"""


@click.command(short_help="Run a notebook on measured files; one HTML page.")
@click.argument("notebook", type=_FILE)
@click.option("--metrics", type=_FILE, multiple=True, help="Metrics CSV for the notebook.")
@click.option("--curve", type=_FILE, multiple=True, help="Precision-recall CSV for the notebook.")
@click.option("--points", type=_FILE, multiple=True, help="CSV of the zoo's points.")
@click.option("--fits", type=_FILE, multiple=True, help="CSV of the lines through them.")
@click.option("--scale", required=True, help="Scale of every input, e.g. mini.")
@click.option("--timeout", type=click.IntRange(min=1), default=600, show_default=True)
@click.option("--out", type=_FILE, required=True, help="HTML to write.")
def command(
    notebook: Path,
    metrics: tuple[Path, ...],
    curve: tuple[Path, ...],
    points: tuple[Path, ...],
    fits: tuple[Path, ...],
    scale: str,
    timeout: int,
    out: Path,
) -> None:
    """Run a notebook (jupytext percent format) in this folder and write it as HTML.

    The notebook reads the files that are named here and no other: the cell tagged `parameters`
    is followed by one that sets those of METRICS, CURVE, POINTS, FITS and SCALE that it names.

    Example: tldr-reward run-notebook workflow/notebooks/what_does_tldr_see.py
    --metrics metrics/test.csv --curve curves/test.csv --scale mini --out what_does_tldr_see.html
    """
    if not notebook.is_file():
        raise InputError(f"no such file: {notebook}")
    files = {"METRICS": metrics, "CURVE": curve, "POINTS": points, "FITS": fits}
    for path in (path for paths in files.values() for path in paths):
        if not path.is_file():
            raise InputError(f"no such file: {path}")
    given = {name: list(map(str, paths)) for name, paths in files.items()} | {"SCALE": scale}
    cells = read_notebook(notebook.read_text(encoding="utf-8"), given)
    run_cells(cells, notebook, timeout)
    page = _PAGE.format(title=html.escape(notebook.stem.replace("_", " ")), body=as_html(cells))
    with writing(out) as file:
        file.write(page)


def read_notebook(text: str, given: Mapping[str, str | Sequence[str]]):
    """A notebook of percent text (an nbformat node) whose parameters are set to what is given.

    Cells are named by their place, so that the same input gives the same page. InputError if
    files are given that no parameter takes.
    """
    import jupytext
    from nbformat.v4 import new_code_cell

    cells = jupytext.reads(text, fmt="py:percent")
    tagged = [
        place
        for place, cell in enumerate(cells.cells)
        if _PARAMETERS in cell.metadata.get("tags", ())
    ]
    if len(tagged) != 1:
        raise InputError(
            f"the notebook has {len(tagged)} cells tagged {_PARAMETERS!r}; one is needed"
        )
    taken = re.findall(r"^(\w+)\b.*=", cells.cells[tagged[0]].source, re.MULTILINE)
    if refused := [name for name, value in given.items() if value and name not in taken]:
        raise InputError(f"the notebook takes {', '.join(taken)}, not {', '.join(refused)}")
    lines = [f"{name} = {json.dumps(value)}" for name, value in given.items() if name in taken]
    cells.cells.insert(tagged[0] + 1, new_code_cell("\n".join(lines)))
    for place, cell in enumerate(cells.cells):
        cell["id"] = f"cell-{place}"
    return cells


def run_cells(cells, notebook: Path, timeout: int) -> None:
    """Run all cells in a kernel of this interpreter, whose outputs then stand in the cells.

    The kernel imports this package, leaves the user's own settings alone and listens to no port.
    """
    import tempfile

    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    source = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        # An empty entry would put the working folder on the path.
        paths = filter(None, [str(source), os.environ.get("PYTHONPATH")])
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONSAFEPATH": "1",
            "IPYTHONDIR": folder,
        }
        manager = AsyncKernelManager(
            kernel_name="python3", transport="ipc", connection_file=f"{folder}/kernel.json"
        )
        resources = {"metadata": {"path": "."}}
        client = NotebookClient(cells, manager, timeout=timeout, resources=resources)
        try:
            client.execute(cleanup_kc=True, env=environment)
        except CellExecutionError as error:
            raise InputError(f"{notebook}: {error.ename}: {error.evalue}") from None
        except CellTimeoutError:
            raise InputError(f"{notebook}: a cell took more than {timeout} s") from None


def as_html(cells) -> str:
    """The cells as HTML without a head, a script, or an address to fetch from."""
    from nbconvert import HTMLExporter

    return HTMLExporter(template_name="basic").from_notebook_node(cells)[0]
