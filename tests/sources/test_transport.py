"""Downloads from a server that cuts, refuses, forgets and lies: whole files, or none."""

import hashlib
import subprocess
import sys
import threading
import time

import pytest

from tests.sources.servers import Reply, ranged, serving
from tldr_reward.errors import InputError
from tldr_reward.sources.transport import FetchedFile, Patience, client, fetch

DATA = bytes(range(256)) * 40  # 10240 bytes
SHA256 = hashlib.sha256(DATA).hexdigest()
FEW = Patience(timeout=60.0, retries=2, pause=0.001)


@pytest.fixture
def get(tmp_path):
    """A function that fetches a server's /x into the folder `raw`."""

    def run(address: str, sha256: str = "", patience: Patience = FEW) -> FetchedFile:
        with client(patience) as session:
            return fetch(f"{address}/x", tmp_path / "raw", "x", sha256, patience, session)

    return run


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_is_not_fetched_twice(get, raw):
    with serving(lambda asked: ranged(asked, DATA)) as served:
        expected = FetchedFile("x", f"{served.address}/x", 10240, SHA256)
        assert get(served.address) == expected
        assert get(served.address, SHA256) == expected
        assert len(served.asked) == 1
        assert served.asked[0].headers["Accept-Encoding"] == "identity"
    assert names(raw) == ["x"]
    assert (raw / "x").read_bytes() == DATA


def test_cut_connections_go_on_where_they_were(get, raw):
    with serving(lambda asked: ranged(asked, DATA, sent=4000)) as served:
        get(served.address, SHA256)
        assert served.ranges == [None, "bytes=4000-", "bytes=8000-"]
        assert [asked.headers.get("If-Range") for asked in served.asked] == [None, '"v1"', '"v1"']
    assert (raw / "x").read_bytes() == DATA
    assert names(raw) == ["x"]


def test_a_server_out_of_order_is_asked_again(get, raw):
    def answer(asked):
        return Reply(503, b"later") if asked.number < 2 else ranged(asked, DATA)

    with serving(answer) as served:
        get(served.address, SHA256)
        assert len(served.asked) == 3
    assert (raw / "x").read_bytes() == DATA


def test_retries_end_in_one_line_and_the_next_run_goes_on(get, raw):
    def answer(asked):
        return ranged(asked, DATA, sent=1000) if asked.number == 0 else Reply(502)

    with serving(answer) as served:
        with pytest.raises(InputError) as error:
            get(served.address)
        assert str(error.value) == (
            f"cannot fetch {served.address}/x: HTTP 502, attempt 3; "
            "run it again to go on at byte 1000"
        )
        assert len(served.asked) == 3
    assert names(raw) == ["x.part", "x.part.tag"]
    assert (raw / "x.part.tag").read_text() == f'{served.address}/x\n"v1"'
    with serving(lambda asked: ranged(asked, DATA)) as again:
        # The same address as before, for which the test's second server has another port.
        (raw / "x.part.tag").write_text(f'{again.address}/x\n"v1"')
        get(again.address, SHA256)
        assert again.ranges == ["bytes=1000-"]
    assert (raw / "x").read_bytes() == DATA


def test_whenever_bytes_come_the_count_of_failures_begins_anew(get, raw):
    with serving(lambda asked: ranged(asked, DATA, sent=1000)) as served:
        get(served.address, SHA256)
        assert len(served.asked) == 11  # FEW allows three without progress
    assert (raw / "x").read_bytes() == DATA


def test_pauses_double_up_to_a_minute(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    for failures in (1, 2, 3, 20):
        Patience(pause=1.0).wait(failures)
    assert slept == [1.0, 2.0, 4.0, 60.0]


def test_a_server_without_ranges_sends_all_of_it_again(get, raw):
    def answer(asked):
        return Reply(200, DATA, {}, 3000 if asked.number == 0 else None)

    with serving(answer) as served:
        get(served.address, SHA256)
        assert served.ranges == [None, "bytes=3000-"]
    assert (raw / "x").read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_never_pieced_together(get, raw):
    other = DATA[::-1]

    def answer(asked):
        if asked.number == 0:
            return ranged(asked, DATA, '"v1"', sent=5000)
        return ranged(asked, other, '"v2"')

    with serving(answer) as served:
        get(served.address)
    assert (raw / "x").read_bytes() == other


def test_what_is_left_of_another_address_is_thrown_away(get, raw):
    raw.mkdir()
    (raw / "x.part").write_bytes(b"z" * 500)
    (raw / "x.part.tag").write_text("http://elsewhere/x\n")
    with serving(lambda asked: ranged(asked, DATA, tag="")) as served:
        get(served.address)
        assert served.ranges == [None]
    assert (raw / "x").read_bytes() == DATA


def test_a_part_that_is_whole_already_is_kept(get, raw):
    with serving(lambda asked: ranged(asked, DATA)) as served:
        raw.mkdir()
        (raw / "x.part").write_bytes(DATA)
        (raw / "x.part.tag").write_text(f'{served.address}/x\n"v1"')
        get(served.address, SHA256)
        assert served.ranges == ["bytes=10240-"]
    assert names(raw) == ["x"]


def test_a_part_that_is_longer_than_the_file_is_begun_anew(get, raw):
    with serving(lambda asked: ranged(asked, DATA, tag="")) as served:
        raw.mkdir()
        (raw / "x.part").write_bytes(b"z" * 20000)
        (raw / "x.part.tag").write_text(f"{served.address}/x\n")
        get(served.address, SHA256)
        assert served.ranges == ["bytes=20000-", None]
    assert (raw / "x").read_bytes() == DATA


def test_another_range_than_asked_for_is_not_appended(get, raw):
    def answer(asked):
        if asked.number == 1:
            return Reply(206, DATA[:10], {"Content-Range": "bytes 0-9/10240"})
        return ranged(asked, DATA, sent=2000 if asked.number == 0 else None)

    with serving(answer) as served:
        get(served.address, SHA256)
        assert served.ranges == [None, "bytes=2000-", None]
    assert (raw / "x").read_bytes() == DATA


def test_a_stated_size_that_does_not_come_is_no_file(get, raw):
    def answer(asked):
        # Each answer claims more than it sends, and sends nothing new.
        return Reply(200, DATA, {"Content-Length": "20000"}, 9000)

    with serving(answer) as served, pytest.raises(InputError, match="go on at byte"):
        get(served.address)
    assert "x" not in names(raw)


def test_another_digest_leaves_nothing_behind(get, raw):
    with serving(lambda asked: ranged(asked, DATA)) as served:
        with pytest.raises(InputError) as error:
            get(served.address, "0" * 64)
        assert str(error.value) == (
            f"{served.address}/x: sha256 is {SHA256}, not {'0' * 64} as registered or "
            "fetched first; nothing was kept"
        )
    assert names(raw) == []


def test_a_file_that_is_there_with_another_digest_stays(get, raw):
    raw.mkdir()
    (raw / "x").write_bytes(b"mine")
    with pytest.raises(InputError, match=f"delete {raw}/x to fetch it again"):
        get("http://127.0.0.1:9", SHA256)
    assert (raw / "x").read_bytes() == b"mine"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_will_not_pass_is_not_asked_again(get, raw, status):
    with serving(lambda asked: Reply(status, b"no")) as served:
        with pytest.raises(InputError) as error:
            get(served.address)
        assert str(error.value) == f"cannot fetch {served.address}/x: HTTP {status}"
        assert len(served.asked) == 1
    assert names(raw) == []


def test_a_silent_server_times_out(get):
    patience = Patience(timeout=0.05, retries=1, pause=0.001)

    def answer(asked):
        return Reply(200, b"abc", drip=0.15)

    with serving(answer) as served, pytest.raises(InputError, match="Timeout"):
        get(served.address, patience=patience)


def test_nobody_at_the_address(get):
    with pytest.raises(InputError, match="ConnectError.*attempt 3"):
        get("http://127.0.0.1:9")


def test_redirects_are_followed(get, raw):
    def answer(asked):
        if asked.path == "/x":
            return Reply(302, b"", {"Location": "/y"})
        return ranged(asked, DATA)

    with serving(answer) as served:
        get(served.address, SHA256)
        assert [asked.path for asked in served.asked] == ["/x", "/y"]
    assert (raw / "x").read_bytes() == DATA


def test_a_killed_download_goes_on(tmp_path):
    """A process that is killed within a file leaves a part, which the next one completes."""
    reached = threading.Event()

    def answer(asked):
        if asked.number == 0:
            reached.set()
            return Reply(200, DATA * 30, {"ETag": '"v1"'}, drip=0.001, piece=512)
        return ranged(asked, DATA * 30)

    code = (
        "import sys; from pathlib import Path\n"
        "import tldr_reward.sources.transport as t\n"
        "patience = t.Patience(60.0, 0, 0.001)\n"
        "with t.client(patience) as session:\n"
        "    t.fetch(sys.argv[1], Path(sys.argv[2]), 'x', '', patience, session)\n"
    )
    with serving(answer) as served:
        arguments = [sys.executable, "-c", code, f"{served.address}/x", str(tmp_path)]
        process = subprocess.Popen(arguments)
        assert reached.wait(60)
        part = tmp_path / "x.part"
        end = time.monotonic() + 30
        while not (part.is_file() and part.stat().st_size) and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
        process.wait(30)
        have = part.stat().st_size
        assert 0 < have < len(DATA) * 30
        assert names(tmp_path) == ["x.part", "x.part.tag"]
        done = subprocess.run(arguments, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert served.ranges == [None, f"bytes={have}-"]
    assert (tmp_path / "x").read_bytes() == DATA * 30
    assert names(tmp_path) == ["x"]
