"""Hub data sets: from a server that speaks the hub's protocol, from the cache, behind a gate."""

import hashlib
import json
import shutil

import huggingface_hub.constants as constants
import pytest

from tests.sources.servers import Reply, serving
from tldr_reward.errors import InputError
from tldr_reward.sources.hub import fetch_hub
from tldr_reward.sources.transport import FetchedFile

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "facebook/winoground"
FILES = {
    "README.md": b"about",
    "data/examples.jsonl": b'{"id": 0}\n',
    "data/images.zip": b"PK zip",
}
PATTERNS = ("data/examples.jsonl", "data/images.zip")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of the hub of one's own; a missing token; the network as the test says."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "no-tokens"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


def use(monkeypatch, address: str) -> None:
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def hub(asked, gate: Reply | None = None) -> Reply:
    """What the hub says of the data set; `gate` is its answer to everyone who asks for a file."""
    path = asked.path.partition("?")[0]
    base = f"/api/datasets/{NAME}"
    if path in (base, f"{base}/revision/main", f"{base}/revision/{COMMIT}"):
        facts = {"id": NAME, "sha": COMMIT, "siblings": [{"rfilename": name} for name in FILES]}
        return Reply(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})
    if path == f"{base}/tree/{COMMIT}":
        entries = [
            {"type": "file", "path": name, "size": len(data), "oid": oid(data)}
            for name, data in FILES.items()
        ]
        return Reply(200, json.dumps(entries).encode(), {"Content-Type": "application/json"})
    name = path.removeprefix(f"/datasets/{NAME}/resolve/{COMMIT}/")
    if name not in FILES:
        return Reply(404, b"", {"X-Error-Code": "EntryNotFound"})
    if gate:
        return gate
    data = FILES[name]
    return Reply(200, data, {"X-Repo-Commit": COMMIT, "ETag": f'"{oid(data)}"'})


def oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def fetched(name: str) -> FetchedFile:
    data = FILES[name]
    address = f"https://huggingface.co/datasets/{NAME}/resolve/{COMMIT}/{name}"
    return FetchedFile(name, address, len(data), hashlib.sha256(data).hexdigest())


def test_the_newest_commit_is_resolved_and_its_matching_files_come(cache, tmp_path, monkeypatch):
    with serving(hub) as served:
        use(monkeypatch, served.address)
        commit, files = fetch_hub(NAME, "", PATTERNS, tmp_path / "raw")
        asked = [one.path for one in served.asked]
    assert commit == COMMIT
    assert files == [fetched("data/examples.jsonl"), fetched("data/images.zip")]
    assert (tmp_path / "raw/data/images.zip").read_bytes() == b"PK zip"
    assert sorted(path.name for path in (tmp_path / "raw/data").iterdir()) == [
        "examples.jsonl",
        "images.zip",
    ]
    assert not [path for path in asked if "README" in path]


def test_a_second_time_without_network_it_comes_from_the_cache(cache, tmp_path, monkeypatch):
    with serving(hub) as served:
        use(monkeypatch, served.address)
        first = fetch_hub(NAME, "", PATTERNS, tmp_path / "raw")
    shutil.rmtree(tmp_path / "raw")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch_hub(NAME, "", PATTERNS, tmp_path / "raw") == first
    assert fetch_hub(NAME, COMMIT, PATTERNS, tmp_path / "raw") == first  # files there already


def test_a_cache_laid_out_by_hand(cache, tmp_path, monkeypatch):
    snapshot = cache / "datasets--facebook--winoground/snapshots" / COMMIT
    for name, data in FILES.items():
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).write_bytes(data)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit, files = fetch_hub(NAME, COMMIT, ("data/*.jsonl",), tmp_path / "raw")
    assert (commit, files) == (COMMIT, [fetched("data/examples.jsonl")])
    with pytest.raises(InputError, match=rf"{NAME} at {COMMIT} has no file \*.parquet"):
        fetch_hub(NAME, COMMIT, ("*.parquet",), tmp_path / "raw")


@pytest.mark.parametrize("status", [401, 403])
def test_a_gate_ends_in_the_next_step(cache, tmp_path, monkeypatch, status):
    gate = Reply(status, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access restricted"})
    with serving(lambda asked: hub(asked, gate)) as served:
        use(monkeypatch, served.address)
        with pytest.raises(InputError) as error:
            fetch_hub(NAME, "", PATTERNS, tmp_path / "raw")
    assert str(error.value) == (
        "data set facebook/winoground is gated: accept its terms at "
        "https://huggingface.co/datasets/facebook/winoground, then give your access token with "
        "`hf auth login` or in the environment variable HF_TOKEN"
    )
    assert not (tmp_path / "raw").exists()


def test_a_missing_token_ends_in_the_next_step_too(cache, tmp_path, monkeypatch):
    with serving(lambda asked: Reply(401, b"")) as served:
        use(monkeypatch, served.address)
        with pytest.raises(InputError, match="is gated, private or not there: accept its terms at"):
            fetch_hub(NAME, COMMIT, PATTERNS, tmp_path / "raw")


def test_no_such_data_set_and_no_network(cache, tmp_path, monkeypatch):
    use(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(InputError, match=f"^cannot get data set {NAME} from the hub: "):
        fetch_hub(NAME, "", PATTERNS, tmp_path / "raw")
    with serving(lambda asked: Reply(404, b"", {"X-Error-Code": "RepoNotFound"})) as served:
        use(monkeypatch, served.address)
        with pytest.raises(InputError, match=f"^cannot get data set {NAME} from the hub: "):
            fetch_hub(NAME, COMMIT, PATTERNS, tmp_path / "raw")
