"""The demo's HTTP API: fifty clients at once, hostile input, no path of the server to be read."""

import concurrent.futures
import io
import json
import threading
import urllib.request
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from tests.apps.serving import ask, raw_get, served
from tests.apps.test_uploads import file_of, sent
from tests.models import random_images, small_backbone
from tldr_reward.apps.demo import demo_app
from tldr_reward.cli.demo import describer, drawn_scenes
from tldr_reward.detective.cards import SCENE_WORLD, Card
from tldr_reward.detective.model import Detective
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.reward.model import Adapter, new_reward_model

WORDS = "a big red blue circle square is in the top bottom row".split()
CARD = Card("small/tldr/seed0", "tldr", "token", 0, 0, "small", 64, "describe the image.",
            SCENE_WORLD)  # fmt: skip


class Counting(Detective):
    """A detective that notes how many captions it was given at once."""

    def score_many(self, pairs: Sequence, **settings):
        self.batches.append(len(pairs))
        return super().score_many(pairs, **settings)


@pytest.fixture(scope="session")
def detective():
    model = new_reward_model(small_backbone("paligemma"), Adapter(("decoder",), 4, 4, 0.0), 0)
    with torch.no_grad():  # a fresh LoRA changes nothing
        for name, weight in model.peft_model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.5)
    model.peft_model.eval()
    found = Counting(model, CARD, None)
    found.batches = []
    return found


@pytest.fixture(scope="session")
def demo(detective, tmp_path_factory):
    """Address of a demo with a small reward model, three drawn scenes, and captions."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        app = demo_app(detective, drawn_scenes(1)[:3], describer(detective), "1.2.3")
        with served(app) as address:
            yield address


def caption_of(number: int) -> str:
    return " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 4 + number % 5)) + "."


def test_fifty_clients_at_once_get_each_their_own_answer(demo, detective):
    images = random_images(5)
    files = [sent(file_of(image)) for image in images]
    barrier = threading.Barrier(50)
    detective.batches.clear()

    def client(number):
        barrier.wait()
        body = {"image": files[number % 5], "caption": f"{caption_of(number)} {number}"}
        return ask(f"{demo}/v1/score", body)

    with concurrent.futures.ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(client, range(50)))
    assert [status for status, _ in answers] == [200] * 50
    scores = [CaptionScore.from_dict(answer["score"]) for _, answer in answers]
    assert [score.text for score in scores] == [f"{caption_of(k)} {k}" for k in range(50)]
    assert sum(detective.batches) == 50 and 1 < max(detective.batches) <= 16
    for number, score in enumerate(scores):
        alone = detective.score(images[number % 5], score.text)
        assert score.offsets == alone.offsets
        assert score.p_good_of_tokens == pytest.approx(alone.p_good_of_tokens, abs=1e-4)


def test_an_answer_is_versioned_and_rates_ask_no_model(demo, detective):
    status, answer = ask(
        f"{demo}/v1/score", {"example": "scene-1", "caption": "a red dog.", "threshold": 1.0}
    )
    assert status == 200
    assert (answer["api_version"], answer["model"]) == ("1", "small/tldr/seed0")
    score = answer["score"]
    assert score["good"] is False and score["spans"][0]["text"] == "a red dog."
    assert score["warning"] == "words that this model has never seen: 'dog'"
    detective.batches.clear()
    status, rates = ask(f"{demo}/v1/rates", {"scores": [score, score], "threshold": 0.0})
    assert status == 200
    assert {level: rate["value"] for level, rate in rates["rates"].items()} == {
        "token": 0.0, "sentence": 0.0, "response": 0.0
    }  # fmt: skip
    assert rates["rates"]["token"]["captions"] == 2
    assert detective.batches == []


def test_captions_are_those_of_the_backbone_without_its_lora(demo, detective):
    from tldr_reward.generate.greedy import greedy_responses

    image = random_images(1)[0]
    status, answer = ask(f"{demo}/v1/caption", {"image": sent(file_of(image))})
    bare, adapted = (
        greedy_responses(backbone, [image], [CARD.prompt], 96, "of a test")[0].text
        for backbone in (small_backbone("paligemma"), detective.model.backbone)
    )
    assert (status, answer["caption"]) == (200, " ".join(bare.split()))
    assert bare != adapted


def test_the_model_says_what_it_knows_and_what_is_offered(demo):
    _, about = ask(f"{demo}/v1/model")
    assert about["known_world"] == SCENE_WORLD
    assert about["limits"] == {
        "bytes": 10_000_000, "pixels": 25_000_000, "characters": 4000,
        "formats": ["PNG", "JPEG", "WEBP"],
    }  # fmt: skip
    assert [example["id"] for example in about["examples"]] == ["scene-1", "scene-2", "scene-3"]
    for example in about["examples"]:
        status, data = raw_get(demo, f"/v1/examples/{example['id']}")
        assert status == 200 and Image.open(io.BytesIO(data)).size == (64, 64)
        true, wrong = (caption["text"] for caption in example["captions"])
        assert true != wrong


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"caption": "a", "image": sent(file_of(Image.new("1", (10_000, 10_000))))}, "100 million"),
        ({"caption": "a", "image": sent(b"text in a .png")}, "none of PNG, JPEG and WebP"),
        ({"caption": "a", "image": "../../etc/passwd"}, "not base64"),
        ({"caption": "a", "example": "../../etc/passwd"}, "no example '../../etc/passwd'; there"),
        ({"caption": "a" * 1_000_000, "example": "scene-1"}, "1,000,000 characters; at most 4,000"),
        ({"caption": " ", "example": "scene-1"}, "the caption is empty"),
        ({"caption": "a", "example": "scene-1", "prompt": "b" * 5000}, "the prompt has 5,000"),
        ({"caption": "a"}, "either image or example is needed"),
        ({"caption": "a", "image": "AAAA", "example": "scene-1"}, "and not both"),
        ({"caption": "a", "example": "scene-1", "threshold": 2}, "threshold 2.0; allowed"),
    ],
)
def test_hostile_input_is_answered_in_a_sentence(demo, body, message):
    status, answer = ask(f"{demo}/v1/score", body)
    assert status == 400
    assert answer["error"]["code"] == "bad_input"
    assert message in answer["error"]["message"] and "\n" not in answer["error"]["message"]


def test_malformed_and_oversized_requests_are_answered_too(demo):
    status, answer = ask(f"{demo}/v1/score", b"{not json")
    assert (status, answer["error"]["code"]) == (422, "malformed")
    status, answer = ask(f"{demo}/v1/score", {"caption": ["a"], "example": "scene-1"})
    assert status == 422 and answer["error"]["message"].startswith("body.caption: ")
    status, answer = ask(f"{demo}/v1/score", b"x" * 20_000_000)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    status, answer = ask(f"{demo}/v1/rates", {"scores": [{}]})
    assert (status, answer["error"]["code"]) == (400, "bad_input")


@pytest.mark.parametrize(
    "path",
    ["/../pyproject.toml", "/v1/examples/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
     "/v1/examples/../../../../etc/passwd", "//etc/passwd", "/demo.py", "/docs", "/annotate.html",
     "/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/file=/etc/passwd",
     "/gradio_api/file=pyproject.toml", "/gradio_api/file=https://example.org/",
     "/static/..%2f..%2f..%2f..%2fetc/passwd", "/assets/../../../../../../etc/passwd"],
)  # fmt: skip
def test_no_path_of_the_server_can_be_read(demo, path):
    status, data = raw_get(demo, path)
    assert status in (400, 403, 404)
    assert b"root:" not in data and b"import" not in data and b"[project]" not in data


def test_a_path_in_place_of_an_upload_is_refused(demo):
    """Gradio's own way in takes paths: those of uploads alone."""
    _, config = raw_get(demo, "/config")
    (check,) = (
        event["id"] for event in json.loads(config)["dependencies"] if len(event["inputs"]) == 4
    )
    body = {"fn_index": check, "session_hash": "s"}
    picture = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    status, _ = ask(f"{demo}/gradio_api/queue/join", body | {"data": [picture, "a", 0.5, None]})
    assert status == 200
    with urllib.request.urlopen(f"{demo}/gradio_api/queue/data?session_hash=s") as stream:
        told = stream.read().decode()
    assert '"success":false' in told and "root:" not in told


def test_other_sites_and_other_names_are_refused(demo):
    assert ask(f"{demo}/v1/model", Host="evil.example")[0] == 400
    status, answer = ask(f"{demo}/v1/model", Origin="http://evil.example")
    assert (status, answer["error"]["code"]) == (403, "other_site")
    assert ask(f"{demo}/v1/model", Origin=demo)[0] == 200


def test_from_an_example_to_the_highlighted_caption(demo, detective, browser, tmp_path):
    from selenium.webdriver.support.wait import WebDriverWait

    wait = WebDriverWait(browser, 30, 0.05)
    browser.get(demo)

    def seen(selector):
        """Elements once there are any."""
        return wait.until(lambda page: page.find_elements("css selector", selector))

    wait.until(lambda page: "knows the scene world" in page.find_element("tag name", "body").text)
    seen("tr.tr-body")[1].click()
    box = seen("#caption textarea")[0]
    wait.until(lambda page: box.get_property("value"))
    seen("#picture img")
    hostile = "a red <img src=x onerror=\"document.title='owned'\"> circle."
    box.clear()
    box.send_keys(hostile)
    detective.batches.clear()
    browser.find_element("id", "check").click()
    verdict = browser.find_element("id", "verdict")
    wait.until(lambda page: "in doubt" in verdict.text)
    words = browser.find_element("id", "words")
    assert words.find_elements("tag name", "img") == []
    assert browser.find_element("id", "sentences").find_elements("tag name", "img") == []
    assert browser.title == "TLDR: which words of a caption are wrong?"

    def at_threshold(threshold):
        browser.execute_script(
            "const it = document.querySelector('#threshold input[type=number]');"
            "it.value = arguments[0]; it.dispatchEvent(new Event('input'));",
            threshold,
        )

    at_threshold(0)
    wait.until(lambda page: verdict.text == "✓ No word is in doubt")
    at_threshold(1)
    wait.until(lambda page: "words are in doubt" in verdict.text)
    wait.until(lambda page: "100.0%" in page.find_element("id", "rates").text)
    assert detective.batches == [1]
    # A text file is taken for no picture, whatever its name.
    named = tmp_path / "text.png"
    named.write_text("no picture")
    seen("#picture button[aria-label='Remove Image']")[0].click()
    seen("#picture input[type=file]")[0].send_keys(str(named))
    told = "The image is none of PNG, JPEG and WebP, whatever it is named."
    wait.until(lambda page: told in page.find_element("tag name", "body").text)
    assert not browser.find_elements("css selector", "#picture img")
