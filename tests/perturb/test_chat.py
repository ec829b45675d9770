"""Endpoints of language models: what is sent, what comes back, and every way in which nothing does.

Rests are recorded and not waited for.
"""

import email.utils
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.generate.servers import completion, free_port, scripted
from tldr_reward.errors import InputError
from tldr_reward.perturb.chat import ChatEndpoint, Key, Pace, ask_all, retry_after
from tldr_reward.perturb.messages import Chat, Reply, Settings

# Whatever else the machine does meanwhile.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CHAT = Chat("negative/1", (("system", "edit."), ("user", "a red dog")), "generator", 9)
SETTINGS = Settings("some-model", 0.5, 40, 7)


class Rests(list):
    """A clock that only the rests move, which are listed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds


def paced(rests: Rests, per_minute: float | None = None) -> Pace:
    return Pace(per_minute, clock=lambda: rests.now, sleep=rests.sleep)


def ask(
    source: str,
    rests: Rests | None = None,
    retries: int = 0,
    key: str | None = None,
    timeout: float = 60,
) -> Reply:
    pace = paced(Rests() if rests is None else rests)
    endpoint = ChatEndpoint(source, Key("THE_KEY", key), timeout, retries, pace)
    return endpoint.reply(CHAT, SETTINGS)


def test_what_is_sent_and_no_key_or_organization_of_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-user")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-user")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-user")
    seen = []

    def answer(number, body, headers):
        seen.append((body, headers))
        return 200, completion("a blue dog")

    with scripted(answer) as source:
        assert ask(source) == Reply("a blue dog", False, 1, 1)
    ((body, headers),) = seen
    assert body == {
        "model": "some-model",
        "messages": [
            {"role": "system", "content": "edit."},
            {"role": "user", "content": "a red dog"},
        ],
        "temperature": 0.5,
        "max_tokens": 40,
        "seed": 7,
    }
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == (
        "Bearer none"
    )
    assert "of-the-user" not in str(headers)


def test_a_key_is_sent():
    keys = []

    def answer(number, body, headers):
        keys.append({name.lower(): value for name, value in headers.items()}["authorization"])
        return 200, completion("ok")

    with scripted(answer) as source:
        ask(source, key="my-key")
    assert keys == ["Bearer my-key"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (completion("a blue", "length"), Reply("a blue", True, 1, 1)),
        (completion(""), Reply("", False, 1, 1)),
        (completion(None), Reply("", False, 1, 1)),
        (completion("\ud83d dog"), Reply("? dog", False, 1, 1)),
        ('{"choices": []}', Reply("", False, 0, 0)),
        ('{"choices": [{"message": {"content": "x"}}]}', Reply("x", False, 0, 0)),
    ],
)
def test_truncated_empty_and_broken_replies(reply, expected):
    with scripted(lambda *request: (200, reply)) as source:
        assert ask(source) == expected


@pytest.mark.parametrize("reply", ["not json", "[]", "{}", '{"choices": [{}]}', '"text"'])
def test_a_reply_that_is_no_chat_completion_is_named(reply):
    with (
        scripted(lambda *request: (200, reply)) as source,
        pytest.raises(InputError, match=r"no chat completion .* ends in /v1$"),
    ):
        ask(source, retries=3)


def failing(status: int, times: int, headers: dict | None = None):
    """An answer that fails at first."""

    def answer(number, body, _):
        return (status, "{}", headers or {}) if number < times else (200, completion("ok"))

    return answer


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_asked_again_after_twice_the_rest(status):
    rests = Rests()
    with scripted(failing(status, 3)) as source:
        assert ask(source, rests, retries=3).text == "ok"
    assert rests == [1, 2, 4]
    with (
        scripted(failing(status, 3)) as source,
        pytest.raises(InputError, match=rf"attempt 3: status {status} .* to go on$"),
    ):
        ask(source, retries=2)


def test_a_rest_is_a_minute_at_most():
    rests = Rests()
    with scripted(failing(503, 8)) as source:
        ask(source, rests, retries=8)
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_rest_that_a_server_asks_for_is_given():
    rests = Rests()
    with scripted(failing(429, 2, {"Retry-After": "17"})) as source:
        assert ask(source, rests, retries=2).text == "ok"
    assert rests == [17, 17]


def test_all_requests_are_held_when_a_server_asks_for_rest():
    class Holding(Pace):
        def hold(self, seconds: float) -> None:
            held.append(seconds)

    held: list[float] = []
    with scripted(failing(429, 2, {"Retry-After": "17"})) as source:
        endpoint = ChatEndpoint(source, Key("THE_KEY", None), 60, 2, Holding(None))
        assert endpoint.reply(CHAT, SETTINGS).text == "ok"
    assert held == [17, 17]


def test_a_server_that_asks_for_an_hour_ends_the_run():
    rests = Rests()
    with (
        scripted(failing(429, 2, {"Retry-After": "3600"})) as source,
        pytest.raises(InputError, match=r"not to be asked for 3600 s .* to go on$"),
    ):
        ask(source, rests, retries=2)
    assert rests == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("12", 12.0), (" 0.5 ", 0.5), ("soon", None), ("-3", None), ("", None),
     (email.utils.formatdate(1_000_060, usegmt=True), 60.0),
     (email.utils.formatdate(999_000, usegmt=True), 0.0)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert retry_after(header, 1_000_000.0) == seconds


@pytest.mark.parametrize(
    ("status", "key", "advice"),
    [
        (400, None, "these settings and texts of this length"),
        (401, None, "its key is read from THE_KEY, which is not set"),
        (403, "k", "its key is read from THE_KEY, which is not the right one"),
        (404, None, "the address ends in /v1 and the model is one that it serves"),
        (422, None, "give the command again to go on"),
    ],
)
def test_a_lasting_failure_is_asked_once_and_says_what_to_do(status, key, advice):
    asked = []

    def answer(number, body, headers):
        asked.append(number)
        return status, '{"error": {"message": "no\\nsuch thing"}}'

    with scripted(answer) as source, pytest.raises(InputError) as caught:
        ask(source, retries=3, key=key)
    assert asked == [0]
    message = str(caught.value)
    address = source.partition("#")[0]
    assert message.startswith(f"endpoint {address}, model 'some-model', attempt 1: status {status}")
    assert message.endswith(advice)
    assert "\n" not in message


def test_what_a_server_says_of_a_key_is_not_repeated():
    with (
        scripted(lambda *request: (401, '{"error": {"message": "bad key sk-12"}}')) as source,
        pytest.raises(InputError) as caught,
    ):
        ask(source, key="sk-1234")
    assert "sk-12" not in str(caught.value)


def test_a_server_that_is_not_there():
    rests = Rests()
    with pytest.raises(InputError, match="attempt 3: APIConnectionError"):
        ask(f"http://127.0.0.1:{free_port()}/v1#m", rests, retries=2)
    assert rests == [1, 2]


def test_a_slow_server_and_one_that_hangs_up_are_asked_again():
    let_go = threading.Event()

    def answer(number, body, headers):
        if number == 0:
            let_go.wait(60)
        return (200, completion("ok")) if number > 1 else (0, "")

    with scripted(answer) as source:
        rests = Rests()
        # A machine that is busy may answer late more than once.
        assert ask(source, rests, retries=50, timeout=0.2).text == "ok"
        assert rests[:2] == [1, 2]
        let_go.set()
    with (
        scripted(lambda *request: (0, "")) as source,
        pytest.raises(InputError, match="attempt 1: APIConnectionError"),
    ):
        ask(source)

    def slow(number, body, headers):
        time.sleep(0.3)
        return 200, completion("late")

    with (
        scripted(slow) as source,
        pytest.raises(InputError, match=r"attempt 1: APITimeoutError.*raise --timeout"),
    ):
        ask(source, timeout=0.1)


@pytest.mark.parametrize("source", ["ftp://host/v1#m", "http://host/v1", "host#m", ""])
def test_a_source_without_address_or_model(source):
    with pytest.raises(InputError, match="as in https://host/v1#model"):
        ask(source)


def test_the_pace_spreads_requests_evenly():
    rests = Rests()
    pace = paced(rests, per_minute=120)
    for _ in range(3):
        pace.take()
    assert (rests, rests.now) == ([0.5, 0.5], 101.0)
    rests.now = 200.0  # time that passed is not saved up
    pace.take()
    pace.take()
    assert (rests, rests.now) == ([0.5, 0.5, 0.5], 200.5)


def test_without_a_limit_only_a_hold_delays():
    rests = Rests()
    pace = paced(rests)
    pace.take()
    pace.take()
    assert rests == []
    pace.hold(30)
    pace.take()
    assert rests == [30]
    pace.take()
    assert rests == [30]


@PATIENT
@given(st.lists(st.floats(0, 5), max_size=8), st.floats(1, 600))
def test_no_minute_sees_more_requests_than_its_limit(waits, per_minute):
    rests = Rests()
    pace = paced(rests, per_minute)
    sent = []
    for wait in [0.0, *waits]:
        rests.now += wait
        pace.take()
        sent.append(rests.now)
    gaps = [after - before for before, after in zip(sent, sent[1:], strict=False)]
    assert all(gap >= 60 / per_minute - 1e-6 for gap in gaps)


def test_a_stop_ends_rests():
    pace = Pace(None)
    pace.hold(3600)
    pace.stopped.set()
    with pytest.raises(InputError, match="stopped"):
        pace.take()


def test_jobs_run_so_many_at_a_time():
    together = threading.Barrier(3, timeout=60)
    steps = []
    ask_all(range(6), lambda job: together.wait(), 3, Pace(None), lambda: steps.append(1))
    assert len(steps) == 6


def test_after_an_error_no_job_begins_and_those_under_way_end():
    begun, ended = [], []
    failed = threading.Event()

    def job(number: int) -> None:
        begun.append(number)
        if number == 0:
            both.wait()
            failed.set()
            raise InputError("refused")
        both.wait()
        failed.wait(60)
        time.sleep(0.1)
        ended.append(number)

    both = threading.Barrier(2, timeout=60)
    pace = Pace(None)
    with pytest.raises(InputError, match="refused"):
        ask_all([0, 1], job, 2, pace, lambda: None)
    assert (sorted(begun), ended) == ([0, 1], [1])
    assert pace.stopped.is_set()


def test_the_first_error_is_the_one_that_is_told():
    begun = []

    def job(number: int) -> None:
        begun.append(number)
        if number == 2:
            raise InputError("refused")

    pace = Pace(None)
    with pytest.raises(InputError, match="refused"):
        ask_all(range(100), job, 1, pace, lambda: None)
    assert begun == [0, 1, 2]
