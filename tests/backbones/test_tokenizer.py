"""The word-level tokenizer: offsets, options, round trips."""

import pytest

from tests.models import small_backbone
from tldr_reward.errors import InputError


def test_tokens_are_words_with_their_characters():
    response = small_backbone("paligemma").tokenize("a big red circle. there is no square.")
    text = "a big red circle. there is no square."
    words = [text[start:end] for start, end in response.offsets]
    assert words == ["a", "big", "red", "circle", ".", "there", "is", "no", "square", "."]


def test_an_option_is_one_token():
    tokenizer = small_backbone("llama").tokenizer
    assert len(tokenizer("(B)", add_special_tokens=False)["input_ids"]) == 1
    assert tokenizer.decode(tokenizer("(B)", add_special_tokens=False)["input_ids"]) == "(B)"


def test_decoding_restores_the_spacing_of_punctuation():
    tokenizer = small_backbone("llama").tokenizer
    text = "a big red circle is in the top row, first column. how many objects are there?"
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_an_unknown_word_keeps_its_place():
    backbone = small_backbone("paligemma")
    response = backbone.tokenize("a photograph of a circle.")
    assert response.offsets[1] == (2, 12)
    assert response.ids[1] == backbone.tokenizer.unk_token_id


@pytest.mark.parametrize(
    "name, text",
    [("paligemma", "a red <loc0012> circle"), ("paligemma", "<image>"), ("llama", "a <|image|>")],
)
def test_a_mark_that_no_word_stands_for_is_refused(name, text):
    with pytest.raises(InputError, match="no word of it"):
        small_backbone(name).tokenize(text)


def test_paligemma_says_words_alone():
    backbone = small_backbone("paligemma")
    rows = backbone.model.lm_head.out_features
    assert len(backbone.tokenizer) == rows + 1 + 1024 + 128
    assert backbone.tokenizer.convert_ids_to_tokens(rows) == "<image>"
