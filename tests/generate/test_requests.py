"""Requests and responses: complete, clean, and never more than was asked."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.generate.requests import (
    Request,
    caption_requests,
    check_complete,
    clean_text,
    generated_captions,
    question_requests,
)
from tldr_reward.records import CaptionRecord, ImageRecord, ModelResponse

IMAGES = [
    ImageRecord("test-0", "images/test-0.png", "scene-dense", "test"),
    ImageRecord("test-1", "images/test-1.png", "scene-dense", "test"),
    ImageRecord("validation-0", "images/validation-0.png", "scene-dense", "validation"),
]
REQUESTS = caption_requests(IMAGES, ["test", "validation"], "describe.", 20)


def test_captions_are_asked_of_every_image_of_the_splits_in_their_order():
    assert REQUESTS == [
        Request("test-0", "test", "test-0", "describe.", 20),
        Request("test-1", "test", "test-1", "describe.", 20),
        Request("validation-0", "validation", "validation-0", "describe.", 20),
    ]
    with pytest.raises(InputError, match="split 'train' has no images"):
        caption_requests(IMAGES, ["train"], "describe.", 20)


def test_a_question_is_asked_without_its_answer():
    record = CaptionRecord("q", "test-0", "how many?", "two", "vqa", "original", bad_spans=())
    assert question_requests([record], "mix", 8) == [Request("q", "mix", "test-0", "how many?", 8)]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  a red\n\n ring. ", "a red ring."),
        ("\t\n", ""),
        ("half \ud83d a character", "half ? a character"),
        ("<|image|> <eos>", "<|image|> <eos>"),
    ],
)
def test_texts_are_cleaned(text, clean):
    assert clean_text(text) == clean


def responses(*ids: str) -> list[ModelResponse]:
    return [ModelResponse(item_id, "a ring.") for item_id in ids]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (("test-0", "validation-0"), "1 of 2 responses to test are missing, the first is to 'test"),
        (("test-0", "test-1", "train-0", "validation-0"), "asked under the item_id 'train-0'"),
        (("test-0", "test-0"), "two responses to 'test-0'"),
        (("test-0", "test-1"), "1 of 1 responses to validation are missing"),
    ],
)
def test_incomplete_and_foreign_responses_are_named(found, message):
    with pytest.raises(InputError, match=message):
        check_complete(REQUESTS, responses(*found), (), "mine.jsonl")


def test_an_optional_set_may_be_missing_as_a_whole_but_not_in_part():
    asked = [*REQUESTS, *(Request(f"q{n}", "mix", "test-0", "how many?", 8) for n in range(2))]
    captions = ("test-0", "test-1", "validation-0")
    assert list(check_complete(asked, responses(*captions), ["mix"], "x")) == list(captions)
    with pytest.raises(InputError, match="1 of 2 responses to mix are missing"):
        check_complete(asked, responses(*captions, "q0"), ["mix"], "x")


def test_captions_are_unlabelled_and_an_empty_one_has_no_record():
    said = {
        "test-0": ModelResponse("test-0", "a ring."),
        "test-1": ModelResponse("test-1", ""),
        "validation-0": ModelResponse("validation-0", "a dot."),
    }
    (caption,) = generated_captions(REQUESTS[:2], said, "mine")
    assert caption == CaptionRecord(
        "test-0-mine", "test-0", "describe.", "a ring.", "caption", "generated", bad_spans=None
    )
