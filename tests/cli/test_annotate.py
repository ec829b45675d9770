"""annotate: people from the first click to table 7, through a killed server and closed tabs."""

import csv
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import refusal
from tldr_reward.annotations import read_annotations
from tldr_reward.apps.study import read_study
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records
from tldr_reward.spans import overlaps, word_spans

WORKFLOW = Path(__file__).parents[2] / "workflow"


@pytest.fixture
def scores(world, tmp_path):
    """Scores of a detector that finds every bad word, and of a judge that calls every caption bad;
    the options that name them."""
    tldr, naive = [], []
    for caption in read_records(world.test, CaptionRecord):
        words = tuple(word_spans(caption.text))
        p_good = tuple(0.1 if overlaps(word, caption.bad_spans) else 0.9 for word in words)
        tldr.append(ScoreRecord(caption.caption_id, "m/tldr/seed0", words, p_good))
        naive.append(ScoreRecord(caption.caption_id, "m/naive/seed0", words[-1:], (0.2,)))
    write_records(tmp_path / "tldr.jsonl", tldr)
    write_records(tmp_path / "naive.jsonl", naive)
    return (
        f"--captions {world.test} --image-records {world.image_records} "
        f"--tldr-scores {tmp_path}/tldr.jsonl --naive-scores {tmp_path}/naive.jsonl"
    )


@pytest.fixture
def study(command, scores, tmp_path):
    made = command(
        f"make-study {scores} --per-guidance 2 --practice 0 --idle-seconds 600 "
        f"--out {tmp_path}/study"
    )
    assert made.status == 0, made.err
    return tmp_path / "study"


class Server:
    """`tldr-reward annotate` as a process of its own."""

    def __init__(self, study, port=0):
        line = [sys.executable, "-m", "tldr_reward", "annotate", str(study), "--port", str(port)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        self.said = self.process.stdout.readline()
        self.address = re.search(r"http://127.0.0.1:\d+/", self.said).group()

    @property
    def port(self):
        return int(self.address.split(":")[2].strip("/"))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Person:
    """Somebody at the page, who uses the keyboard alone."""

    def __init__(self, browser, address, name):
        from selenium.webdriver.support.wait import WebDriverWait

        self.page, self.name = browser, name
        self.wait = WebDriverWait(browser, 30, 0.03)
        browser.get(address)
        self.wait.until(lambda page: page.find_element("id", "idle").text)

    def press(self, *keys, held=()):
        from selenium.webdriver import ActionChains

        chain = ActionChains(self.page, duration=0)
        for key in held:
            chain.key_down(key)
        chain.send_keys(*keys)
        for key in held:
            chain.key_up(key)
        chain.perform()

    def enter(self, new):
        from selenium.webdriver.common.keys import Keys

        field = self.page.find_element("id", "name")
        field.clear()
        field.send_keys(self.name, Keys.ENTER)
        if new:
            self.wait.until(lambda page: page.find_element("id", "begin").is_displayed())
            self.press(Keys.ENTER)
        self.wait.until(lambda page: page.find_element("id", "block").is_displayed())

    def begin_block(self):
        from selenium.webdriver.common.keys import Keys

        self.press(Keys.ENTER)
        self.wait.until(lambda page: page.find_element("id", "work").is_displayed())

    @property
    def text(self):
        return self.page.find_element("id", "text").get_property("value")

    def reads(self, name):
        return self.page.find_element("id", name).text

    def marks(self):
        """The words under marks, however they are shown."""
        found = self.page.find_elements("css selector", "#editor mark")
        return [mark.get_property("textContent") for mark in found]

    def hand_in(self, expected):
        """Ctrl and Enter, until so many captions are done."""
        from selenium.webdriver.common.keys import Keys

        self.press(Keys.ENTER, held=[Keys.CONTROL])
        self.wait.until(lambda page: self.reads("count").startswith(f"{expected} of"))

    def saved(self):
        self.wait.until(lambda page: self.reads("saved") == "All is saved")


def asked(study, query, *values):
    with sqlite3.connect(study.with_name("study.answers.sqlite")) as file:
        return file.execute(query, values).fetchall()


def mend(person, study, truth):
    """Correct the caption that is shown by its guidance; checks that no other is shown."""
    from selenium.webdriver.common.keys import Keys

    _, items = read_study(study)
    (item,) = [item for item in items if item.text == person.text]
    flagged = [item.text[slice(*span)] for span in item.flagged]
    if "doubts" in person.reads("guidance-text"):
        assert person.marks() == flagged
        person.press(Keys.F8)
        selected = person.page.execute_script(
            "const it = document.getElementById('text');"
            "return it.value.slice(it.selectionStart, it.selectionEnd)"
        )
        assert selected == flagged[0]
        person.press("mended")
        assert person.marks() == flagged[1:]
    else:
        assert person.marks() == []
    person.press("a", held=[Keys.CONTROL])
    person.page.execute_cdp_cmd("Input.insertText", {"text": truth[item.item]})  # as pasted
    assert person.text == truth[item.item]


def test_two_people_annotate_from_the_first_click_to_table_7(
    browser, command, world, study, tmp_path
):
    from selenium.webdriver.common.keys import Keys

    known = {record.caption_id: record for record in read_records(world.test, CaptionRecord)}
    truth = {name: known[one.parent_id].text for name, one in known.items() if one.parent_id}
    server = Server(study)
    try:
        ada = Person(browser, server.address, "Ada")
        ada.enter(new=True)
        assert ada.reads("block-title") == "No help"
        ada.begin_block()
        assert ada.reads("guidance-text").startswith("No help with this one")
        mend(ada, study, truth)
        ada.hand_in(1)

        # The server is killed; what is typed meanwhile arrives at the next one.
        server.kill()
        ada.press("typed without a server, ")
        ada.wait.until(lambda page: ada.reads("saved") == "Not sent yet, trying again")
        server = Server(study, server.port)
        ada.saved()
        kept = asked(study, "SELECT text, seconds FROM tasks WHERE position = 1")[0]
        assert kept[0] == ada.text and kept[0].startswith("typed without a server, ")

        # A pause counts nothing: the clock goes on from where it stood.
        ada.press(Keys.ESCAPE)
        assert browser.find_element("id", "paused").is_displayed()
        ada.press(Keys.ENTER)
        ada.wait.until(lambda page: not page.find_element("id", "paused").is_displayed())
        ada.saved()
        paused, resumed = asked(
            study, "SELECT seconds FROM events WHERE kind IN ('pause', 'resume') ORDER BY rowid"
        )
        assert paused == resumed

        # Another person in another tab: the first is out of sight, and paused.
        first = browser.current_window_handle
        browser.switch_to.new_window("tab")
        bob = Person(browser, server.address, "Bob")
        bob.enter(new=True)
        bob.begin_block()
        assert "something in this caption is wrong" in bob.reads("guidance-text")
        mend(bob, study, truth)
        bob.hand_in(1)
        bob.press("left in the middle, ")
        bob.saved()
        left = bob.text
        browser.close()
        browser.switch_to.window(first)
        assert "out of sight" in ada.reads("paused-text")

        # Ada goes on in another tab: the older window is shut.
        browser.switch_to.new_window("tab")
        Person(browser, server.address, "Ada").enter(new=False)
        browser.close()
        browser.switch_to.window(first)
        ada.press(Keys.ENTER)
        ada.wait.until(lambda page: page.find_element("id", "elsewhere").is_displayed())

        for name, begun in (("Bob", left), ("Ada", kept[0])):
            person = Person(browser, server.address, name)
            person.enter(new=False)
            assert "Your text is as you left it" in person.reads("block-practice")
            person.begin_block()
            assert person.text == begun
            person.press("r", held=[Keys.ALT])
            for done in range(1, 6):
                if browser.find_element("id", "block").is_displayed():
                    person.begin_block()
                mend(person, study, truth)
                person.hand_in(done + 1)
            assert browser.find_element("id", "end").is_displayed()
        assert not [one for one in browser.get_log("browser") if one["source"] == "security"]
    finally:
        server.kill()

    check_table7(command, world, study, truth, tmp_path)


def check_table7(command, world, study, truth, tmp_path):
    """The study's log has every caption as it was corrected, and table 7 is made from it."""
    exported = command(f"export-annotations {study} --out {tmp_path}/log.csv")
    assert exported.out == f"12 captions of 2 annotators in {tmp_path}/log.csv\n"
    rows = read_annotations(tmp_path / "log.csv")
    arms = [(row.annotator, row.guidance) for row in rows]
    assert {arm: arms.count(arm) for arm in arms} == {
        (name, guidance): 2 for name in ("Ada", "Bob") for guidance in ("none", "binary", "token")
    }
    assert all(row.after == truth[row.item] and row.source == "human" for row in rows)
    made = command(
        f"measure-annotation --log {tmp_path}/log.csv --captions {world.test} --scale smoke "
        f"--bootstrap 20 --metrics {tmp_path}/metrics.csv"
    )
    assert made.status == 0, made.err
    made = command(
        f"make-table table7 --metrics {tmp_path}/metrics.csv --scale smoke "
        f"--reported {WORKFLOW}/reported/reported.csv "
        f"--schema {WORKFLOW}/schemas/table7.schema.json "
        f"--out {tmp_path}/table7.csv --markdown {tmp_path}/table7.md"
    )
    assert made.status == 0, made.err
    with open(tmp_path / "table7.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["annotator"], row["source"], row["n_token"]) for row in table] == [
        ("Ada", "human", "2"), ("Bob", "human", "2"), ("average", "human", "4")
    ]  # fmt: skip
    assert table[2]["error_free_token"] == "100.00" and table[2]["false_edit_binary"] == "0.00"
    assert "Without any guidance" in (tmp_path / "table7.md").read_text()


def test_nobody_who_does_not_move_is_timed(browser, command, scores, tmp_path):
    line = f"make-study {scores} --per-guidance 2 --practice 0 --idle-seconds 1 --out"
    assert command(f"{line} {tmp_path}/study").status == 0
    server = Server(tmp_path / "study")
    try:
        ada = Person(browser, server.address, "Ada")
        ada.enter(new=True)
        ada.begin_block()
        ada.wait.until(lambda page: page.find_element("id", "paused").is_displayed())
        assert ada.reads("paused-text") == "Nobody moved for 1 second, so the clock was stopped."
        ada.saved()
    finally:
        server.kill()
    kept = asked(tmp_path / "study", "SELECT seconds FROM events WHERE kind = 'pause'")
    assert kept == [(1.0,)]


def test_a_study_draws_other_images_and_flags_words(study, world):
    settings, items = read_study(study)
    known = {record.caption_id: record for record in read_records(world.test, CaptionRecord)}
    assert (settings.detector, settings.judge) == ("m/tldr/seed0", "m/naive/seed0")
    assert len({known[item.item].image_id for item in items}) == len(items) == 6
    for item in items:
        assert item.flagged == known[item.item].bad_spans
        assert not item.called_good
        image = world.folder / "images" / f"{known[item.item].image_id}.png"
        assert (study / item.image).read_bytes() == image.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--per-guidance 9", "30 captions with an error are needed, each of another image; there"),
        ("--per-guidance 2 --guidance token", "binary and token are needed, each once"),
        ("--per-guidance 2 --guidance hints", "guidance 'hints'; allowed: none, binary, token"),
    ],
)
def test_a_study_that_cannot_be_made_is_refused(command, scores, tmp_path, options, message):
    ended = command(f"make-study {scores} {options} --out {tmp_path}/study")
    assert message in refusal(ended)
    assert not (tmp_path / "study").exists()


def test_true_captions_can_be_mixed_in(command, scores, world, tmp_path):
    line = f"make-study {scores} --per-guidance 2 --practice 0 --true-share 0.5"
    assert command(f"{line} --out {tmp_path}/study").status == 0
    known = {record.caption_id: record for record in read_records(world.test, CaptionRecord)}
    _, items = read_study(tmp_path / "study")
    assert sorted(known[item.item].origin for item in items) == ["original"] * 3 + ["perturbed"] * 3


def test_a_taken_port_and_missing_answers_end_in_one_line(command, study, tmp_path):
    from tldr_reward.cli.serving import bound

    taken = bound(0)
    taken.listen()
    port = taken.getsockname()[1]
    assert f"--port {port}: Address already in use" in refusal(
        command(f"annotate {study} --port {port}")
    )
    taken.close()
    line = f"export-annotations {study} --out {tmp_path}/log.csv"
    assert "no such file of answers" in refusal(command(line))
    assert "no such folder" in refusal(command(f"annotate {tmp_path}/none"))


@pytest.mark.parametrize("line", ["demo", "annotate study"])
def test_a_light_installation_says_what_is_missing(command, monkeypatch, line):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert refusal(command(line)) == (
        "error: uvicorn is not installed; pip install 'tldr-reward[apps]' adds it\n"
    )
