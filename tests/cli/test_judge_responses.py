"""judge-responses: the oracle's words on generated text, readable or not."""

import pytest

from tests.scenes import SCENE
from tldr_reward.records import (
    AnswerVerdict,
    CaptionRecord,
    Judgement,
    ModelResponse,
    read_records,
    write_records,
)

TRUE = "a big red circle is in the top row, first column."
FALSE = "a big blue circle is in the top row, first column."
OTHER = "it is a lovely picture of"


def caption(number: int, text: str, image_id: str = SCENE.image_id) -> CaptionRecord:
    return CaptionRecord(f"c{number}", image_id, "describe.", text, "caption", "generated")


@pytest.fixture
def judge(tmp_path, command):
    """Runs the command on captions and on answers to two questions."""

    def run(captions, said):
        ask = [
            ("q0", "what colour is the diamond? (A) red (B) blue (C) green (D) cyan", "(B)"),
            ("q1", "how many objects are there?", "four"),
        ]
        questions = [
            CaptionRecord(name, SCENE.image_id, prompt, answer, "vqa", "original", bad_spans=())
            for name, prompt, answer in ask
        ]
        write_records(tmp_path / "scenes.jsonl", [SCENE])
        write_records(tmp_path / "captions.jsonl", captions)
        write_records(tmp_path / "exam.jsonl", questions[:1])
        write_records(tmp_path / "mix.jsonl", questions[1:])
        write_records(tmp_path / "said.jsonl", [ModelResponse(*pair) for pair in said])
        outcome = command(
            f"judge-responses --scenes {tmp_path}/scenes.jsonl "
            f"--captions {tmp_path}/captions.jsonl --judgements {tmp_path}/judged.jsonl "
            f"--questions {tmp_path}/exam.jsonl --questions {tmp_path}/mix.jsonl "
            f"--responses {tmp_path}/said.jsonl --answers {tmp_path}/answers.jsonl"
        )
        if outcome.status:
            return outcome, [], []
        return (
            outcome,
            read_records(tmp_path / "judged.jsonl", Judgement),
            read_records(tmp_path / "answers.jsonl", AnswerVerdict),
        )

    return run


def test_words_are_judged_where_the_sentence_is_of_the_grammar(judge):
    texts = [TRUE, FALSE, f"{FALSE} {OTHER}", OTHER, "<loc0001> \u200b"]
    _, judged, _ = judge([caption(number, text) for number, text in enumerate(texts)], [])
    assert judged == [
        Judgement("c0", 1, ((0, 49),), ()),
        Judgement("c1", 1, ((0, 50),), ((6, 10),)),  # "blue"
        Judgement("c2", 2, ((0, 50),), ((6, 10),)),
        Judgement("c3", 1, (), ()),
        Judgement("c4", 1, (), ()),
    ]


def test_answers_are_right_wrong_or_not_answers(judge):
    _, _, verdicts = judge([], [("q0", "B"), ("q1", "three")])
    assert verdicts == [
        AnswerVerdict("q0", SCENE.image_id, "exam", True, True),
        AnswerVerdict("q1", SCENE.image_id, "mix", True, False),
    ]
    _, _, verdicts = judge([], [("q0", "(A) (B)"), ("q1", "")])
    assert [(verdict.parsed, verdict.correct) for verdict in verdicts] == [(False, False)] * 2


def test_a_set_that_was_not_asked_has_no_verdicts(judge):
    _, _, verdicts = judge([], [("q1", "four")])
    assert [verdict.question_set for verdict in verdicts] == ["mix"]


def test_an_image_without_a_scene_ends_in_one_line(judge):
    outcome, _, _ = judge([caption(0, TRUE, "photo-1")], [])
    assert outcome.status == 2
    assert "image 'photo-1' has no scene to judge it by" in outcome.err
