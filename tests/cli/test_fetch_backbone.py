"""fetch-backbone against a server that speaks the hub's protocol."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

COMMIT = "895c3a49bc3fa70a340399125c650a463535e71c"
FILES = {
    "config.json": b'{"model_type": "qwen2_vl"}',
    "model.safetensors": bytes(range(256)) * 400,
    "preprocessor_config.json": b"{}",
    "pytorch_model.bin": b"a pickle",
    "README.md": b"# a card",
}


class Hub(http.server.BaseHTTPRequestHandler):
    """One public and one gated model; counts what is asked of each file."""

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        gated = "/gated/" in self.path
        if gated:
            return self.reply(403, b"", {"X-Error-Code": "GatedRepo"}, with_body)
        if "/tree/" in self.path:
            tree = [
                {"type": "file", "path": name, "oid": "0" * 40, "size": len(content)}
                for name, content in FILES.items()
            ]
            body = json.dumps(tree).encode()
            return self.reply(200, body, {"Content-Type": "application/json"}, with_body)
        if self.path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in FILES]
            body = json.dumps({"id": "open/model", "sha": COMMIT, "siblings": siblings}).encode()
            return self.reply(200, body, {"Content-Type": "application/json"}, with_body)
        name = self.path.rpartition("/")[2]
        if name not in FILES:
            return self.reply(404, b"", {"X-Error-Code": "EntryNotFound"}, with_body)
        if with_body:
            self.server.sent.append(name)
        digest = hashlib.sha256(FILES[name]).hexdigest()
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{digest}"'}
        return self.reply(200, FILES[name], headers, with_body)

    def reply(self, status: int, body: bytes, headers: dict, with_body: bool) -> None:
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(key, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *parts) -> None:
        pass


@pytest.fixture
def hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.sent = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetch(hub, source: str, out: Path) -> subprocess.CompletedProcess:
    environment = os.environ | {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(out.parent / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
    }
    command = [sys.executable, "-m", "tldr_reward", "fetch-backbone", source, "--out", str(out)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_backbone_comes_whole_and_without_pickles(hub, tmp_path):
    out = tmp_path / "final"
    shown = fetch(hub, f"open/model@{COMMIT}", out)
    assert shown.returncode == 0, shown.stderr
    wanted = {"config.json", "model.safetensors", "preprocessor_config.json"}
    assert {path.name for path in out.iterdir()} == wanted
    assert all((out / name).read_bytes() == FILES[name] for name in wanted)
    assert sorted(hub.sent) == sorted(wanted)


def test_what_is_there_already_is_not_fetched_again(hub, tmp_path):
    out = tmp_path / "final"
    assert fetch(hub, f"open/model@{COMMIT}", out).returncode == 0
    # As if it had been stopped before the last file.
    out.rename(tmp_path / ".final.part")
    (tmp_path / ".final.part/model.safetensors").unlink()
    hub.sent.clear()
    assert fetch(hub, f"open/model@{COMMIT}", out).returncode == 0
    assert "model.safetensors" in hub.sent
    assert (out / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_a_gated_backbone_says_the_next_step(hub, tmp_path):
    shown = fetch(hub, f"gated/model@{COMMIT}", tmp_path / "final")
    assert shown.returncode == 2
    assert shown.stderr.splitlines()[-1] == (
        "error: gated/model is given to those who accept its licence: do so at "
        "https://huggingface.co/gated/model, then `hf auth login` or set HF_TOKEN, and run again"
    )
    assert not (tmp_path / "final").exists()


def test_a_name_without_a_commit_is_refused(hub, tmp_path):
    shown = fetch(hub, "open/model@main", tmp_path / "final")
    assert shown.returncode == 2
    assert "as in owner/name@ and a commit of 40 hex digits" in shown.stderr
