"""A language model of a few words, for the tests of what is asked of large ones."""

import json
import threading
import time
from collections import Counter
from pathlib import Path

from tests.generate.servers import completion
from tldr_reward.perturb.prompts import (
    RULES,
    aggregation_chat,
    negative_chat,
    negative_check_chat,
    wrong_answer_chat,
    wrong_answer_check_chat,
)
from tldr_reward.records import CaptionRecord, ImageRecord, write_records

ACCEPT = '{"verdict": "accept", "cause": ""}'
# What the model changes in a taxonomy; in the others it repeats the caption.
EDITS = {
    "spatial_relationship": ("left", "right"),
    "visual_attribute": ("red", "blue"),
    "object_identification": ("dog", "cat"),
    "counting": ("two", "four"),
    "counterfactual": (" is ", " is not "),
}
WRONG = {"red": "green", "two": "five", "a dog": "a horse"}
PROMPT = "Describe the image in detail."
CAPTIONS = (
    "A red dog is left of two chairs.",
    "Two birds sit on a wire. The dog is red.",
    "A quiet harbour.",
    "The man on the left holds two red balloons, and a dog is behind him.",
)
ANSWERS = (("What colour is it?", "red"), ("How many?", "two"), ("Where?", "a pier"))


def _system(chat) -> str:
    return chat.messages[0][1]


_NEGATIVES = {_system(negative_chat("x", taxonomy)): taxonomy for taxonomy in RULES}
_CHECKS = {_system(negative_check_chat("x", "y", taxonomy)): taxonomy for taxonomy in RULES}
_ANSWER = _system(wrong_answer_chat("q", "a"))
_ANSWER_CHECK = _system(wrong_answer_check_chat("c", "q", "a", "b"))
_AGGREGATION = _system(aggregation_chat([("q", "a")]))


def kind_of(body: dict) -> str:
    """What a request asks: a taxonomy, `check`, `answer`, `answer check` or `aggregation`."""
    system = body["messages"][0]["content"]
    if system in _NEGATIVES:
        return _NEGATIVES[system]
    others = {_ANSWER: "answer", _ANSWER_CHECK: "answer check", _AGGREGATION: "aggregation"}
    return others[system] if system in others else "check" if system in _CHECKS else "unknown"


def said(body: dict) -> str:
    """What the model says to a request."""
    kind, asked = kind_of(body), body["messages"][-1]["content"]
    if kind in RULES:
        return asked.replace(*EDITS[kind]) if kind in EDITS else asked
    if kind == "answer":
        answer = json.loads(asked)["answer"]
        return WRONG.get(answer, answer)
    if kind == "aggregation":
        return "It says " + " and ".join(line.partition(" A: ")[2] for line in asked.split("\n"))
    return ACCEPT


def reply(body: dict) -> tuple[int, str]:
    """A server's reply to a request."""
    return 200, completion(said(body))


def asked(body: dict) -> str:
    """All that a reply depends on: a request's name for counting."""
    return json.dumps(body, sort_keys=True)


class Server:
    """Answers as the small language model does, and counts what it has answered."""

    def __init__(self, limit: int | None = None, delays: bool = False) -> None:
        self.answered: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.limit, self.delays = limit, delays
        self.lock = threading.Lock()

    def answer(self, number: int, body: dict, headers: dict) -> tuple:
        if self.limit is not None and number >= self.limit:
            return 0, ""
        if self.delays:
            time.sleep(len(asked(body)) * 7 % 5 / 200)
        with self.lock:
            self.answered[asked(body)] += 1
            self.kinds[kind_of(body)] += 1
        return reply(body)


def write_data(folder: Path) -> None:
    """Images of four splits, two of which have originals: captions, questions, a paragraph."""
    images = [ImageRecord(f"i{n}", f"i{n}.jpg", "docci" if n % 2 else "vg100k",
                          "train" if n < 6 else "test") for n in range(8)]  # fmt: skip
    images += [ImageRecord("w0", "w0.png", "winoground", "winoground"),
               ImageRecord("p0", "p0.png", "pixelprose", "pixelprose")]  # fmt: skip
    records = [
        CaptionRecord(f"i{n}-c", f"i{n}", PROMPT, CAPTIONS[n % 4], "caption", "original",
                      bad_spans=()) for n in range(8)
    ]  # fmt: skip
    questions = [
        CaptionRecord(f"i{n}-q{k}", f"i{n}", question, text, "vqa", "original", bad_spans=())
        for n in (0, 2)
        for k, (question, text) in enumerate(ANSWERS)
    ]
    write_records(folder / "images.jsonl", images)
    write_records(folder / "docci.jsonl", records)
    write_records(folder / "vg.jsonl", questions)
