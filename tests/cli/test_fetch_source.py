"""The command `fetch-source`: raw files and where they came from, by HTTP and from the hub."""

import datetime
import hashlib
import json

import huggingface_hub
import huggingface_hub.constants
import pytest
from huggingface_hub.errors import GatedRepoError
from huggingface_hub.utils import httpx

from tests.sources.servers import Reply, ranged, serving

HEADER = "source\tkind\taddress\trevision\tfiles\tsha256\tlicence\tterms\n"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DATA = {"/a.txt": b"first file", "/b.zip": b"second" * 500}


@pytest.fixture
def fetch(command, tmp_path):
    """A function that writes a registry's rows and fetches the source `mine` into `raw`."""

    def run(*rows: str, name: str = "mine"):
        lines = [f"{row}\tCC0\thttps://example.org/terms\n" for row in rows]
        (tmp_path / "sources.tsv").write_text(HEADER + "".join(lines))
        return command(
            f"fetch-source {name} --registry {tmp_path}/sources.tsv --retries 1 --pause 0.001 "
            f"--out {tmp_path}/raw"
        )

    return run


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_files_come_with_the_note_of_where_from(fetch, tmp_path):
    with serving(lambda asked: ranged(asked, DATA[asked.path])) as served:
        rows = [
            f"mine\thttp\t{served.address}/a.txt\t\ta.txt\t",
            f"mine\thttp\t{served.address}/b.zip\t\tb.zip\t{digest(DATA['/b.zip'])}",
        ]
        outcome = fetch(*rows)
        again = fetch(*rows)
        assert len(served.asked) == 2
    assert (outcome.status, again.status) == (0, 0), outcome.err
    assert (tmp_path / "raw/b.zip").read_bytes() == DATA["/b.zip"]
    assert json.loads((tmp_path / "raw/source.json").read_text()) == {
        "format": "source/1",
        "source": "mine",
        "kind": "http",
        "addresses": [f"{served.address}/a.txt", f"{served.address}/b.zip"],
        "revision": "",
        "files": [
            {
                "name": name.strip("/"),
                "address": f"{served.address}{name}",
                "bytes": len(data),
                "sha256": digest(data),
            }
            for name, data in DATA.items()
        ],
        "licence": "CC0",
        "terms": "https://example.org/terms",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def test_a_download_that_fails_ends_in_one_line_and_goes_on_later(fetch, tmp_path):
    healthy = False

    def server(asked):
        if healthy:
            return ranged(asked, DATA[asked.path])
        if asked.path == "/a.txt":
            return ranged(asked, DATA["/a.txt"])
        first = asked.headers.get("Range") is None
        return ranged(asked, DATA["/b.zip"], sent=1000) if first else Reply(503)

    with serving(server) as served:
        rows = [f"mine\thttp\t{served.address}/{name}\t\t{name}\t" for name in ("a.txt", "b.zip")]
        outcome = fetch(*rows)
        assert outcome.status == 2
        assert outcome.err.splitlines()[-1] == (
            f"error: cannot fetch {served.address}/b.zip: HTTP 503, attempt 2; "
            "run it again to go on at byte 1000"
        )
        assert not (tmp_path / "raw/source.json").exists()
        assert not (tmp_path / "raw/b.zip").exists()
        healthy = True
        served.asked.clear()
        outcome = fetch(*rows)
        assert outcome.status == 0, outcome.err
        assert [(one.path, one.headers.get("Range")) for one in served.asked] == [
            ("/b.zip", "bytes=1000-")
        ]
    assert (tmp_path / "raw/b.zip").read_bytes() == DATA["/b.zip"]


def test_what_came_first_holds_from_then_on(fetch, tmp_path):
    """Of a file without a registered digest: as it goes on, and when it is fetched again."""
    offered = dict(DATA)
    with serving(lambda asked: ranged(asked, offered[asked.path])) as served:
        row = f"mine\thttp\t{served.address}/a.txt\t\ta.txt\t"
        assert fetch(row).status == 0
        pins = json.loads((tmp_path / "raw/pins.json").read_text())
        assert pins == {
            "format": "pins/1",
            "pins": {f"{served.address}/a.txt": digest(b"first file")},
        }
        (tmp_path / "raw/source.json").unlink()  # what Snakemake does before it asks again
        (tmp_path / "raw/a.txt").unlink()
        offered["/a.txt"] = b"another"
        outcome = fetch(row)
        assert outcome.status == 2
        assert f"not {digest(b'first file')} as registered or fetched first" in outcome.err
        assert not (tmp_path / "raw/a.txt").exists()
        (tmp_path / "raw/pins.json").write_text("[]")
        outcome = fetch(row)
        assert outcome.status == 2 and "is no list of pins/1; delete it" in outcome.err
        (tmp_path / "raw/pins.json").unlink()
        assert fetch(row).status == 0
    assert (tmp_path / "raw/a.txt").read_bytes() == b"another"


def test_a_hub_data_set_comes_from_the_cache_without_network(fetch, tmp_path, monkeypatch):
    snapshot = tmp_path / "cache/datasets--owner--name/snapshots" / COMMIT
    (snapshot / "data").mkdir(parents=True)
    (snapshot / "data/x.parquet").write_bytes(b"rows")
    (snapshot / "README.md").write_bytes(b"about")
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    outcome = fetch(f"mine\thub\towner/name\t{COMMIT}\tdata/*.parquet\t")
    assert outcome.status == 0, outcome.err
    # The commit that came first is asked for again: which is the newest is not known here.
    (tmp_path / "raw/source.json").unlink()
    outcome = fetch("mine\thub\towner/name\t\tdata/*.parquet\t")
    assert outcome.status == 0, outcome.err
    facts = json.loads((tmp_path / "raw/source.json").read_text())
    assert (facts["kind"], facts["revision"]) == ("hub", COMMIT)
    assert facts["addresses"] == ["owner/name"]
    assert facts["files"] == [
        {
            "name": "data/x.parquet",
            "address": f"https://huggingface.co/datasets/owner/name/resolve/{COMMIT}/data/x.parquet",
            "bytes": 4,
            "sha256": digest(b"rows"),
        }
    ]
    assert (tmp_path / "raw/data/x.parquet").read_bytes() == b"rows"
    assert not (tmp_path / "raw/README.md").exists()


def test_a_gated_data_set_ends_in_the_next_step(fetch, tmp_path, monkeypatch):
    def closed(*arguments, **options):
        request = httpx.Request("GET", "https://huggingface.co/api/datasets/owner/name")
        raise GatedRepoError("restricted", response=httpx.Response(401, request=request))

    monkeypatch.setattr("tldr_reward.sources.hub.snapshot_download", closed)
    outcome = fetch(f"mine\thub\towner/name\t{COMMIT}\t*\t")
    assert outcome.status == 2
    assert outcome.err == (
        "error: data set owner/name is gated: accept its terms at "
        "https://huggingface.co/datasets/owner/name, then give your access token with "
        "`hf auth login` or in the environment variable HF_TOKEN\n"
    )
    assert not (tmp_path / "raw").exists()


def test_an_unknown_source_and_a_missing_registry(fetch, command, tmp_path):
    row = "mine\thttp\thttp://127.0.0.1:9/x\t\tx\t"
    outcome = fetch(row, name="yours")
    assert outcome.status == 2
    assert outcome.err == f"error: {tmp_path}/sources.tsv has no source 'yours'; it has mine\n"
    outcome = command(f"fetch-source mine --registry {tmp_path}/none.tsv --out {tmp_path}/raw")
    assert outcome.err == f"error: no such file: {tmp_path}/none.tsv\n"
