"""What a correction did, by labels and truth."""

import pytest

from tldr_reward.annotations import AnnotationRow
from tldr_reward.errors import InputError
from tldr_reward.metrics.corrections import Correction, judge, judge_corrections
from tldr_reward.records import CaptionRecord

TRUTH = "a blue ball. a big cat."
TEXT = "a red ball. a small cat."
RED, SMALL = (2, 5), (14, 19)


def caption(text=TEXT, bad=(RED, SMALL), parent="t"):
    origin = "perturbed" if parent else "original"
    return CaptionRecord("c", "A", "p", text, "caption", origin, None, parent, bad)


@pytest.mark.parametrize(
    ("after", "error_free", "false_edit"),
    [
        (TRUTH, True, False),
        (TEXT, False, False),
        ("a blue ball. a small cat.", False, False),
        ("a green ball. a big cat.", False, False),
        ("a blue ball. a big dog.", True, True),
        ("a blue. a big cat.", True, True),
        ("a blue ball. a very big cat.", True, False),
        ("a blue ball. a big cat. yes.", True, True),
        ("a ball. a big cat.", False, False),
    ],
)
def test_with_the_truth_the_true_words_must_stand_there(after, error_free, false_edit):
    assert judge(caption(), after, TRUTH) == Correction(error_free, false_edit)


@pytest.mark.parametrize(
    ("after", "error_free", "false_edit"),
    [
        (TEXT, False, False),
        ("a green ball. a cat.", True, False),
        ("a green ball. a small cat.", False, False),
        ("a ball. a big dog.", True, True),
    ],
)
def test_without_the_truth_bad_words_must_be_gone(after, error_free, false_edit):
    assert judge(caption(), after, None) == Correction(error_free, false_edit)


def test_an_inserted_negation_is_gone_when_deleted():
    text = "the ball is not red."
    assert judge(caption(text, ((12, 15),)), "the ball is red.", "the ball is red.") == Correction(
        True, False
    )


def test_a_missing_word_must_be_put_back():
    # The deletion marks the next word (section 4), which is true.
    record = caption("the ball is red.", ((12, 15),))
    truth = "the ball is not red."
    assert judge(record, truth, truth) == Correction(True, False)
    assert judge(record, record.text, truth) == Correction(False, False)


def row(item, before, after):
    return AnnotationRow("a", item, "token", 0.0, 1.0, before, after)


def test_rows_are_judged_by_their_items_captions():
    known = {"c": caption(), "t": caption(TRUTH, (), None), "u": caption(bad=None)}
    rows = [row("c", TEXT, TRUTH), row("x", "any", "thing"), row("u", TEXT, TRUTH)]
    assert judge_corrections(rows, known) == [Correction(True, False), None, None]
    with pytest.raises(InputError, match="item 'c' of 'a' corrects another text"):
        judge_corrections([row("c", TRUTH, TRUTH)], known)
