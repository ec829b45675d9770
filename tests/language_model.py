"""A language model of a few words, for the tests of what is asked of large ones."""

import json

from tests.generate.servers import completion
from tldr_reward.perturb.prompts import (
    RULES,
    aggregation_chat,
    negative_chat,
    negative_check_chat,
    wrong_answer_chat,
    wrong_answer_check_chat,
)

ACCEPT = '{"verdict": "accept", "cause": ""}'
# What the model changes in a taxonomy; in the others it repeats the caption.
EDITS = {
    "spatial_relationship": ("left", "right"),
    "visual_attribute": ("red", "blue"),
    "object_identification": ("dog", "cat"),
    "counting": ("two", "four"),
    "counterfactual": (" is ", " is not "),
}
ANSWERS = {"red": "green", "two": "five", "a dog": "a horse"}


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
        return ANSWERS.get(answer, answer)
    if kind == "aggregation":
        return "It says " + " and ".join(line.partition(" A: ")[2] for line in asked.split("\n"))
    return ACCEPT


def reply(body: dict) -> tuple[int, str]:
    """A server's reply to a request."""
    return 200, completion(said(body))


def asked(body: dict) -> str:
    """All that a reply depends on: a request's name for counting."""
    return json.dumps(body, sort_keys=True)
