"""measure-scores: files in, files out, and bad input in one line."""

import csv
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tldr_reward.cli.measure_scores import command
from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import CurvePoint, ResponseOutcome
from tldr_reward.records import CaptionRecord, Metric, ScoreRecord, read_rows, write_records
from tldr_reward.spans import word_spans

TEXTS = {"a0": "a red ball. a cat.", "b0": "two dogs."}
NEGATIVES = {
    "a1": ("a0", "a blue ball. a cat.", (2, 6), "visual_attribute"),
    "b1": ("b0", "four dogs.", (0, 4), "counting"),
}


@pytest.fixture
def folder(tmp_path):
    """Two originals with a negative each; tokens of negatives get 0.2 where they are bad."""
    prompt = "describe the image."
    captions = [
        CaptionRecord(key, key[0], prompt, text, "caption", "original", bad_spans=())
        for key, text in TEXTS.items()
    ] + [
        CaptionRecord(key, key[0], prompt, text, "caption", "perturbed", taxonomy, parent, (span,))
        for key, (parent, text, span, taxonomy) in NEGATIVES.items()
    ]
    scores = [
        ScoreRecord(
            caption.caption_id,
            "p/tldr/seed0",
            tuple(word_spans(caption.text)),
            tuple(0.2 if span in caption.bad_spans else 0.9 for span in word_spans(caption.text)),
        )
        for caption in captions
    ]
    write_records(tmp_path / "test.jsonl", captions)
    write_records(tmp_path / "scores.jsonl", scores)
    return tmp_path


def arguments(folder, **changes):
    values = {
        "captions": folder / "test.jsonl",
        "scores": folder / "scores.jsonl",
        "run": "p/tldr/seed0",
        "backbone": "p",
        "reward-model": "tldr",
        "scale": "mini",
        "split": "test",
        "bootstrap": 50,
        "metrics": folder / "out" / "metrics.csv",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return [
        part
        for name, value in values.items()
        if value is not None
        for part in (f"--{name}", str(value))
    ]


def invoke(args):
    result = CliRunner().invoke(command, args)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def values(folder):
    return {row.metric: row.value for row in read_rows(folder / "out/metrics.csv", Metric)}


def test_a_perfect_run(folder):
    out = folder / "out"
    invoke(
        arguments(
            folder,
            curve=out / "curve.csv",
            responses=out / "responses.csv",
            resamples=out / "resamples.csv",
        )
    )
    found = values(folder)
    assert found["token_accuracy"] == found["response_accuracy"] == found["map_neg"] == 1.0
    assert found["bad_token_share"] == 0.1
    assert found["threshold"] == 0.5
    first = read_rows(out / "metrics.csv", Metric)[0]
    assert (first.run, first.backbone, first.reward_model) == ("p/tldr/seed0", "p", "tldr")
    assert (first.scale, first.seed, first.split, first.n) == ("mini", "0", "test", 4)
    points = read_rows(out / "curve.csv", CurvePoint)
    assert [(p.threshold, p.recall, p.precision, p.operating) for p in points] == [
        (0.2, 1.0, 1.0, 1),
        (0.9, 1.0, 0.1, 0),
    ]
    responses = read_rows(out / "responses.csv", ResponseOutcome)
    assert [row.predicted_good for row in responses] == [1, 0, 1, 0]
    with open(out / "resamples.csv", newline="") as file:
        resamples = list(csv.DictReader(file))
    assert len(resamples) == 50
    assert list(resamples[0])[:3] == ["run", "split", "response_accuracy"]


def test_the_same_input_gives_the_same_bytes(folder):
    invoke(arguments(folder))
    first = (folder / "out/metrics.csv").read_bytes()
    invoke(arguments(folder))
    assert (folder / "out/metrics.csv").read_bytes() == first
    assert first.splitlines()[0] == (
        b"run,backbone,reward_model,scale,seed,split,metric,value,low,high,n"
    )


def test_a_threshold_is_chosen_on_validation_scores(folder):
    invoke(
        arguments(
            folder,
            validation_captions=folder / "test.jsonl",
            validation_scores=folder / "scores.jsonl",
        )
    )
    threshold = read_rows(folder / "out/metrics.csv", Metric)[-1]
    # Negatives up to 0.2, originals from 0.9: the middle on a logarithmic scale.
    assert (threshold.metric, threshold.value, threshold.n) == ("threshold", 0.424264, 4)


def test_baselines_need_no_run(folder):
    changes = {"run": None, "backbone": None, "reward_model": None}
    invoke(arguments(folder, baseline="all_positive", **changes))
    found = values(folder)
    assert (found["token_accuracy"], found["response_accuracy"]) == (0.880952, 0.5)
    assert (found["map_neg"], found["map_pos"], found["token_recall"]) == (0.1, 0.9, 0.0)
    row = read_rows(folder / "out/metrics.csv", Metric)[0]
    assert (row.run, row.backbone, row.reward_model) == ("all_positive", "", "all_positive")
    invoke(arguments(folder, baseline="random", scores=None, seed=3, **changes))
    assert "token_accuracy" not in values(folder)
    assert read_rows(folder / "out/metrics.csv", Metric)[0].seed == "3"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run": "q"}, "scores of the run 'p/tldr/seed0'; --run is 'q'"),
        ({"run": None}, "--run and --reward-model are needed unless --baseline names them"),
        ({"scores": None}, "--scores FILE or --baseline all_positive|random is needed"),
        ({"captions": "missing.jsonl"}, "no such file: missing.jsonl"),
        (
            {"validation_scores": "x.jsonl"},
            "--validation-captions and --validation-scores are needed together",
        ),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(folder, changes, message):
    with pytest.raises(InputError) as error:
        invoke(arguments(folder, **changes))
    assert message in str(error.value)
    assert not (folder / "out").exists()


def test_a_file_of_another_format_version_says_so(folder):
    path = folder / "scores.jsonl"
    path.write_text(path.read_text().replace("score/1", "score/2"))
    with pytest.raises(InputError, match="format 'score/2'; this version reads 'score/1'"):
        invoke(arguments(folder))


def test_it_starts_without_pandas_or_torch():
    code = (
        "import sys, tldr_reward.cli.measure_scores;"
        "print(sorted({'pandas', 'torch', 'scipy', 'statsmodels'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )
    assert shown.stdout == "[]\n"
