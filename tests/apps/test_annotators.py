"""Simulated annotators: times added up by hand, what is found and what is missed."""

import dataclasses

import numpy as np
import pytest

from tldr_reward.apps.annotators import (
    Annotator,
    Task,
    TimeModel,
    annotate,
    false_captions,
    simulate,
)
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord

# Reading 60 words a minute, everything certain: times can be added up in the head.
MODEL = TimeModel(60, check=10, mental=5, point=2, home=1, key=0.5, notice=1.0, noise=0.0)
SURE = Annotator("a", 60, vigilance=0.0)
#       0 2   6    10 12  16   20
TEXT = "a red ball. a big cat. no dog."
TRUTH = "a blue ball. a big cat. no dog."
RED, BIG, CAT = (2, 5), (14, 17), (18, 21)
CLAIMS = (RED, (6, 10), BIG, CAT)
HAND_IN = 2 + 0.5


def task(*flagged, text=TEXT, truth=TRUTH, claims=CLAIMS):
    return Task("i", text, truth, flagged, claims)


def done(work, guidance, annotator=SURE, model=MODEL, seed=0):
    return annotate(work, guidance, annotator, model, np.random.default_rng(seed))


def test_binary_guidance_checks_every_claim():
    # 8 words read; red, ball, big, cat and the sentence without a claim checked; "blue" typed.
    mending = 5 + 2 + 2 * 0.5 + 2 * 1 + 4 * 0.5
    assert done(task(RED), "binary") == (8 + 5 * 10 + mending + HAND_IN, TRUTH)


def test_token_guidance_checks_what_is_highlighted():
    mending = 5 + 2 + 2 * 0.5 + 2 * 1 + 4 * 0.5
    assert done(task(RED), "token") == (8 + 10 + mending + HAND_IN, TRUTH)
    # A true word is highlighted as well, and one instead: checked, and no more than that.
    assert done(task(RED, CAT), "token") == (8 + 20 + mending + HAND_IN, TRUTH)
    assert done(task(CAT), "token") == (8 + 10 + HAND_IN, TEXT)


def test_without_a_highlight_everything_is_checked():
    assert done(task(), "token") == done(task(), "binary")


def test_vigilance_finds_what_was_not_flagged_and_takes_its_time():
    watchful = dataclasses.replace(SURE, vigilance=1.0)
    mending = 5 + 2 + 2 * 0.5 + 2 * 1 + 4 * 0.5
    assert done(task(CAT), "token", watchful) == (8 + 5 * 10 + mending + HAND_IN, TRUTH)
    half = dataclasses.replace(SURE, vigilance=0.5)
    found = [done(task(CAT), "token", half, seed=seed)[1] == TRUTH for seed in range(200)]
    assert 80 <= sum(found) <= 120


def test_errors_are_overlooked_and_flags_believed_by_chance():
    blind = dataclasses.replace(MODEL, notice=0.0)
    assert done(task(RED), "binary", model=blind)[1] == TEXT
    # The error is overlooked; the flag on a true word is believed and the word deleted.
    mending = 5 + 2 + 2 * 0.5 + 2 * 1 + 0.5
    expected = (8 + 20 + mending + HAND_IN, "a red ball. a big. no dog.")
    assert done(task(RED, CAT), "token", model=blind) == expected


def test_a_deletion_beside_a_mended_word_spares_the_rest():
    half = dataclasses.replace(MODEL, notice=0.5)
    work = task(RED, (6, 10))
    texts = {done(work, "token", model=half, seed=seed)[1] for seed in range(60)}
    rest = " a big cat. no dog."
    assert texts == {f"a {words}.{rest}" for words in ("red ball", "red", "blue ball", "blue")}


def test_a_fast_reader_is_fast_in_everything_and_noise_keeps_the_mean():
    fast = dataclasses.replace(SURE, words_per_minute=120)
    assert done(task(), "binary", fast)[0] == done(task(), "binary")[0] / 2
    noisy = dataclasses.replace(MODEL, noise=0.21)
    rng = np.random.default_rng(0)
    times = [annotate(task(RED), "token", SURE, noisy, rng)[0] for _ in range(4000)]
    assert np.mean(times) == pytest.approx(done(task(RED), "token")[0], rel=0.01)
    assert np.std(np.log(times)) == pytest.approx(0.21, abs=0.01)


def test_a_log_has_no_caption_twice_and_a_clock_that_runs_on():
    tasks = [dataclasses.replace(task(RED), item=f"i{k}") for k in range(9)]
    people = [SURE, Annotator("b", 30, 0.0)]
    rows = simulate(tasks, people, MODEL, 2, seed=0)
    assert [(row.annotator, row.guidance) for row in rows] == [
        (name, guidance) for name in "ab" for guidance in ("binary", "token") for _ in range(2)
    ]
    assert len({row.item for row in rows}) == 8
    assert {row.source for row in rows} == {"simulated"}
    assert [row.started for row in rows[1:4]] == [row.ended for row in rows[:3]]
    assert rows[4].started == 0.0
    assert rows == simulate(tasks, people, MODEL, 2, seed=0)
    assert rows != simulate(tasks, people, MODEL, 2, seed=1)
    with pytest.raises(InputError, match="annotators are 12; there are 9 false captions"):
        simulate(tasks, people, MODEL, 3, seed=0)


def caption(caption_id, text, origin="original", parent=None, task="caption"):
    bad = ((2, 5),) if parent else ()
    return CaptionRecord(caption_id, "A", "p", text, task, origin, None, parent, bad)


def test_false_captions_come_with_their_truth():
    records = [
        caption("b", TEXT, "perturbed", "a"),
        caption("a", TRUTH),
        caption("q", "no way", "perturbed", "a", "vqa"),
    ]
    assert false_captions(records) == [(records[0], TRUTH)]
    with pytest.raises(InputError, match="has the original 'a', which is not among"):
        false_captions(records[:1])
