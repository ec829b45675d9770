"""Rules in conda environments (profiles/conda), with a test double in conda's place.

The double answers Snakemake's questions and makes an environment that holds one program: a
`python` that notes how it is called and goes on as this interpreter. That a real conda can make
the environments is not tested here; test_pins.py compares their pins.
"""

import sys
from pathlib import Path

import pytest

CONDA = """#!/bin/sh
case "$1 $2" in
  "info --json") echo '{{"conda_prefix": "{prefix}", "platform": "linux-64"}}' ;;
  "--version "*) echo "conda 25.1.0" ;;
  "config --get") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create")
    while [ "$1" != "--prefix" ]; do
      if [ "$1" = "--file" ]; then cp "$2" "{prefix}/environment.yaml"; fi
      shift
    done
    mkdir -p "$2/bin"
    cp "{prefix}/python" "$2/bin/python" ;;
  "clean -y") ;;
  *) exit 1 ;;
esac
"""
PYTHON = """#!/bin/sh
echo "PYTHONPATH=$PYTHONPATH $*" >> "{prefix}/calls"
exec "{python}" "$@"
"""


@pytest.fixture
def conda(tmp_path: Path) -> Path:
    """Folder of the double; `bin` holds its programs, `calls` what its python was called with."""
    prefix = tmp_path / "conda"
    facts = {"prefix": prefix, "python": sys.executable}
    programs = {"bin/conda": CONDA, "bin/activate": 'PATH="$1/bin:$PATH"\n', "python": PYTHON}
    for name, text in programs.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == "bin/activate" else text.format(**facts))
        path.chmod(0o755)
    return prefix


def test_with_the_profile_a_job_runs_in_its_stages_environment_with_the_workflows_package(
    snakemake, conda, workflow_copy, tmp_path
):
    shown = snakemake(
        "results/smoke/data/images.jsonl", "--cores", "1", "--config", "scale=smoke",
        "--profile", str(workflow_copy / "profiles/conda"),
        root=workflow_copy, programs=conda / "bin",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert (tmp_path / "elsewhere/results/smoke/data/images.jsonl").is_file()
    made = (conda / "environment.yaml").read_text()
    assert made == (workflow_copy / "envs/data.yaml").read_text()
    (call,) = (conda / "calls").read_text().splitlines()
    source = workflow_copy / "workflow/src"
    assert call.startswith(f"PYTHONPATH={source} -P -m tldr_reward draw-scenes --split ")
