"""Which sentences a model is asked to fix under each guidance, and what becomes of its answers."""

from tldr_reward.generate.correction import (
    Request,
    chat_prompt,
    correct_captions,
    corrected,
    flagged_tokens,
    requests,
)
from tldr_reward.records import CaptionRecord, ScoreRecord

TEXT = "a red ring is big. a sign reads E F. there is a dot."
CAPTION = CaptionRecord("m-1", "1", "describe the image.", TEXT, "caption", "generated")


def test_tokens_at_or_below_the_threshold_are_flagged():
    score = ScoreRecord("m-1", "run", ((0, 1), (2, 5), (6, 10)), (0.9, 0.5, 0.2))
    assert flagged_tokens(score, 0.5) == [(2, 5), (6, 10)]


def test_tldr_guidance_asks_for_flagged_sentences_alone_and_highlights_within_them():
    found = requests(CAPTION, [(2, 5), (49, 52)], "tldr")
    assert [(one.sentence, one.flagged) for one in found] == [
        ("a red ring is big.", ((2, 5),)),
        ("there is a dot.", ((12, 15),)),
    ]


def test_naive_guidance_asks_for_every_sentence_without_highlights():
    found = requests(CAPTION, [(2, 5)], "naive")
    assert [one.sentence for one in found] == [
        "a red ring is big.",
        "a sign reads E F.",
        "there is a dot.",
    ]
    assert {one.flagged for one in found} == {()}


def test_answers_take_their_sentences_places_and_an_empty_one_changes_nothing():
    first, second = Request(CAPTION, (0, 18), ()), Request(CAPTION, (19, 36), ())
    text = corrected(CAPTION, [(first, "a blue ring is small."), (second, " ")])
    assert text == "a blue ring is small. a sign reads E F. there is a dot."


def test_answers_of_several_captions_go_back_to_their_own():
    other = CaptionRecord("m-2", "2", "describe the image.", "it is red.", "caption", "generated")
    asked = []

    def answer(some):
        asked.extend(request.caption.caption_id for request in some)
        return [f"{request.caption.image_id}." for request in some]

    texts = correct_captions([CAPTION, other], [[(21, 25)], [(0, 2)]], "tldr", answer)
    assert texts == ["a red ring is big. 1. there is a dot.", "2."]
    assert asked == ["m-1", "m-2"]


def test_a_chat_model_is_told_the_flagged_words_and_then_each_flagged_sentence():
    # Tokens may be parts of words: "E" of the sign and "ot" of "dot".
    lines = chat_prompt(CAPTION, [(32, 33), (49, 51)], "tldr").splitlines()
    assert lines[0] == "This description of the image may have mistakes. Correct them."
    assert lines[6] == "- Answer with the corrected description alone."
    assert lines[7:] == [
        "",
        f"Description: {TEXT}",
        "",
        'Highlighted words: "E", "dot"',
        '- In the sentence "a sign reads E F.": "E"',
        '- In the sentence "there is a dot.": "dot"',
    ]


def test_without_guidance_a_chat_model_is_told_of_no_word():
    guided, alone = (chat_prompt(CAPTION, [(2, 5)], name) for name in ("tldr", "naive"))
    assert "ighlighted" not in alone
    assert alone.splitlines()[-1] == f"Description: {TEXT}"
    rules = [line for line in alone.splitlines() if line.startswith("- ")]
    assert len(rules) == 3 and set(rules) < set(guided.splitlines())
