"""Endpoints: what is sent, what comes back, and every way in which nothing does."""

import base64
import io
import json
import time

import pytest
from PIL import Image

from tests.generate.servers import completion, free_port, scripted
from tests.models import random_images
from tldr_reward.errors import InputError
from tldr_reward.generate.endpoint import Endpoint, endpoint_responses
from tldr_reward.generate.requests import Request
from tldr_reward.records import ModelResponse

REQUEST = Request("test-0", "test", "test-0", "describe the image.", 20)
(IMAGE,) = random_images(1)


def respond(source: str, retries: int = 0, timeout: float = 10) -> ModelResponse:
    return Endpoint(source, None, timeout, retries, pause=0.01).respond(REQUEST, IMAGE)


def test_image_prompt_and_limit_are_sent_and_no_saved_token(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_the_user")
    seen = []

    def answer(number, body, headers):
        seen.append((body, headers))
        return 200, completion("  a red\nring. ")

    with scripted(answer) as source:
        assert respond(source) == ModelResponse("test-0", "a red ring.", False)
    ((body, headers),) = seen
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("some-model", 20, 0.0)
    image, text = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "describe the image."}
    kind, _, data = image["image_url"]["url"].partition(",")
    assert kind == "data:image/png;base64"
    sent = Image.open(io.BytesIO(base64.b64decode(data)))
    assert sent.tobytes() == IMAGE.tobytes()
    assert "hf_secret" not in json.dumps(headers)


def test_a_key_is_sent_to_whom_it_is_meant_for():
    keys = []

    def answer(number, body, headers):
        keys.append({name.lower(): value for name, value in headers.items()}["authorization"])
        return 200, completion("ring")

    with scripted(answer) as source:
        Endpoint(source, "my-key", 10, 0).respond(REQUEST, IMAGE)
    assert keys == ["Bearer my-key"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (completion("a ring", "length"), ModelResponse("test-0", "a ring", True)),
        (completion(""), ModelResponse("test-0", "", False)),
        (completion(None), ModelResponse("test-0", "", False)),
        (completion("\ud83d ring"), ModelResponse("test-0", "? ring", False)),
    ],
)
def test_truncated_empty_and_broken_texts(reply, expected):
    with scripted(lambda *request: (200, reply)) as source:
        assert respond(source) == expected


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_asked_again(status):
    def answer(number, body, headers):
        return (status, "{}") if number < 2 else (200, completion("ring"))

    with scripted(answer) as source:
        assert respond(source, retries=2).text == "ring"
    with (
        scripted(answer) as source,
        pytest.raises(InputError, match=r"attempt 2: .*" + str(status)),
    ):
        respond(source, retries=1)


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_lasting_failure_is_not(status):
    asked = []

    def answer(number, body, headers):
        asked.append(number)
        return status, '{"error": "no such thing"}'

    with scripted(answer) as source, pytest.raises(InputError, match="item 'test-0', attempt 1"):
        respond(source, retries=3)
    assert asked == [0]


@pytest.mark.parametrize("reply", ["not json", "[]", "{}", '{"choices": []}', '{"choices": [{}]}'])
def test_a_reply_that_is_no_chat_completion_is_named(reply):
    with (
        scripted(lambda *request: (200, reply)) as source,
        pytest.raises(InputError, match="its reply is no chat completion"),
    ):
        respond(source, retries=3)


def test_a_server_that_is_not_there_and_one_that_does_not_answer():
    with pytest.raises(InputError, match="attempt 2: ConnectError"):
        respond(f"http://127.0.0.1:{free_port()}/v1#m", retries=1)

    def slow(number, body, headers):
        time.sleep(1)
        return 200, completion("late")

    with scripted(slow) as source, pytest.raises(InputError, match="attempt 1: InferenceTimeout"):
        respond(source, timeout=0.2)


@pytest.mark.parametrize("source", ["ftp://host/v1#m", "http://host/v1", "host#m", ""])
def test_a_source_without_address_or_model(source):
    with pytest.raises(InputError, match="as in https://host/v1#model"):
        Endpoint(source, None, 1, 0)


def test_a_failure_stops_the_others_and_keeps_what_came():
    def answer(number, body, headers):
        return (200, completion("ring")) if number < 3 else (400, "{}")

    requests = [Request(f"test-{n}", "test", "test-0", "describe.", 5) for n in range(50)]
    came = []
    with scripted(answer) as source, pytest.raises(InputError):
        endpoint = Endpoint(source, None, 10, 0)
        for response in endpoint_responses(endpoint, requests, {"test-0": IMAGE}, at_once=1):
            came.append(response.item_id)
    assert came == ["test-0", "test-1", "test-2"]
