"""The file of answers: nothing kept twice or lost, one window a person, a log without pauses."""

import dataclasses
import sqlite3
import threading
from functools import partial

import pytest

from tests.apps.test_study import STUDY, study_items
from tldr_reward.annotations import AnnotationRow, read_annotations
from tldr_reward.apps.store import (
    Event,
    StaleSessionError,
    Store,
    UnknownNameError,
    annotator_name,
)
from tldr_reward.apps.study import steps
from tldr_reward.errors import InputError
from tldr_reward.records import write_rows

ITEMS = study_items()
WAY = partial(steps, STUDY, ITEMS)


@pytest.fixture
def store(tmp_path):
    held = Store(tmp_path / "answers.sqlite", "digest")
    yield held
    held.close()


def event(number, position, kind, seconds, text="a red dot."):
    return Event(f"e{number}", position, kind, seconds, text, 1000.0 + number)


def test_a_name_begins_only_when_asked_to_and_goes_on_in_its_last_window(store):
    with pytest.raises(UnknownNameError, match="nobody has begun here under the name 'ada'"):
        store.enter("ada", False, WAY)
    first = store.enter("ada", True, WAY)
    store.keep(first, [event(1, 0, "edit", 2.0, "a blue dot.")])
    second = store.enter("ada", False, WAY)
    with pytest.raises(StaleSessionError):
        store.keep(first, [event(2, 0, "edit", 3.0, "lost?")])
    assert store.annotator(second) == "ada"
    task = store.task("ada")
    assert (task.position, task.text, task.seconds) == (0, "a blue dot.", 2.0)
    assert store.counts("ada") == (0, 9)


def test_what_is_sent_twice_or_late_changes_nothing(store, tmp_path):
    session = store.enter("ada", True, WAY)
    sent = [
        event(1, 0, "open", 0.0),
        event(2, 0, "edit", 5.0, "b"),
        event(3, 0, "done", 7.5, " c "),
    ]
    store.keep(session, sent)
    store.keep(session, [*sent, event(4, 0, "edit", 9.0, "after the end")])
    store.keep(session, [event(5, 1, "edit", 4.0, "new"), event(6, 1, "edit", 3.0, "older")])
    assert store.task("ada").text == "new"
    (position, text, seconds) = (
        sqlite3.connect(tmp_path / "answers.sqlite")
        .execute("SELECT position, text, seconds FROM tasks WHERE done IS NOT NULL")
        .fetchone()
    )
    assert (position, text, seconds) == (0, "c", 7.5)


def test_one_bad_event_of_several_keeps_none(store):
    session = store.enter("ada", True, WAY)
    with pytest.raises(InputError, match="no caption at position 9"):
        store.keep(session, [event(1, 0, "edit", 1.0, "x"), event(2, 9, "edit", 1.0)])
    assert store.task("ada").text is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "shout"}, "event kind 'shout'; allowed: open, edit"),
        ({"seconds": float("nan")}, "event seconds nan; from 0"),
        ({"seconds": -1.0}, "event seconds -1.0; from 0"),
        ({"id": ""}, "an event id of 1 to 64 characters"),
        ({"kind": "done", "text": " \n"}, "the caption is empty"),
    ],
)
def test_a_bad_event_is_named(fields, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(event(1, 0, "edit", 1.0), **fields)


def test_the_log_has_what_is_done_without_practice_and_pauses(store, tmp_path):
    session = store.enter("ada", True, WAY)
    order = WAY(0)
    for position, step in enumerate(order[:5]):
        # Opened at 1000 + ..., worked on for 2.5 s, handed in much later.
        store.keep(session, [
            event(10 * position, position, "open", 0.0),
            event(10 * position + 9, position, "done", 2.5, f"fixed {step.item}"),
        ])  # fmt: skip
    rows = store.rows(ITEMS)
    assert [(row.item, row.guidance, row.after) for row in rows] == [
        (step.item, step.guidance, f"fixed {step.item}") for step in order[:5] if not step.practice
    ]
    assert [row.seconds for row in rows] == [2.5] * 3
    assert rows[0].started == 1010.0 and rows[0].before == "a red dot."
    write_rows(tmp_path / "log.csv", rows, AnnotationRow)
    assert read_annotations(tmp_path / "log.csv") == rows


def test_several_threads_lose_nothing(store, tmp_path):
    names = [f"p{k}" for k in range(6)]

    def work(name):
        session = store.enter(name, True, WAY)
        for k in range(20):
            store.keep(session, [Event(f"{name}-{k}", 0, "edit", float(k), f"{name} {k}", 0.0)])

    threads = [threading.Thread(target=work, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.task(name).text for name in names] == [f"{name} 19" for name in names]
    held = sqlite3.connect(tmp_path / "answers.sqlite")
    assert held.execute("SELECT count(*) FROM events").fetchone() == (120,)
    places = held.execute("SELECT place FROM annotators ORDER BY place").fetchall()
    assert places == [(k,) for k in range(6)]


def test_answers_of_another_study_and_other_files_are_refused(store, tmp_path):
    with pytest.raises(InputError, match="holds answers to another study: 'digest', not 'other'"):
        Store(tmp_path / "answers.sqlite", "other")
    (tmp_path / "text").write_text("no database, however long it is " * 10)
    with pytest.raises(InputError, match="no file of answers: .*text"):
        Store(tmp_path / "text", "digest")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "=cmd()", "average", "x" * 41, "a\x00b", "<b>"])
def test_a_name_that_a_log_cannot_hold_is_refused(name):
    with pytest.raises(InputError, match="a name begins with a letter or digit"):
        annotator_name(name)


def test_names_are_the_same_however_they_are_typed():
    assert annotator_name("  Jose\u0301  O'Neil ") == "José O'Neil"
