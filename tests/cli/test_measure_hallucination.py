"""measure-hallucination: a small zoo model from files, and models that said nothing."""

import dataclasses
import math

import pytest

from tldr_reward.metrics.zoo import ExampleToken
from tldr_reward.records import (
    AnswerVerdict,
    CaptionRecord,
    CollectedRow,
    Judgement,
    Metric,
    ScoreRecord,
    read_rows,
    write_records,
    write_rows,
)
from tldr_reward.spans import word_spans

RUN = "llama/tldr/seed0"
TEXT = "a red ring. a dot."


@dataclasses.dataclass(frozen=True)
class Said:
    """One caption: P(good) of its seven tokens, judged and bad spans."""

    p_good: tuple[float, ...]
    judged: tuple = ((0, 11), (12, 18))
    bad: tuple = ()


CALM = (0.9,) * 7
CAUGHT = Said((0.9, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9), bad=((2, 5),))
MISSED = Said(CALM, bad=((2, 5),))
FALSE_ALARM = Said((0.9, 0.9, 0.9, 0.9, 0.2, 0.9, 0.9))
FINE = Said(CALM)
UNPARSED = Said(CALM, judged=((0, 11),))


def write(folder, name, said, run=RUN):
    captions = [
        CaptionRecord(f"{name}-{n}-m", f"{name}-{n}", "describe.", TEXT, "caption", "generated")
        for n in range(len(said))
    ]
    scores = [
        ScoreRecord(caption.caption_id, run, tuple(word_spans(TEXT)), one.p_good)
        for caption, one in zip(captions, said, strict=True)
    ]
    judgements = [
        Judgement(caption.caption_id, 2, one.judged, one.bad)
        for caption, one in zip(captions, said, strict=True)
    ]
    for kind, records in (("captions", captions), ("scores", scores), ("judgements", judgements)):
        write_records(folder / f"{kind}_{name}.jsonl", records)


@pytest.fixture
def measure(tmp_path, command):
    """Runs the command on a model's test and calibration captions; its metrics by name."""

    def run(said, calibration, answers=(), empty=0, detector="llama"):
        write(tmp_path, "test", said)
        write(tmp_path, "validation", calibration)
        write_records(tmp_path / "answers.jsonl", answers)
        row = CollectedRow("mine", "test", "describe.", 20, len(said) + empty, empty, 1)
        write_rows(tmp_path / "summary.csv", [row], CollectedRow)
        files = " ".join(
            f"--{prefix}{kind} {tmp_path}/{kind}_{name}.jsonl"
            for prefix, name in (("", "test"), ("calibration-", "validation"))
            for kind in ("captions", "scores", "judgements")
        )
        outcome = command(
            f"measure-hallucination --model mine {files} --answers {tmp_path}/answers.jsonl "
            f"--summary {tmp_path}/summary.csv --backbone {detector} --reward-model tldr --seed 0 "
            f"--scale smoke --split test --bootstrap 60 --metrics {tmp_path}/metrics.csv "
            f"--example {tmp_path}/example.csv"
        )
        rows = read_rows(tmp_path / "metrics.csv", Metric) if not outcome.status else []
        return outcome, {row.metric: row for row in rows}

    return run


def test_a_model_worked_out_by_hand(measure, tmp_path):
    said = [CAUGHT, MISSED, FALSE_ALARM, FINE, FINE]
    outcome, found = measure(said, [CAUGHT, CAUGHT, MISSED, FALSE_ALARM, FINE, FINE])
    assert outcome.status == 0, outcome.err
    values = {name: row.value for name, row in found.items()}
    assert values["hallucination_token"] == pytest.approx(2 / 35, abs=1e-6)
    assert values["true_hallucination_token"] == pytest.approx(2 / 35, abs=1e-6)
    assert values["hallucination_difference_token"] == 0
    assert values["hallucination_sentence"] == pytest.approx(0.2)  # one of two, in two of five
    assert values["hallucination_response"] == pytest.approx(0.4)
    assert values["sensitivity_response"] == pytest.approx(2 / 3, abs=1e-6)
    assert values["specificity_response"] == pytest.approx(2 / 3, abs=1e-6)
    assert values["corrected_hallucination_response"] == pytest.approx(0.2, abs=1e-5)
    assert values["specificity_token"] == pytest.approx(38 / 39, abs=1e-6)
    assert values["neg_log_hallucination_token"] == pytest.approx(-math.log(2 / 35), abs=1e-5)
    assert values["caption_tokens"] == 7
    assert values["unparsed_sentences"] == 0
    assert values["truncated"] == 0.2
    assert found["hallucination_token"].n == 5
    assert found["neg_log_hallucination_token"].n == 35
    assert all(row.low <= row.value <= row.high for row in found.values())
    assert {(row.run, row.backbone, row.scale) for row in found.values()} == {
        ("mine", "llama", "smoke")
    }
    # Figure 3: two captions have a flagged token, of equal rates; the first id is shown.
    tokens = read_rows(tmp_path / "example.csv", ExampleToken)
    assert {token.caption_id for token in tokens} == {"test-0-m"}
    assert [(token.token, token.flagged, token.bad) for token in tokens][:3] == [
        ("a", 0, 0), ("red", 1, 1), ("ring", 0, 0),
    ]  # fmt: skip
    assert [token.sentence for token in tokens] == [0, 0, 0, 0, 1, 1, 1]


def test_an_unparsed_sentence_is_left_out_of_the_truth(measure):
    outcome, found = measure([UNPARSED, UNPARSED], [CAUGHT, FINE])
    assert outcome.status == 0, outcome.err
    assert found["unparsed_sentences"].value == 0.5
    assert found["unparsed_sentences"].n == 4
    assert found["neg_log_true_hallucination_token"].n == 8


def test_a_detector_that_never_fires_corrects_nothing(measure):
    _, found = measure([FINE, MISSED], [MISSED, FINE])
    assert found["sensitivity_token"].value == 0
    assert "corrected_hallucination_token" not in found
    assert found["neg_log_hallucination_token"].value == pytest.approx(math.log(30), abs=1e-5)


def test_a_model_that_says_nothing_has_counts_alone(measure, tmp_path):
    outcome, found = measure([], [], empty=4)
    assert outcome.status == 0, outcome.err
    assert set(found) == {"empty", "truncated"}
    assert found["empty"].value == 1
    assert read_rows(tmp_path / "example.csv", ExampleToken) == []


def test_answers_are_counted_by_set(measure):
    verdicts = [
        AnswerVerdict(f"q{n}", f"test-{n}", name, parsed, correct)
        for n, (name, parsed, correct) in enumerate(
            [("exam", True, True), ("exam", True, False), ("exam", False, False),
             ("exam", True, True), ("mix", False, False)]
        )
    ]  # fmt: skip
    _, found = measure([FINE], [FINE], verdicts)
    assert (found["exam_accuracy"].value, found["exam_accuracy"].n) == (0.5, 4)
    assert found["exam_unparsed"].value == 0.25
    assert (found["mix_accuracy"].value, found["mix_unparsed"].value) == (0, 1)
    # One question an image: independent items, Wilson's interval.
    assert found["exam_accuracy"].low == pytest.approx(0.1500, abs=1e-4)


def test_scores_of_another_detector_end_in_one_line(measure):
    outcome, _ = measure([FINE], [FINE], detector="paligemma")
    assert outcome.status == 2
    assert "the detector is 'paligemma/tldr/seed0'" in outcome.err


def test_without_an_oracle_rates_are_the_detectors_alone(tmp_path, command):
    write(tmp_path, "test", [CAUGHT, MISSED, FALSE_ALARM, FINE, FINE])
    row = CollectedRow("mine", "test", "describe.", 20, 5, 0, 1)
    write_rows(tmp_path / "summary.csv", [row], CollectedRow)
    (tmp_path / "known.tsv").write_text(
        "model\tbenchmark\tscore\tsource\tdate\n"
        "gpt-4o\tmmmu\t69.1\tsomebody\t2025\n"
        "other\tmmmu\t50.0\tsomebody\t2025\n"
    )
    told = (
        f"measure-hallucination --model mine --captions {tmp_path}/captions_test.jsonl "
        f"--scores {tmp_path}/scores_test.jsonl --summary {tmp_path}/summary.csv "
        f"--known-scores {tmp_path}/known.tsv --known-as gpt-4o --backbone llama "
        f"--reward-model tldr --seed 0 --scale smoke --split test --bootstrap 60 "
        f"--metrics {tmp_path}/metrics.csv --example {tmp_path}/example.csv"
    )
    assert command(told).status == 0
    found = {row.metric: row for row in read_rows(tmp_path / "metrics.csv", Metric)}
    levels = ("token", "sentence", "response")
    estimated = {f"{name}_{level}" for name in ("hallucination", "neg_log_hallucination")
                 for level in levels}  # fmt: skip
    assert set(found) == estimated | {"caption_tokens", "empty", "truncated", "mmmu"}
    assert found["hallucination_token"].value == pytest.approx(2 / 35, abs=1e-6)
    assert found["mmmu"].value == 0.691 and math.isnan(found["mmmu"].low)
    tokens = read_rows(tmp_path / "example.csv", ExampleToken)
    assert [(token.token, token.flagged, token.judged) for token in tokens][1] == ("red", 1, 0)
    # An oracle's judgements without those that calibrate, or the other way round, are a mistake.
    half = command(f"{told} --judgements {tmp_path}/judgements_test.jsonl")
    assert half.status == 2 and "go together" in half.err
