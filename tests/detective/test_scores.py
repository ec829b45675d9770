"""What is said of a caption, worked out by hand and as properties."""

import doctest
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tldr_reward.detective.scores
import tldr_reward.metrics.calibration
from tldr_reward.detective.scores import CaptionScore, checked_caption
from tldr_reward.errors import InputError
from tldr_reward.metrics.calibration import Calibration

TEXT = "a red balloon. two unhappy dogs."
# `unhappy` is two tokens, as a real tokenizer has it; the second begins with no space.
OFFSETS = ((0, 1), (2, 5), (6, 13), (13, 14), (15, 18), (19, 21), (21, 26), (27, 31), (31, 32))
P_GOOD = (0.9, 0.4, 0.3, 0.95, 0.2, 0.9, 0.6, 0.7, 0.9)
SCORE = CaptionScore(TEXT, OFFSETS, P_GOOD)


@pytest.mark.parametrize("module", [tldr_reward.detective.scores, tldr_reward.metrics.calibration])
def test_the_examples_in_the_documentation_are_true(module):
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)


def test_adjacent_flagged_tokens_are_one_span():
    spans = [(span.text, span.start, span.end, span.p_good) for span in SCORE.spans]
    assert spans == [("red balloon", 2, 13, 0.3), ("two", 15, 18, 0.2)]


def test_spans_end_with_their_sentence():
    score = CaptionScore("a dog. a cat.", ((0, 1), (2, 5), (5, 6), (7, 8), (9, 12), (12, 13)),
                         (0.9, 0.1, 0.1, 0.1, 0.9, 0.9))  # fmt: skip
    assert [span.text for span in score.spans] == ["dog.", "a"]


def test_a_word_is_as_good_as_its_worst_token():
    words = {word.text: word.p_good for word in SCORE.words}
    assert words == {"a": 0.9, "red": 0.4, "balloon": 0.3, ".": 0.9, "two": 0.2,
                     "unhappy": 0.6, "dogs": 0.7}  # fmt: skip
    assert [word.sentence for word in SCORE.words] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_sentence_and_a_response_are_good_when_all_tokens_are():
    assert [(s.text, s.p_good, s.good) for s in SCORE.sentences] == [
        ("a red balloon.", 0.3, False),
        ("two unhappy dogs.", 0.2, False),
    ]
    assert [s.good for s in SCORE.at(0.25).sentences] == [True, False]
    assert (SCORE.good, SCORE.at(0.2).good, SCORE.at(0.19).good) == (False, False, True)


def test_a_token_at_the_threshold_is_flagged():
    assert [span.text for span in SCORE.at(0.2).spans] == ["two"]
    assert SCORE.at(0).spans == ()


def test_confidence_is_the_calibrated_probability_of_an_error():
    score = CaptionScore("a b", ((0, 1), (2, 3)), (0.5, 0.9), calibration=Calibration(1.0, 2.0))
    (span,) = score.spans
    assert span.confidence == pytest.approx(0.11920292202211755)  # 1 / (1 + e^2)
    assert score.confidence == span.confidence


def test_json_and_back():
    fields = json.loads(json.dumps(SCORE.as_dict()))
    assert CaptionScore.from_dict(fields) == SCORE
    assert fields["spans"][1] == {"text": "two", "start": 15, "end": 18, "p_good": 0.2,
                                  "confidence": 0.8}  # fmt: skip
    for broken in ({}, {"format": "caption-score/2"}, fields | {"tokens": []},
                   {name: fields[name] for name in fields if name != "level"}):  # fmt: skip
        with pytest.raises(InputError):
            CaptionScore.from_dict(broken)


def test_a_response_level_score_is_of_the_whole_text():
    score = CaptionScore(TEXT, ((0, 32),), (0.3,), level="response")
    assert [(s.text, s.good) for s in score.sentences] == [(TEXT, False)]
    assert [span.text for span in score.spans] == [TEXT]
    assert score.words == ()


@pytest.mark.parametrize(
    "change", [{"threshold": 1.2}, {"level": "word"}, {"offsets": OFFSETS[1:]}]
)
def test_bad_scores_are_refused(change):
    with pytest.raises(InputError):
        CaptionScore(**{"text": TEXT, "offsets": OFFSETS, "p_good_of_tokens": P_GOOD} | change)


@pytest.mark.parametrize("text", ["", " \n", "a" * 50_001, None])
def test_a_caption_needs_words_and_has_an_end(text):
    with pytest.raises(InputError):
        checked_caption(text)


@given(st.lists(st.floats(0, 1), min_size=9, max_size=9), st.floats(0, 1))
def test_spans_hold_the_flagged_tokens_and_no_other(p_good, threshold):
    score = CaptionScore(TEXT, OFFSETS, tuple(p_good), threshold)
    inside = [any(span.start <= start and end <= span.end for span in score.spans)
              for start, end in OFFSETS]  # fmt: skip
    assert inside == [p <= threshold for p in p_good]
    assert score.good == (not score.spans)
    assert "".join(text for text, _ in score.coloured()) == TEXT
