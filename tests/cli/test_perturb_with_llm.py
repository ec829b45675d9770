"""perturb-with-llm against a server: whole runs, broken runs, costs."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.conftest import refusal
from tests.generate.servers import completion, free_port, scripted
from tests.language_model import Server, asked, kind_of, reply, said, write_data
from tldr_reward.cli.api_key import checkers_key_for
from tldr_reward.cli.perturb_captions import RejectCount
from tldr_reward.records import CaptionRecord, read_records, read_rows


@pytest.fixture
def folder(tmp_path) -> Path:
    write_data(tmp_path)
    return tmp_path


def arguments(folder: Path, source: str, name: str = "run", more: str = "") -> str:
    return (
        f"perturb-with-llm --originals {folder}/docci.jsonl --originals {folder}/vg.jsonl "
        f"--image-records {folder}/images.jsonl --endpoint {source} "
        f"--cache {folder}/{name}/replies.jsonl --out {folder}/{name}/captions "
        f"--rejects {folder}/{name}/rejects.csv --retries 0 {more}"
    )


def outputs(folder: Path, name: str = "run") -> dict[str, bytes]:
    """All that a run wrote but its cache."""
    paths = [*(folder / name / "captions").iterdir(), folder / name / "rejects.csv"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture
def expected(command, folder) -> dict[str, bytes]:
    """What a run writes that nothing disturbs."""
    with scripted(Server().answer) as source:
        assert command(arguments(folder, source, "undisturbed")).status == 0
    return outputs(folder, "undisturbed")


def test_originals_are_each_followed_by_their_negatives(command, folder):
    server = Server()
    with scripted(server.answer) as source:
        outcome = command(arguments(folder, source, more="--negatives-per-caption 2"))
    assert (outcome.status, outcome.err.count("error")) == (0, 0)
    assert sorted(outputs(folder)) == ["rejects.csv", "test.jsonl", "train.jsonl"]
    train = read_records(folder / "run/captions/train.jsonl", CaptionRecord)
    assert [record.caption_id for record in train if record.origin == "original"] == [
        "i0-c", "i1-c", "i2-c", "i3-c", "i4-c", "i5-c",
        "i0-q0", "i0-q1", "i0-q2", "i2-q0", "i2-q1", "i2-q2",
    ]  # fmt: skip
    parents = Counter(record.parent_id for record in train if record.origin == "perturbed")
    assert parents == {"i0-c": 2, "i1-c": 2, "i3-c": 2, "i4-c": 2, "i5-c": 2,
                       "i0-q0": 1, "i0-q1": 1, "i2-q0": 1, "i2-q1": 1}  # fmt: skip
    places = {record.caption_id: place for place, record in enumerate(train)}
    for record in train:
        if record.origin == "perturbed":
            assert 1 <= places[record.caption_id] - places[record.parent_id] <= 2
            assert record.caption_id == f"{record.parent_id}-{record.taxonomy or 'wrong'}"
            assert record.bad_spans
    assert {record.text for record in train if record.parent_id == "i0-q0"} == {"green"}
    rejects = read_rows(folder / "run/rejects.csv", RejectCount)
    assert RejectCount("train", "vg100k", "vqa", "", "unchanged", 2) in rejects
    assert RejectCount("train", "vg100k", "caption", "text_ocr", "unchanged", 3) not in rejects
    of_harbour = [row for row in rejects if (row.split, row.source, row.cause) ==
                  ("test", "vg100k", "unchanged")]  # fmt: skip
    assert len(of_harbour) == 8
    assert server.kinds["unknown"] == server.kinds["answer check"] == 0
    assert max(server.answered.values()) == 1


def test_the_order_of_replies_changes_nothing(command, folder, expected):
    with scripted(Server(delays=True).answer) as source:
        assert command(arguments(folder, source, more="--at-once 7")).status == 0
    assert outputs(folder) == expected
    with scripted(Server(delays=True).answer) as source:
        assert command(arguments(folder, source, "one", "--at-once 1")).status == 0
    assert outputs(folder, "one") == expected


def test_a_second_run_asks_nothing(command, folder, expected):
    server = Server(limit=0)
    with scripted(server.answer) as source:
        outcome = command(arguments(folder, source, "undisturbed"))
    assert outcome.status == 0
    assert not server.answered
    assert outputs(folder, "undisturbed") == expected
    requests = len((folder / "undisturbed/replies.jsonl").read_text().splitlines())
    assert f"requests {requests}, of which cached {requests}, tokens in 0," in outcome.out


def test_a_server_that_dies_half_way_is_asked_nothing_twice(command, folder, expected):
    counted: Counter[str] = Counter()
    for limit in (9, 14, None):
        server = Server(limit)
        with scripted(server.answer) as source:
            outcome = command(arguments(folder, source, more="--at-once 3"))
        counted += server.answered
        assert outcome.status == (0 if limit is None else 2)
        if limit is not None:
            assert "attempt 1: APIConnectionError" in outcome.err
            assert outcome.err.count("error:") == 1
            assert not (folder / "run/captions").exists()
    assert max(counted.values()) == 1
    assert outputs(folder) == expected


def test_a_killed_run_goes_on_to_the_same_bytes(command, folder, expected):
    server, killed = Server(), []

    def answer(number: int, body: dict, headers: dict) -> tuple:
        if number == 12:
            run.kill()
            killed.append(asked(body))
            run.wait(300)
            return 0, ""
        return server.answer(number, body, headers)

    with scripted(answer) as source:
        line = arguments(folder, source, more="--at-once 1").split()
        environment = os.environ | {"PYTHONHASHSEED": "3"}
        run = subprocess.Popen([sys.executable, "-m", "tldr_reward", *line], env=environment,
                               stdout=subprocess.DEVNULL)  # fmt: skip
        assert run.wait(300) == -9
        assert server.answered.total() == 12
        with open(folder / "run/replies.jsonl", "ab") as file:  # and a line cut in half
            file.write(b'{"format": "reply/1", "key": "1')
        assert command(" ".join(line)).status == 0
    assert len(killed) == 1
    assert max(server.answered.values()) == 1
    assert outputs(folder) == expected


def test_an_estimate_comes_first_and_nothing_is_asked_for_it(command, folder):
    server = Server()
    prices = "--price-in 1 --price-out 2 --requests-per-minute 6000"
    with scripted(server.answer) as source:
        shown = command(arguments(folder, source, more=f"{prices} --estimate"))
        assert (shown.status, shown.err) == (0, "")
        assert shown.out.startswith("estimate: requests ")
        assert server.answered.total() == 0
        assert not (folder / "run").exists()
        run = command(arguments(folder, source, more=prices))
    assert run.out == shown.out
    least, _, most = shown.out.split("requests ")[1].split(",")[0].partition(" to ")
    assert int(least) <= server.answered.total() <= int(most)
    assert "cached 0," in shown.out
    assert "cost 0.0" in shown.out


def test_a_checker_of_its_own_gets_its_own_key_alone(command, folder, monkeypatch):
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "generators-key")
    monkeypatch.delenv("TLDR_REWARD_CHECKER_API_KEY", raising=False)
    keys: dict[str, set[str]] = {"generator": set(), "checker": set()}

    def server(name: str):
        def answer(number, body, headers):
            named = {key.lower(): value for key, value in headers.items()}
            keys[name].add(named["authorization"])
            assert (kind_of(body) == "check") == (name == "checker")
            return reply(body)

        return answer

    with scripted(server("generator")) as one, scripted(server("checker")) as other:
        assert command(arguments(folder, one, more=f"--checker {other}")).status == 0
        assert keys == {"generator": {"Bearer generators-key"}, "checker": {"Bearer none"}}
        monkeypatch.setenv("TLDR_REWARD_CHECKER_API_KEY", "checkers-key")
        assert command(arguments(folder, one, "again", f"--checker {other}")).status == 0
    assert keys["generator"] == {"Bearer generators-key"}
    assert keys["checker"] == {"Bearer none", "Bearer checkers-key"}


def test_a_checkers_key_is_its_own_or_its_hosts(monkeypatch):
    for name in [name for name in os.environ if name.startswith("TLDR_REWARD_")]:
        monkeypatch.delenv(name)
    one, other = "https://one.org/v1#a", "https://other.org/v1#b"
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "for all")
    assert checkers_key_for(other, one) == ("TLDR_REWARD_CHECKER_API_KEY", None)
    assert checkers_key_for("https://one.org/v1#b", one) == ("TLDR_REWARD_API_KEY", "for all")
    monkeypatch.setenv("TLDR_REWARD_API_KEY_OTHER_ORG", "the host's")
    assert checkers_key_for(other, one) == ("TLDR_REWARD_API_KEY_OTHER_ORG", "the host's")
    monkeypatch.setenv("TLDR_REWARD_CHECKER_API_KEY", "its own")
    assert checkers_key_for(other, one) == ("TLDR_REWARD_CHECKER_API_KEY", "its own")


def test_a_checker_of_the_same_host_gets_the_key(command, folder, monkeypatch):
    monkeypatch.setenv("TLDR_REWARD_API_KEY", "the-key")
    monkeypatch.delenv("TLDR_REWARD_CHECKER_API_KEY", raising=False)
    seen: set[tuple[str, str]] = set()

    def answer(number, body, headers):
        named = {key.lower(): value for key, value in headers.items()}
        seen.add((body["model"], named["authorization"]))
        return reply(body)

    with scripted(answer) as source:
        checker = source.replace("#some-model", "#other-model")
        assert command(arguments(folder, source, more=f"--checker {checker}")).status == 0
    assert seen == {("some-model", "Bearer the-key"), ("other-model", "Bearer the-key")}


@pytest.mark.parametrize(
    ("text", "reason", "cause"),
    [
        ("", "stop", "empty"),
        ("A cut", "length", "truncated"),
        ("Nothing of what was told before.", "stop", "rewritten"),
    ],
)
def test_replies_of_no_use_are_counted_and_the_run_goes_on(command, folder, text, reason, cause):
    def answer(number, body, headers):
        return 200, completion(text, reason)

    with scripted(answer) as source:
        assert command(arguments(folder, source)).status == 0
    rejects = read_rows(folder / "run/rejects.csv", RejectCount)
    assert {row.cause for row in rejects if row.task == "caption"} == {cause}
    test = read_records(folder / "run/captions/test.jsonl", CaptionRecord)
    assert [record.caption_id for record in test] == ["i6-c", "i7-c"]


def test_an_empty_list_of_choices_and_a_checker_without_json_are_counted(command, folder):
    def answer(number, body, headers):
        if kind_of(body) == "counting":
            return 200, '{"choices": []}'
        return (200, completion("Looks fine.")) if kind_of(body) == "check" else reply(body)

    with scripted(answer) as source:
        assert command(arguments(folder, source)).status == 0
    rejects = read_rows(folder / "run/rejects.csv", RejectCount)
    causes = {row.cause for row in rejects if row.task == "caption"}
    assert causes == {"empty", "unchanged", "check_malformed"}
    assert {row.cause for row in rejects if row.taxonomy == "counting"} == {"empty"}


def test_quotes_and_fences_around_replies_change_nothing(command, folder, expected):
    def answer(number, body, headers):
        text = said(body)
        return 200, completion(f'"{text}"' if number % 2 and '"' not in text else f"```\n{text}```")

    with scripted(answer) as source:
        assert command(arguments(folder, source)).status == 0
    assert outputs(folder) == expected


def test_a_wish_to_wait_is_granted(command, folder, expected):
    server = Server()

    def answer(number, body, headers):
        if number in (1, 5):
            return 429, "{}", {"Retry-After": "0.05"}
        return server.answer(number, body, headers)

    with scripted(answer) as source:
        assert command(arguments(folder, source, more="--retries 2")).status == 0
    assert outputs(folder) == expected
    assert max(server.answered.values()) == 1


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "its key is read from TLDR_REWARD_API_KEY, which is not set"),
        (404, "see whether the address ends in /v1 and the model is one that it serves"),
    ],
)
def test_a_refusal_is_one_line_and_asked_once(command, folder, monkeypatch, status, advice):
    monkeypatch.delenv("TLDR_REWARD_API_KEY", raising=False)
    numbers = []

    def answer(number, body, headers):
        numbers.append(number)
        return status, "{}"

    with scripted(answer) as source:
        err = refusal(command(arguments(folder, source, more="--at-once 1 --retries 5")))
    assert numbers == [0]
    assert f"model 'some-model', attempt 1: status {status}" in err
    assert err.endswith(f"{advice}\n")
    assert not (folder / "run").exists()


def test_a_server_that_is_too_slow_is_named(command, folder):
    def answer(number, body, headers):
        time.sleep(0.3)
        return reply(body)

    with scripted(answer) as source:
        line = arguments(folder, source, more="--at-once 1 --timeout 0.2")
        assert "attempt 1: APITimeoutError" in refusal(command(line))
    assert "attempt 1: APIConnectionError" in refusal(
        command(arguments(folder, f"http://127.0.0.1:{free_port()}/v1#m", more="--at-once 1"))
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"i1"', '"nowhere"'), "no image record of image 'nowhere'"),
        (lambda text: text.replace('"i1-c"', '"i0-c"'), "'i0-c' stands twice in --originals"),
        (lambda text: text.replace('"original"', '"generated"', 1), "allowed: original"),
    ],
)
def test_bad_originals_are_named_before_anything_is_asked(command, folder, change, message):
    path = folder / "docci.jsonl"
    path.write_text(change(path.read_text()))
    assert message in refusal(command(arguments(folder, "http://127.0.0.1:9/v1#m")))


@pytest.mark.parametrize("option", ["--endpoint", "--checker"])
def test_an_endpoint_without_a_model_is_named(command, folder, option):
    line = arguments(folder, "http://127.0.0.1:9/v1#m", more=f"{option} http://host/v1")
    assert "'http://host/v1'; as in https://host/v1#model" in refusal(command(line))
