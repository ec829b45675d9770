"""measure-flags: files in, metrics out, and bad input in one line."""

import dataclasses

import pytest

from tldr_reward.records import (
    CaptionRecord,
    Metric,
    ScoreRecord,
    read_records,
    read_rows,
    write_records,
)
from tldr_reward.spans import word_spans


@pytest.fixture
def folder(tmp_path):
    """Two generated captions of one image each; `red` is wrong and flagged, `cat` is flagged."""
    texts = {"g0": ("a red ball. a cat.", ((2, 5),)), "g1": ("a dog.", ())}
    captions, scores = [], []
    for caption_id, (text, bad) in texts.items():
        words = tuple(word_spans(text))
        captions.append(
            CaptionRecord(caption_id, caption_id, "p", text, "caption", "generated", bad_spans=bad)
        )
        p_good = tuple(0.2 if text[a:b] in ("red", "cat") else 0.9 for a, b in words)
        scores.append(ScoreRecord(caption_id, "p/tldr/seed1", words, p_good))
    write_records(tmp_path / "captions.jsonl", captions)
    write_records(tmp_path / "scores.jsonl", scores)
    return tmp_path


def line(folder, run="p/tldr/seed1"):
    return (
        f"measure-flags --captions {folder}/captions.jsonl --scores {folder}/scores.jsonl "
        f"--run {run} --backbone p --scale mini --seed 1 --split generated --bootstrap 20 "
        f"--metrics {folder}/metrics.csv"
    )


def test_generated_captions_are_measured_like_any(command, folder):
    assert command(line(folder)).status == 0
    rows = read_rows(folder / "metrics.csv", Metric)
    assert {row.metric: (row.value, row.n) for row in rows} == {
        "false_negative_rate": (0.0, 1),
        "false_discovery_rate": (0.5, 2),
        "sampled_false_discovery_rate": (0.5, 2),
        "false_omission_rate": (0.0, 1),
        "flagged/token": (round(2 / 7 / 2, 6), 2),
        "flagged/sentence": (0.5, 2),
        "flagged/response": (0.5, 2),
        "bad/token": (round(1 / 7 / 2, 6), 2),
        "bad/sentence": (0.25, 2),
        "bad/response": (0.5, 2),
    }
    assert {(row.run, row.seed, row.split) for row in rows} == {("p/tldr/seed1", "1", "generated")}


def test_of_captions_without_labels_the_flagged_shares_are_measured(command, folder):
    captions = read_records(folder / "captions.jsonl", CaptionRecord)
    blind = [dataclasses.replace(caption, bad_spans=None) for caption in captions]
    assert command(line(folder)).status == 0
    seen = read_rows(folder / "metrics.csv", Metric)
    write_records(folder / "captions.jsonl", blind)
    assert command(line(folder)).status == 0
    rows = read_rows(folder / "metrics.csv", Metric)
    assert rows == [row for row in seen if row.metric.startswith("flagged/")] and len(rows) == 3


def test_scores_of_another_run_are_refused(command, folder):
    ended = command(line(folder, run="q"))
    assert ended.status == 2
    assert "scores of the run 'p/tldr/seed1'; --run is 'q'" in ended.err
    assert not (folder / "metrics.csv").exists()
