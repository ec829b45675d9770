"""simulate-annotation and measure-annotation, on a drawn world: files in, files out, bad input."""

import re

import pytest

from tldr_reward.annotations import read_annotations
from tldr_reward.records import (
    CaptionRecord,
    Metric,
    ScoreRecord,
    read_records,
    read_rows,
    write_records,
)
from tldr_reward.spans import overlaps, word_spans

CONSTANTS = (
    "--words-per-minute 238 --check-seconds 1.35 --mental-seconds 1.35 --point-seconds 1.1 "
    "--home-seconds 0.4 --key-seconds 0.2 --notice 1 --noise 0"
)


@pytest.fixture
def scores(world, tmp_path):
    """A detector that finds every bad word but those of counterfactuals."""
    records = []
    for caption in read_records(world.test, CaptionRecord):
        words = tuple(word_spans(caption.text))
        bad = () if caption.taxonomy == "counterfactual" else caption.bad_spans
        p_good = tuple(0.1 if overlaps(word, bad) else 0.9 for word in words)
        records.append(ScoreRecord(caption.caption_id, "m", words, p_good))
    write_records(tmp_path / "scores.jsonl", records)
    return tmp_path / "scores.jsonl"


def simulate(command, world, scores, people="--reads a=300 --reads b=175", each=2):
    return command(
        f"simulate-annotation --captions {world.test} --scores {scores} {people} {CONSTANTS} "
        f"--per-guidance {each} --out {scores.parent}/log.csv"
    )


def test_a_simulated_log_is_made_and_measured(command, world, scores):
    assert simulate(command, world, scores).status == 0
    log, out = scores.parent / "log.csv", scores.parent / "metrics.csv"
    rows = read_annotations(log)
    assert {(row.annotator, row.guidance) for row in rows} == {
        ("a", "binary"), ("a", "token"), ("b", "binary"), ("b", "token")
    }  # fmt: skip
    known = {caption.caption_id: caption for caption in read_records(world.test, CaptionRecord)}
    for row in rows:
        # Everything that is checked is found here; nothing highlighted, everything is checked.
        assert row.after == known[known[row.item].parent_id].text
    measured = command(
        f"measure-annotation --log {log} --captions {world.test} --backbone paligemma "
        f"--scale smoke --bootstrap 20 --metrics {out}"
    )
    assert measured.status == 0, measured.err
    found = {row.metric: row for row in read_rows(out, Metric)}
    assert found["error_free/average/token"].value == 1.0
    assert found["false_edit/average/binary"].value == 0.0
    assert found["speed_up/average"].n == 8
    assert found["speed_up/average"].run == "annotation/simulated/paligemma"
    assert simulate(command, world, scores).status == 0
    assert read_annotations(log) == rows


def test_without_scores_the_bad_words_are_highlighted(command, world, tmp_path):
    line = (
        f"simulate-annotation --captions {world.test} --reads a=238 {CONSTANTS} --per-guidance 4 "
        f"--out {tmp_path}/log.csv"
    )
    assert command(line).status == 0
    known = {caption.caption_id: caption for caption in read_records(world.test, CaptionRecord)}
    for row in read_annotations(tmp_path / "log.csv"):
        if row.guidance == "token":
            words = row.before.replace(".", " ").replace(",", " ").split()
            bad = [
                span for span in word_spans(row.before) if overlaps(span, known[row.item].bad_spans)
            ]
            # Reading, a check and a mending for each bad word, handing in.
            least = len(words) * 60 / 238 + len(bad) * (1.35 + 1.35 + 1.1 + 2 * 0.2 + 0.8) + 1.3
            assert least + 0.2 * len(bad) - 0.01 <= row.seconds <= least + 2.4 * len(bad) + 0.01


@pytest.mark.parametrize(
    ("people", "each", "message"),
    [
        ("--reads a", 1, "--reads 'a': name=number is needed, at least 0"),
        ("--reads a=-1", 1, "--reads 'a=-1': name=number is needed, at least 0"),
        ("--reads a=0", 1, "--reads a=0: more than 0 words a minute are needed"),
        ("--reads a=1 --reads a=2", 1, "--reads: 'a' is given twice"),
        ("--reads a=1 --vigilance b=1", 1, "--vigilance b: no --reads of that name; has ['a']"),
        ("--reads a=1 --vigilance a=2", 1, "--vigilance a=2: a share from 0 to 1 is needed"),
        ("--reads a=1", 99, "of 1 annotators are 198; there are 8 false captions"),
    ],
)
def test_bad_people_end_in_one_line(command, world, scores, people, each, message):
    ended = simulate(command, world, scores, people, each)
    assert ended.status == 2
    assert ended.err.endswith("\n") and ended.err.count("\n") == 1
    assert message in ended.err
    assert not (scores.parent / "log.csv").exists()


def test_a_caption_without_a_score_is_named(command, world, scores):
    lines = scores.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not re.search(r"test-000003-c0-\w", line)]
    assert len(kept) == len(lines) - 1
    scores.write_text("".join(kept))
    ended = simulate(command, world, scores)
    assert ended.status == 2
    assert "scores.jsonl has no score of caption 'test-000003-c0-" in ended.err


HEADER = "annotator,item,guidance,started,ended,before,after"
PEOPLE = [
    "p,photo1,binary,0,100,a dog,a cat", "p,photo2,binary,100,220,a dog,a cat",
    "p,photo3,token,220,250,a dog,a cat", "p,photo4,token,250,290,a dog,a cat",
]  # fmt: skip


def test_a_human_log_needs_no_labels(command, tmp_path):
    (tmp_path / "log.csv").write_text("\n".join([HEADER, *PEOPLE]) + "\n")
    line = f"measure-annotation --log {tmp_path}/log.csv --scale paper --metrics {tmp_path}/m.csv"
    assert command(line).status == 0
    rows = read_rows(tmp_path / "m.csv", Metric)
    values = {row.metric: row.value for row in rows}
    assert values["seconds/p/binary"] == 110 and values["seconds/p/token"] == 35
    assert "error_free/p/token" not in values
    assert {(row.run, row.backbone) for row in rows} == {("annotation/human", "")}


def test_a_log_of_people_and_simulated_ones_is_refused(command, tmp_path):
    mixed = [
        f"{row},{source}" for row, source in zip(PEOPLE, ["human", "simulated"] * 2, strict=True)
    ]
    (tmp_path / "log.csv").write_text("\n".join([f"{HEADER},source", *mixed]) + "\n")
    ended = command(
        f"measure-annotation --log {tmp_path}/log.csv --scale paper --metrics {tmp_path}/m.csv"
    )
    assert ended.status == 2
    assert "rows of the sources human, simulated; one is needed" in ended.err
    assert not (tmp_path / "m.csv").exists()
