"""Wins, ties and losses of corrections by hand-worked examples, and their exact tests."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.correction import (
    HumanVerdict,
    Outcome,
    measure_correction,
    outcomes_by_oracle,
    outcomes_by_people,
    paired_sign_test,
    sign_test,
)
from tldr_reward.records import CaptionRecord, Judgement


def caption(caption_id, text, parent_id=None):
    return CaptionRecord(
        caption_id, "i", "describe.", text, "caption", "generated", parent_id=parent_id
    )


def judgement(caption_id, bad, sentences=1):
    return Judgement(caption_id, sentences, ((0, 4),), tuple((i, i + 1) for i in range(bad)))


BEFORE = [caption(name, "a b.") for name in "vwxyz"]
AFTER = [
    caption("v2", "a c.", "v"),
    caption("w2", "c b.", "w"),
    caption("x2", "c c.", "x"),
    caption("y2", "a b.", "y"),
    caption("z2", "c d e.", "z"),
]
JUDGED = [
    *(judgement(name, bad) for name, bad in zip("vwxyz", (2, 1, 1, 1, 1), strict=True)),
    *(judgement(f"{name}2", bad) for name, bad in zip("vwxy", (0, 1, 2, 1), strict=True)),
    judgement("z2", 0, sentences=2),
]


def test_fewer_wrong_words_win_and_what_cannot_be_read_is_not_judged():
    found = outcomes_by_oracle(BEFORE, AFTER, {one.caption_id: one for one in JUDGED})
    assert found == [
        Outcome("v", True, "win"),
        Outcome("w", True, "tie"),
        Outcome("x", True, "loss"),
        Outcome("y", False, None),
        Outcome("z", True, None),
    ]
    counts = measure_correction(found, samples=20)
    assert {name: (count.count, count.n) for name, count in counts.items()} == {
        "flagged": (5, 20),
        "self_corrected": (4, 5),
        "not_judged": (1, 4),
        "win": (1, 3),
        "tie": (1, 3),
        "loss": (1, 3),
    }
    # Wilson's interval of 5 of 20 is 11.2% to 46.9%.
    assert counts["flagged"].low == pytest.approx(2.237, abs=1e-3)
    assert counts["flagged"].high == pytest.approx(9.374, abs=1e-3)


def test_a_correction_of_an_unknown_caption_or_without_judgement_is_named():
    with pytest.raises(InputError, match="'v2' corrects 'v', which is absent"):
        outcomes_by_oracle([], AFTER, {})
    with pytest.raises(InputError, match="caption 'v' has no judgement"):
        outcomes_by_oracle(BEFORE, AFTER, {})


def test_people_judge_changed_captions():
    said = [HumanVerdict("v2", "win"), HumanVerdict("x2", "loss"), HumanVerdict("y2", "win")]
    found = outcomes_by_people(BEFORE, AFTER, said)
    assert [one.verdict for one in found] == ["win", None, "loss", None, None]
    with pytest.raises(InputError, match="verdict 'better'; allowed: win, tie, loss"):
        HumanVerdict("v2", "better")


def outcomes(verdicts):
    return [
        Outcome(str(index), verdict != "kept", None if verdict == "kept" else verdict)
        for index, verdict in enumerate(verdicts)
    ]


def test_sign_tests_are_exact():
    # 12 wins to 2 losses: 2 (1 + 14 + 91) / 2^14.
    assert sign_test(outcomes(["win"] * 12 + ["loss"] * 2 + ["tie"] * 7)) == pytest.approx(
        2 * 106 / 2**14
    )
    first = outcomes(["win", "win", "win", "win", "win", "tie", "loss"])
    second = outcomes(["kept", "tie", "loss", "kept", "tie", "tie", "loss"])
    assert paired_sign_test(first, second) == pytest.approx(2 / 2**5)
    with pytest.raises(InputError, match="under one guidance only"):
        paired_sign_test(first, second[:3])
