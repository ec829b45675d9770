"""make-table: each table from files, checked against its schema; bad input in one line."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tldr_reward.cli.make_table import command
from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import ResponseOutcome
from tldr_reward.records import Metric, write_rows

WORKFLOW = Path(__file__).parents[2] / "workflow"
FIVE = {
    "token_accuracy": 0.98,
    "sentence_accuracy": 0.9,
    "response_accuracy": 0.7,
    "map_neg": 0.5,
    "map_pos": 0.99,
}


def write_run(folder, model, seed="0", split="test", scale="mini", values=None):
    """Metrics and resamples of one PaliGemma run; returns its options."""
    run = f"paligemma/{model}/seed{seed}"
    values = values or FIVE | {"response_accuracy/counting": 0.6}
    identity = (run, "paligemma", model, scale, seed, split)
    rows = [Metric(*identity, name, v, v - 0.01, v + 0.01, 40) for name, v in values.items()]
    name = f"{model}-{seed}-{split}"
    write_rows(folder / f"{name}.csv", rows, Metric)
    with open(folder / f"{name}-resamples.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["run", "split", *values])
        for step in (-0.03, 0.0, 0.03):
            writer.writerow([run, split, *(value + step for value in values.values())])
    return [
        "--metrics",
        str(folder / f"{name}.csv"),
        "--resamples",
        str(folder / f"{name}-resamples.csv"),
    ]


def write_responses(folder, model, right):
    run = f"paligemma/{model}/seed0"
    rows = [
        ResponseOutcome(
            run, "paligemma", model, "mini", "0", "test", f"c{i}", f"i{i}", "", 1, int(good)
        )
        for i, good in enumerate(right)
    ]
    write_rows(folder / f"{model}-responses.csv", rows, ResponseOutcome)
    return ["--responses", str(folder / f"{model}-responses.csv")]


def make(folder, name, *options, scale="mini", schema=None):
    """Run the command; returns the CSV's rows and the Markdown."""
    args = [name, *options, "--scale", scale]
    args += ["--reported", str(WORKFLOW / "reported" / "reported.csv")]
    args += ["--schema", str(schema or WORKFLOW / "schemas" / f"{name}.schema.json")]
    args += ["--out", str(folder / "t.csv"), "--markdown", str(folder / "t.md")]
    result = CliRunner().invoke(command, args)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    with open(folder / "t.csv", newline="") as file:
        return list(csv.DictReader(file)), (folder / "t.md").read_text()


def test_table1(tmp_path):
    options = write_run(tmp_path, "tldr")
    options += write_run(tmp_path, "naive", values={"response_accuracy": 0.6})
    options += write_responses(tmp_path, "tldr", [1] * 6 + [0])
    options += write_responses(tmp_path, "naive", [0] * 6 + [1])
    rows, markdown = make(tmp_path, "table1", *options)
    assert [row["reward_model"] for row in rows] == ["tldr", "naive"]
    assert (rows[0]["map_neg"], rows[0]["map_neg_reported"]) == ("50.00", "41.3")
    assert rows[0]["versus_naive_p"] == "0.125"
    assert "| paligemma | tldr | 98.00 [97.00, 99.00] (paper: 98.6) |" in markdown


def test_seeds_are_pooled_by_their_resamples(tmp_path):
    options = write_run(tmp_path, "tldr") + write_run(tmp_path, "tldr", seed="1")
    rows, markdown = make(tmp_path, "table1", *options)
    assert rows[0]["seeds"] == "0 1"
    assert (rows[0]["response_accuracy_low"], rows[0]["response_accuracy_high"]) == (
        "67.15",
        "72.85",
    )
    assert "within each resample of images" in markdown


@pytest.mark.parametrize(
    ("name", "splits", "models", "rows"),
    [
        ("table1_ood", ["ood_phrasing", "ood_scene"], ["tldr"], 2),
        ("table2", ["test"], ["tldr", "tldr_plain", "tldr_projector_only"], 3),
        ("table11", ["test"], ["naive", "tldr"], 2),
    ],
)
def test_other_tables_of_metrics(tmp_path, name, splits, models, rows):
    options = []
    for model in models:
        for split in splits:
            options += write_run(tmp_path, model, split=split)
    found, _ = make(tmp_path, name, *options)
    assert len(found) == rows


def test_table8(tmp_path):
    (tmp_path / "statistics.csv").write_text(
        "source,task,taxonomy,split,positives,negatives,rejected,images\n"
        "scene-qa,vqa,,train,10,5,1,4\n"
    )
    rows, _ = make(tmp_path, "table8", "--statistics", str(tmp_path / "statistics.csv"))
    assert (rows[0]["positives"], rows[0]["positives_reported"]) == ("10", "1179007")
    assert rows[0]["reported_row"] == "vqa/vg100k"


@pytest.mark.parametrize("name", ["table9", "table10"])
def test_tables_of_settings(tmp_path, name):
    settings = {"format": "reward/1", "lora_rank": 64, "backbone": {"hidden_size": 128}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    rows, _ = make(tmp_path, name, "--settings", str(tmp_path / "settings.json"))
    found = {row["setting"]: (row["value"], row["reported"]) for row in rows}
    assert found["lora_rank"] == ("64", "512")
    assert found["hidden_size"] == ("128", "2048" if name == "table9" else "4096")


def test_bad_input_is_named_and_leaves_no_file(tmp_path):
    options = write_run(tmp_path, "tldr")
    closed = json.loads((WORKFLOW / "schemas" / "table1.schema.json").read_text())
    del closed["properties"]["seeds"]
    (tmp_path / "closed.json").write_text(json.dumps(closed))
    (tmp_path / "bad.json").write_text("{")
    text = (tmp_path / "tldr-0-test.csv").read_text()
    (tmp_path / "words.csv").write_text(text.replace("0.98", "high"))
    (tmp_path / "short.csv").write_text(text + "a,b\n")
    cases = [
        (["table1", *options], {"scale": "paper"}, "rows of scale 'mini'; --scale is 'paper'"),
        (["table1", *options], {"schema": tmp_path / "closed.json"}, "'seeds' was unexpected"),
        (["table1", *options], {"schema": tmp_path / "bad.json"}, "bad.json: not JSON"),
        (["table1", *options, *options[:2]], {}, "two metrics files have the run"),
        (["table1"], {}, "table1: no row can be made"),
        (["table8"], {}, "--statistics FILE is needed"),
        (["table9"], {}, "--settings FILE is needed"),
        (["table1", "--metrics", str(tmp_path / "words.csv")], {}, "words.csv:2: could not conve"),
        (["table1", "--metrics", str(tmp_path / "short.csv")], {}, "short.csv:8: 11 cells are ne"),
        (["table8", "--statistics", options[1]], {}, "no column 'source'"),
    ]
    for args, settings, message in cases:
        with pytest.raises(InputError) as error:
            make(tmp_path, *args, **settings)
        assert message in str(error.value)
    assert not (tmp_path / "t.csv").exists() and not (tmp_path / "t.md").exists()
