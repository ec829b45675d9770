"""Joining captions and scores: labels, order, and every mismatch in one line."""

import dataclasses

import numpy as np
import pytest

from tldr_reward.errors import InputError
from tldr_reward.metrics.items import join
from tldr_reward.records import CaptionRecord, ScoreRecord


def test_tokens_get_labels_and_sentences_from_the_captions(captions, scores):
    joined = join(captions, list(reversed(scores)))
    assert joined.caption_ids == ("a0", "a1", "b0", "b1")
    assert joined.image_ids == ("A", "B")
    assert joined.image_of.tolist() == [0, 0, 1, 1]
    assert joined.parent_of.tolist() == [-1, 0, -1, 2]
    assert joined.gold_good.tolist() == [True, False, True, False]
    assert joined.response_of.tolist() == [0] * 7 + [1] * 7 + [2] * 3 + [3] * 3
    assert np.flatnonzero(~joined.token_good).tolist() == [8, 17]
    expected = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5]
    assert joined.sentence_of.tolist() == expected
    assert not joined.response_level


def test_a_run_with_one_probability_a_response_is_response_level(captions, response_scores):
    joined = join(captions, response_scores)
    assert joined.response_level
    # The last token does not touch the bad span; it stands for the whole response.
    assert joined.token_good.tolist() == [True, False, True, False]


def test_one_word_answers_alone_do_not_make_a_run_response_level():
    one = CaptionRecord("a", "A", "how many?", "two", "caption", "original", bad_spans=())
    assert not join([one], [ScoreRecord("a", "m", ((0, 3),), (0.9,))]).response_level


def test_unlabelled_captions_and_unscored_questions_are_left_out(captions, scores):
    unlabelled = dataclasses.replace(captions[0], caption_id="u0", bad_spans=None)
    question = dataclasses.replace(captions[0], caption_id="q0", image_id="C", task="vqa")
    joined = join([*captions, unlabelled, question], scores)
    assert joined.caption_ids == ("a0", "a1", "b0", "b1")
    # Its image stays among those that are resampled: the same for every run on the file.
    assert joined.image_ids == ("A", "B", "C")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, s: (c, s[1:]), "caption 'a0' has no score; every labelled caption needs one"),
        (lambda c, s: (c, [*s, s[0]]), "two score records have the caption_id 'a0'"),
        (lambda c, s: ([*c, c[0]], s), "two caption records have the caption_id 'a0'"),
        (lambda c, s: (c[1:], s), "score of caption 'a0', which is not among the captions"),
        (
            lambda c, s: (c[1:], s[1:]),
            "caption 'a1' has the parent 'a0', which is not among the scored captions",
        ),
        (
            lambda c, s: (c, [ScoreRecord("a0", "m", ((0, 99),), (0.5,)), *s[1:]]),
            "score of caption 'a0' has the token [0, 99), outside its text of 18 characters",
        ),
        (
            lambda c, s: (c, [ScoreRecord("a0", "m", ((2, 5), (0, 1)), (0.5, 0.5)), *s[1:]]),
            "score of caption 'a0' has the token [0, 1) behind one that starts at 2; "
            "tokens stand in the order of the text",
        ),
        (
            lambda c, s: (c, [ScoreRecord("a0", "m", ((0, 1),), (float("nan"),)), *s[1:]]),
            "score of caption 'a0' has p_good nan; a probability from 0 to 1 is needed",
        ),
        (
            lambda c, s: (c, [s[0], ScoreRecord("a1", "m", ((0, 1),), (0.5,)), *s[2:]]),
            "score of caption 'a1' has no token on the bad span [2, 6); were the scores cut short?",
        ),
        (
            lambda c, s: ([dataclasses.replace(x, task="vqa") for x in c], s),
            "no labelled caption of task 'caption': nothing to measure",
        ),
    ],
)
def test_mismatches_are_named(captions, scores, change, message):
    with pytest.raises(InputError) as error:
        join(*change(captions, scores))
    assert str(error.value) == message
