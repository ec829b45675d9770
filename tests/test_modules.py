"""The import closure and its digest, on small packages and on a copy of this one."""

import shutil
from pathlib import Path

import pytest

import tldr_reward
from tldr_reward.errors import InputError
from tldr_reward.modules import content_digest, import_closure

SOURCE = Path(tldr_reward.__path__[0]).parent
COMMANDS = sorted(
    path.stem
    for path in (SOURCE / "tldr_reward/cli").glob("*.py")
    if "\ndef command(" in path.read_text() and path.stem != "main"
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package `shop` in which `till` needs `goods.fruit` and `money`, in several ways."""
    files = {
        "shop/__init__.py": "",
        "shop/till.py": "from shop.goods import fruit\nimport json\n",
        "shop/goods/__init__.py": "from .weights import gram\n",
        "shop/goods/weights.py": "gram = 1\n",
        "shop/goods/fruit.py": "def price():\n    from ..money import euro\n    return euro\n",
        "shop/money.py": "euro = 'shop.till'\n",
        "shop/unused.py": "import shop.till\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_closure_holds_packages_relative_and_late_imports(package):
    assert list(import_closure(package, "shop.till", "shop")) == [
        "shop",
        "shop.goods",
        "shop.goods.fruit",
        "shop.goods.weights",
        "shop.money",
        "shop.till",
    ]


def test_closure_of_a_module_with_no_import_is_itself_and_its_packages(package):
    assert list(import_closure(package, "shop.money", "shop")) == ["shop", "shop.money"]


def test_missing_module_is_an_input_error(package):
    with pytest.raises(InputError, match="module 'shop.tilll' is not below"):
        import_closure(package, "shop.tilll", "shop")


def changed_commands(folder: Path, edited: str) -> set[str]:
    """Commands whose digest changes when a line is added to a module of a copied package."""
    source = folder / "src"
    shutil.copytree(SOURCE / "tldr_reward", source / "tldr_reward")
    before = {name: content_digest(source, f"tldr_reward.cli.{name}") for name in COMMANDS}
    with open(source / "tldr_reward" / edited, "a") as file:
        file.write("# one more line\n")
    after = {name: content_digest(source, f"tldr_reward.cli.{name}") for name in COMMANDS}
    return {name for name in COMMANDS if before[name] != after[name]}


def test_editing_metrics_touches_measurements_tables_and_figures_alone(tmp_path):
    assert changed_commands(tmp_path, "metrics/accuracy.py") == {
        "calibrate_reward_model",
        "draw_figure",
        "measure_flags",
        "measure_hallucination",
        "measure_scores",
        "measure_taus",
    }
    assert changed_commands(tmp_path / "b", "metrics/rows.py") == {
        "audit",
        "calibrate_reward_model",
        "draw_figure",
        "estimate_costs",
        "evaluate_benchmarks",
        "make_table",
        "measure_benchmarks",
        "measure_correction",
        "measure_correlation",
        "measure_flags",
        "measure_hallucination",
        "measure_scores",
        "measure_taus",
        "render_readme",
        "threshold",
        "write_model_card",
    }


def test_editing_the_training_of_reward_models_touches_no_backbone(tmp_path):
    assert changed_commands(tmp_path, "reward/training.py") == {"train_reward"}
    # What measures their speed runs their losses.
    assert changed_commands(tmp_path / "b", "reward/losses.py") == {
        "bench_growth",
        "bench_speed",
        "train_reward",
    }


def test_editing_the_root_command_touches_no_result(tmp_path):
    assert changed_commands(tmp_path, "cli/main.py") == set()


def test_digest_counts_other_files_and_not_the_place(tmp_path):
    copies = []
    for name in ("here", "there"):
        shutil.copytree(SOURCE / "tldr_reward", tmp_path / name / "tldr_reward")
        copies.append(tmp_path / name)
    pins = tmp_path / "pins.yaml"
    pins.write_text("torch==1\n")
    first, second = (content_digest(copy, "tldr_reward.spans", [pins]) for copy in copies)
    assert first == second
    pins.write_text("torch==2\n")
    assert content_digest(copies[0], "tldr_reward.spans", [pins]) != first
