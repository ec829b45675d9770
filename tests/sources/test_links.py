"""PixelProse's images: live, dead and slow links, and runs that were stopped."""

import csv
import hashlib
import json

import pytest

from tests.sources.raw import link_row, picture, uid, write_pixelprose
from tests.sources.servers import Reply, serving
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord
from tldr_reward.sources.examples import Tally
from tldr_reward.sources.links import fetch_images, forget_dead
from tldr_reward.sources.pixelprose import (
    FetchedImage,
    Link,
    drawn_links,
    pixelprose_examples,
    pixelprose_rows,
)
from tldr_reward.sources.transport import Patience

RED = picture("red")
SHA256 = hashlib.sha256(RED).hexdigest()
QUICK = Patience(timeout=60.0, retries=1, pause=0.001)  # a busy machine is no dead link


def links(address: str, paths: list[str]) -> list[Link]:
    return [
        Link(uid(number), f"{address}/{path}" if "://" not in path else path, "A dog.", SHA256)
        for number, path in enumerate(paths)
    ]


def web(asked) -> Reply:
    """A small web: its paths say how they behave."""
    kind = asked.path.strip("/").partition("-")[0]
    return {
        "red": Reply(200, RED),
        "png": Reply(200, picture("blue", "PNG")),
        "gone": Reply(404, b"gone"),
        "page": Reply(200, b"<html>this image is no longer available</html>"),
        "half": Reply(200, RED, {"Content-Length": str(len(RED))}, len(RED) // 2),
        "broken": Reply(500, b""),
        "slow": Reply(200, RED, drip=0.15),
        "loop": Reply(302, b"", {"Location": "/loop"}),
    }[kind]


def test_dead_links_have_a_cause_and_stop_nothing(tmp_path):
    paths = ["gone", "red-1", "page", "half", "broken", "gone", "loop", "png", "file:///etc/passwd"]
    with serving(web) as served:
        asked = links(served.address, [*paths, "http://127.0.0.1:9/x", "http://é..example/"])
        alive, dead = fetch_images(asked, 20, tmp_path, QUICK, at_once=4)
    assert alive == [
        FetchedImage(uid(1), asked[1].url, f"{uid(1)}.jpg", len(RED), SHA256, "yes", "A dog."),
        FetchedImage(
            uid(7),
            asked[7].url,
            f"{uid(7)}.png",
            len(picture("blue", "PNG")),
            hashlib.sha256(picture("blue", "PNG")).hexdigest(),
            "no",
            "A dog.",
        ),
    ]
    assert [(int(one.uid, 16), one.cause) for one in dead] == [
        (0, "HTTP 404"),
        (2, "no readable image"),
        (3, "no connection (RemoteProtocolError)"),
        (4, "HTTP 500"),
        (5, "HTTP 404"),
        (6, "TooManyRedirects"),
        (8, "no web address"),
        (9, "no connection (ConnectError)"),
        (10, "no web address"),
    ]
    names = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert names == [f"{uid(1)}.jpg", f"{uid(7)}.png"]
    assert (tmp_path / "images" / names[0]).read_bytes() == RED


def test_a_server_that_sends_byte_after_byte_is_given_up(tmp_path):
    impatient = Patience(timeout=0.3, retries=1, pause=0.001)
    with serving(web) as served:
        alive, dead = fetch_images(links(served.address, ["slow"]), 1, tmp_path, impatient, 1)
    assert (alive, [one.cause for one in dead]) == ([], ["timed out"])
    assert list((tmp_path / "images").iterdir()) == []


def test_what_passes_is_asked_again_and_what_does_not_is_not(tmp_path):
    counts: dict[str, int] = {}

    def answer(asked):
        counts[asked.path] = counts.get(asked.path, 0) + 1
        if asked.path == "/flaky" and counts[asked.path] == 1:
            return Reply(503)
        return Reply(403) if asked.path == "/closed" else Reply(200, RED)

    with serving(answer) as served:
        alive, dead = fetch_images(
            links(served.address, ["flaky", "closed"]), 2, tmp_path, QUICK, at_once=2
        )
    assert counts == {"/flaky": 2, "/closed": 1}
    assert ([one.uid for one in alive], [one.cause for one in dead]) == ([uid(0)], ["HTTP 403"])


def test_no_more_is_asked_than_is_missing(tmp_path):
    paths = ["gone-0", "red-1", "red-2", "red-3", "gone-4", "red-5"]
    with serving(web) as served:
        asked = links(served.address, paths)
        alive, dead = fetch_images(asked, 3, tmp_path, QUICK, at_once=3)
        assert sorted(one.path for one in served.asked) == ["/gone-0", "/red-1", "/red-2", "/red-3"]
    assert [one.uid for one in alive] == [uid(1), uid(2), uid(3)]
    assert [one.uid for one in dead] == [uid(0)]


def test_a_run_that_was_stopped_asks_for_nothing_that_it_knows(tmp_path):
    with serving(web) as served:
        asked = links(served.address, ["red-0", "gone-1", "red-2", "red-3"])
        fetch_images(asked[:3], 3, tmp_path, QUICK, at_once=1)
        with open(tmp_path / "asked.jsonl", "a") as file:
            file.write('{"outcome": "got", "uid": "00')  # killed within a line
        (tmp_path / "images" / f"{uid(2)}.jpg").unlink()  # and a file that somebody took away
        served.asked.clear()
        alive, dead = fetch_images(asked, 3, tmp_path, QUICK, at_once=1)
        assert [one.path for one in served.asked] == ["/red-2", "/red-3"]
        assert [one.uid for one in alive] == [uid(0), uid(2), uid(3)]
        assert [one.uid for one in dead] == [uid(1)]
        lines = (tmp_path / "asked.jsonl").read_text().splitlines()
        assert [json.loads(line)["outcome"] for line in lines].count("dead") == 1
        forget_dead(tmp_path)
        served.asked.clear()
        fetch_images(asked, 3, tmp_path, QUICK, at_once=1)
        assert [one.path for one in served.asked] == ["/gone-1"]


def test_an_image_that_fills_the_memory_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr("tldr_reward.sources.links.MAX_IMAGE_BYTES", 100)
    with serving(web) as served:
        _, dead = fetch_images(links(served.address, ["red"]), 1, tmp_path, QUICK, at_once=1)
    assert dead[0].cause == "more than 64 MiB"


def test_rows_are_drawn_by_seed(tmp_path):
    rows = [link_row(number, f"http://x/{number}") for number in range(200)]
    write_pixelprose(tmp_path, rows)
    tally = Tally("pixelprose")
    ten = drawn_links(tmp_path, 10, 0, tally)
    assert drawn_links(tmp_path, 20, 0, tally)[:10] == ten
    assert drawn_links(tmp_path, 10, 1, tally) != ten
    assert {link.url for link in ten} <= {row["url"] for row in rows}
    write_pixelprose(tmp_path, rows[::-1])
    assert drawn_links(tmp_path, 10, 0, tally) == ten
    assert dict(tally.causes) == {}


def test_rows_that_are_left_out(tmp_path):
    rows = [
        link_row(0, "http://x/0"),
        link_row(0, "http://x/0"),
        link_row(1, "http://x/1", caption=" \n"),
        {**link_row(2, "http://x/2"), "uid": "../../x"},
    ]
    write_pixelprose(tmp_path, rows)
    tally = Tally("pixelprose")
    found = drawn_links(tmp_path, 10, 0, tally)
    assert found == [Link(uid(0), "http://x/0", "This image displays: number 0.", "")]
    assert dict(tally.causes) == {"duplicate id": 1, "empty text": 1, "uid that is no digest": 1}


def write_fetched(folder, rows: list[dict]) -> None:
    names = ["uid", "url", "file", "bytes", "sha256", "unchanged", "caption"]
    with open(folder / "images.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_fetched_images_become_examples_with_unlabelled_captions(tmp_path):
    good = {
        "uid": uid(1),
        "url": "http://x/1",
        "file": f"{uid(1)}.jpg",
        "bytes": len(RED),
        "sha256": SHA256,
        "unchanged": "yes",
        "caption": "A dog.\nIt runs.",
    }
    rows = [
        good,
        good,
        {**good, "uid": uid(2), "file": "../../secret.jpg"},
        {**good, "uid": uid(3), "file": "missing.jpg"},
        {**good, "uid": "../x"},
    ]
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / f"{uid(1)}.jpg").write_bytes(RED)
    (tmp_path.parent / "secret.jpg").write_bytes(RED)
    write_fetched(tmp_path, rows)
    tally = Tally("pixelprose")
    examples = list(pixelprose_examples(tmp_path, pixelprose_rows(tmp_path, tally), tally))
    name = f"pixelprose-{uid(1)}"
    assert [one.row.image_id for one in examples] == [name]
    assert examples[0].captions == (
        CaptionRecord(
            f"{name}-0",
            name,
            "Describe the image in detail.",
            "A dog.\nIt runs.",
            "caption",
            "generated",
        ),
    )
    assert dict(tally.causes) == {
        "duplicate id": 1,
        "id or file that is no plain name": 2,
        "missing image": 1,
    }


def test_images_that_were_never_fetched_end_in_one_line(tmp_path):
    with pytest.raises(InputError, match=f"no such file: {tmp_path}/images.csv"):
        pixelprose_rows(tmp_path, Tally("pixelprose"))
