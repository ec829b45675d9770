"""The annotation app over HTTP and in a browser: what is told to whom, and hostile captions."""

import pytest
from PIL import Image

from tests.apps.serving import ask, raw_get, served
from tests.apps.test_study import ARMS, write_study
from tldr_reward.apps.annotation import annotation_app
from tldr_reward.apps.store import Store
from tldr_reward.apps.study import Study, StudyItem

HOSTILE = "a <img src=x onerror=\"document.title='owned'\"> dot & </mark><b>b</b>."
STUDY = Study("Title <b>bold</b>", ARMS, 600, 0, "m/tldr/seed0", "m/naive/seed0")


@pytest.fixture
def study(tmp_path):
    """Address of a study of three captions, one an arm, whose every word is flagged."""
    (tmp_path / "study").mkdir()
    items = [
        StudyItem(f"secret-{k}", f"secret-{k}.png", HOSTILE, True, ((0, 1), (2, 11)), False)
        for k in range(3)
    ]
    folder = write_study(tmp_path / "study", STUDY, items)
    for item in items:
        Image.new("RGB", (8, 8), "red").save(folder / item.image)
    store = Store(tmp_path / "answers.sqlite", "digest")
    with served(annotation_app(STUDY, items, folder, store, "1.2.3")) as address:
        yield address
    store.close()


def event(state, kind, text, seconds=1.0):
    position = state["task"]["position"]
    return {"id": f"{position}{kind}", "position": position, "kind": kind, "seconds": seconds,
            "text": text, "at": 1.0}  # fmt: skip


def test_each_arm_tells_what_it_may_and_no_more(study):
    status, state = ask(f"{study}/api/enter", {"name": " Ada "})
    assert (status, state["error"]["code"]) == (404, "unknown_name")
    status, state = ask(f"{study}/api/enter", {"name": " Ada ", "begin": True})
    session, told = state["session"], []
    assert (status, state["name"], state["done"], state["total"]) == (200, "Ada", 0, 3)
    while state["task"]:
        told.append(state["task"])
        body = {"session": session, "events": [event(state, "done", "mended")]}
        status, state = ask(f"{study}/api/events", body)
        assert status == 200
    common = {"position", "block", "guidance", "practice", "seconds", "before", "text", "begun"}
    assert [(task["guidance"], set(task) - common) for task in told] == [
        ("none", set()), ("binary", {"called_good"}), ("token", {"flagged"})
    ]  # fmt: skip
    # Neither the caption's id nor its file, which may say what is wrong with it.
    assert "secret" not in str(told)
    status, data = raw_get(study, f"/api/image/2?session={session}")
    assert status == 200 and data.startswith(b"\x89PNG")


def test_bad_requests_are_answered_in_a_sentence(study):
    def refused(path, body):
        status, answer = ask(f"{study}{path}", body)
        return status, answer["error"]["code"]

    _, state = ask(f"{study}/api/enter", {"name": "Ada", "begin": True})
    sent = {"session": state["session"]}
    assert refused("/api/enter", {"name": "<b>", "begin": True}) == (400, "bad_input")
    empty = event(state, "done", " ")
    assert refused("/api/events", sent | {"events": [empty]}) == (400, "bad_input")
    far = event(state, "edit", "x") | {"position": 3}
    assert refused("/api/events", sent | {"events": [far]}) == (400, "bad_input")
    assert refused("/api/events", sent | {"events": [{"id": "a"}]}) == (422, "malformed")
    assert refused("/api/events", {"session": "other", "events": []}) == (409, "other_window")
    assert refused("/api/events", b" " * 9_000_000) == (413, "too_large")
    for path in ("/api/image/0?session=other", "/study-items.jsonl", "/../study-items.jsonl",
                 f"/api/image/..%2f..%2fanswers.sqlite?session={state['session']}"):  # fmt: skip
        status, data = raw_get(study, path)
        assert status in (404, 409, 422) and b"secret" not in data


def test_hostile_captions_and_titles_are_text(study, browser):
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    # The third annotator begins with marks.
    for name in ("Ada", "Bob"):
        ask(f"{study}/api/enter", {"name": name, "begin": True})
    wait = WebDriverWait(browser, 30, 0.03)
    browser.get(study)
    wait.until(lambda page: page.find_element("id", "idle").text)
    browser.find_element("id", "name").clear()
    browser.find_element("id", "name").send_keys("Cleo", Keys.ENTER)
    wait.until(lambda page: page.find_element("id", "begin").is_displayed())
    browser.find_element("id", "begin").click()
    wait.until(lambda page: page.find_element("id", "block").is_displayed())
    browser.find_element("id", "block-start").click()
    wait.until(lambda page: page.find_element("id", "work").is_displayed())
    assert browser.title == "Title <b>bold</b>" == browser.find_element("id", "title").text
    assert browser.find_elements("css selector", "main b, #editor img") == []
    area = browser.find_element("id", "text")
    assert area.get_property("value") == HOSTILE
    marks = browser.find_elements("css selector", "#editor mark")
    assert [mark.get_property("textContent") for mark in marks] == ["a", "<img src="]
    # Marks move with the text: what is typed before them pushes them on, and an edit ends one.
    area.send_keys("so, ")
    assert [mark.get_property("textContent") for mark in browser.find_elements(
        "css selector", "#editor mark")] == ["a", "<img src="]  # fmt: skip
    area.send_keys(Keys.F8, Keys.DELETE)
    assert [mark.get_property("textContent") for mark in browser.find_elements(
        "css selector", "#editor mark")] == ["<img src="]  # fmt: skip
