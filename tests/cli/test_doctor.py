"""doctor: what is there and what is missing, each with what to do about it."""

import http.server
import json
import threading

import pytest

from tldr_reward.cli.api_key import key_for
from tldr_reward.cli.doctor import (
    Finding,
    disk,
    endpoint,
    endpoint_models,
    gpus,
    hub_token,
    memory,
)


@pytest.fixture
def server():
    """A server of one model that wants the key `right`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Bearer right"
            listed = json.dumps({"data": [{"id": "some/model"}]}).encode()
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(listed if known else b"{}")

        def log_message(self, *parts) -> None:
            pass

    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}/v1"
    found.shutdown()
    found.server_close()


def asked(source: str) -> Finding:
    return endpoint(source, *key_for(source), timeout=5)


def test_an_endpoint_is_there_when_it_lists_the_model(server, monkeypatch):
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "right")
    assert asked(f"{server}#some/model").there
    other = asked(f"{server}#another/model")
    assert not other.there and other.found == "serves some/model"
    assert "vllm serve another/model" in other.remedy
    far = asked("http://models.invalid/v1#some/model")
    assert not far.there and far.remedy == "see to the network, or name another endpoint"


def test_a_refused_key_and_a_silent_server_are_told_apart(server, monkeypatch):
    monkeypatch.delenv("TLDR_REWARD_API_KEY", raising=False)
    refused = asked(f"{server}#some/model")
    assert (refused.there, refused.remedy) == (False, "set TLDR_REWARD_API_KEY")
    monkeypatch.setenv("TLDR_REWARD_API_KEY_127_0_0_1", "right")
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "of another host")
    assert asked(f"{server}#some/model").there
    silent = asked("http://127.0.0.1:9/v1#some/model")
    assert not silent.there and silent.found == "no answer (ConnectError)"


def test_what_the_machine_has_is_measured(tmp_path, monkeypatch):
    assert disk(tmp_path, 0).there and not disk(tmp_path, 10**9).there
    assert memory(0.1).there and not memory(10**9).there
    assert gpus(0, 1).there
    many = gpus(1000, 75)
    assert not many.there and many.what == "1000 GPUs of 75 GB"
    monkeypatch.setenv("HF_TOKEN", "hf_something")
    assert hub_token().there


def test_endpoints_are_those_of_the_scale(tmp_path):
    (tmp_path / "models.tsv").write_text(
        "model\tkind\tsource\tscales\treported_row\n"
        "a\tendpoint\thttp://host/v1#a\tpaper\t\n"
        "b\tendpoint\thttp://host/v1#b\tmini\t\n"
        "c\tfolder\t/models/c\tmini,paper\t\n"
    )
    assert list(endpoint_models(tmp_path / "models.tsv", "paper")) == ["http://host/v1#a"]


def test_the_command_tells_what_is_missing(server, command, tmp_path, monkeypatch):
    told = command("doctor --scale smoke")
    assert told.status == 0, told.out + told.err
    assert told.out.splitlines()[-1] == "3 of 3 there"
    paper = tmp_path / "paper.yaml"
    paper.write_text(
        "runtime: {processes: 8}\n"
        "perturbation: {endpoint: 'http://127.0.0.1:9/v1#m', checker: 'http://127.0.0.1:9/v1#m'}\n"
    )
    (tmp_path / "models.tsv").write_text("model\tkind\tsource\tscales\treported_row\n")
    monkeypatch.setattr("tldr_reward.cli.doctor._GATED", ())
    told = command(f"doctor --scale paper --config {tmp_path}")
    assert told.status == 1
    # The same server twice is one thing to look for.
    assert told.out.count("missing  m at http://127.0.0.1:9/v1: no answer") == 1
    elsewhere = paper.read_text().replace(
        "checker: 'http://127.0.0.1:9", f"checker: '{server[:-3]}"
    )
    paper.write_text(elsewhere)
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "right")
    told = command(f"doctor --scale paper --config {tmp_path}")
    assert "the key was refused\n         set TLDR_REWARD_CHECKER_API_KEY" in told.out
    monkeypatch.setenv("TLDR_REWARD_CHECKER_API_KEY", "right")
    told = command(f"doctor --scale paper --config {tmp_path}")
    assert "serves some/model" in told.out
    lost = command(f"doctor --scale paper --config {tmp_path}/nowhere")
    assert lost.status == 2 and "--config names the folder" in lost.err
