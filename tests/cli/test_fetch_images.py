"""The command `fetch-images`: images of PixelProse's captions, dead links beside them."""

import csv

import pytest

from tests.sources.raw import link_row, picture, uid, write_pixelprose
from tests.sources.servers import Reply, serving

RED = picture("red")


@pytest.fixture
def fetch(command, tmp_path):
    """A function that fetches images for the captions in the folder `raw`."""
    return lambda more: command(
        f"fetch-images --pixelprose {tmp_path}/raw --retries 0 --pause 0.001 {more}"
    )


def table(path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_dead_links_are_listed_and_others_drawn_in_their_place(fetch, tmp_path):
    dead = {uid(number) for number in range(0, 12, 3)}

    def answer(asked):
        return Reply(404) if asked.path.strip("/") in dead else Reply(200, RED)

    with serving(answer) as served:
        rows = [link_row(number, f"{served.address}/{uid(number)}") for number in range(12)]
        write_pixelprose(tmp_path / "raw", rows)
        outcome = fetch("--count 6 --seed 3")
        assert outcome.status == 0, outcome.err
        images, links = table(tmp_path / "raw/images.csv"), table(tmp_path / "raw/dead.csv")
        before = len(served.asked)
        assert fetch("--count 6 --seed 3").status == 0
        assert len(served.asked) == before == 6 + len(links)
        assert table(tmp_path / "raw/images.csv") == images
    assert len(images) == 6
    assert not {row["uid"] for row in images} & dead
    assert {row["uid"] for row in links} <= dead
    assert {row["cause"] for row in links} == {"HTTP 404"}
    assert len(links) >= 1
    assert f"pixelprose: {len(links)} dead links: HTTP 404" in outcome.err.splitlines()
    for row in images:
        assert (tmp_path / "raw/images" / row["file"]).read_bytes() == RED
        assert row["unchanged"] == "unknown"
        assert row["caption"] == f"This image displays: number {int(row['uid'], 16)}."


def test_fewer_images_than_asked_for_are_said_and_none_is_fatal(fetch, tmp_path):
    alive = True
    with serving(lambda asked: Reply(200, RED) if alive else Reply(410)) as served:
        write_pixelprose(tmp_path / "raw", [link_row(0, f"{served.address}/0")])
        outcome = fetch("--count 5")
        assert outcome.status == 0
        assert "pixelprose: 1 images of 5 asked for" in outcome.err.splitlines()
        alive = False
        write_pixelprose(tmp_path / "raw", [link_row(1, f"{served.address}/1")])
        outcome = fetch("--count 5")
        assert outcome.status == 2
        assert outcome.err.splitlines()[-1] == (
            f"error: none of 1 links of {tmp_path}/raw gives an image: see dead.csv"
        )
        assert [row["cause"] for row in table(tmp_path / "raw/dead.csv")] == ["HTTP 410"]
        alive = True
        assert fetch("--count 5").status == 2  # known to be dead
        assert fetch("--count 5 --dead-again").status == 0
    assert [row["uid"] for row in table(tmp_path / "raw/images.csv")] == [uid(1)]


def test_a_folder_without_tables(fetch, tmp_path):
    outcome = fetch("--count 1")
    assert outcome.status == 2
    assert outcome.err == (
        f"error: no such file: {tmp_path}/raw/data/vlm_captions_*.parquet (fetch-source gets it)\n"
    )
