"""run-notebook: a kernel that runs, a page that fetches nothing, and errors in one line."""

from pathlib import Path

import pytest

from tldr_reward.cli.run_notebook import read_notebook
from tldr_reward.errors import InputError

NOTEBOOKS = Path(__file__).parents[2] / "workflow" / "notebooks"
NOTEBOOK = """# %% [markdown]
# # What is it?

# %% tags=["parameters"]
METRICS = ["by hand"]
SCALE = "none"

# %%
import os
import sys
import tldr_reward
assert "" not in sys.path and os.getcwd() not in sys.path
print(f"<{SCALE}> of", *[open(file).read() for file in METRICS])
"""


@pytest.fixture
def run(command, tmp_path, monkeypatch):
    """Runs a notebook of this text in an empty folder, on one file; returns outcome and page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.csv").write_text("seven numbers")

    def made(text: str):
        (tmp_path / "what_is_it.py").write_text(text)
        ended = command("run-notebook what_is_it.py --metrics m.csv --scale mini --out page.html")
        return ended, tmp_path / "page.html"

    return made


def test_a_notebook_becomes_a_page_that_needs_nothing_else(run):
    ended, page = run(NOTEBOOK)
    assert ended.status == 0, ended.err
    text = page.read_text()
    assert "<title>what is it</title>" in text
    assert "&lt;mini&gt; of seven numbers" in text
    assert "<script" not in text and "http" not in text
    run(NOTEBOOK)
    assert page.read_text() == text


def test_an_error_in_a_cell_ends_in_one_line(run):
    ended, page = run(NOTEBOOK + '\n# %%\nraise ValueError("no such split")\n')
    assert ended.status == 2
    assert ended.err.splitlines()[-1] == "error: what_is_it.py: ValueError: no such split"
    assert not page.exists()


def test_what_is_missing_is_named(command, tmp_path):
    ended = command(f"run-notebook {tmp_path}/none.py --scale mini --out {tmp_path}/page.html")
    assert (ended.status, "no such file" in ended.err) == (2, True)
    with pytest.raises(InputError, match="the notebook has 0 cells tagged 'parameters'; one is"):
        read_notebook("# %%\nx = 1\n", {"METRICS": []})


def test_a_file_that_the_notebook_does_not_take_is_refused(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "what_is_it.py").write_text(NOTEBOOK)
    (tmp_path / "p.csv").write_text("points")
    ended = command("run-notebook what_is_it.py --points p.csv --scale mini --out page.html")
    assert ended.status == 2
    assert ended.err == "error: the notebook takes METRICS, SCALE, not POINTS\n"


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_take_their_files_and_print_no_number_of_their_own(path):
    files = {"METRICS": ["a.csv"], "CURVE": [], "POINTS": [], "FITS": []}
    cells = read_notebook(path.read_text(), files | {"SCALE": "x"})
    given = [cell.source for cell in cells.cells if 'METRICS = ["a.csv"]' in cell.source]
    assert len(given) == 1
    prose = [cell.source for cell in cells.cells if cell.cell_type == "markdown"]
    # What was found is computed: a number in the prose would outlive its measurement.
    assert prose and not any("%" in text.replace("95%", "") for text in prose)
