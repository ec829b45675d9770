"""Contrasts: the sentences and the places in which a negative and its original part ways."""

import dataclasses
import re

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Response
from tldr_reward.records import CaptionRecord
from tldr_reward.reward.contrasts import UNKNOWN, excerpts, labelled_items
from tldr_reward.spans import differing_spans


def caption(text, caption_id="a", task="caption"):
    return CaptionRecord(caption_id, "image", "ask", text, task, "original", bad_spans=())


def negative(original, text, taxonomy="counting"):
    return dataclasses.replace(
        original,
        caption_id=f"{original.caption_id}-{taxonomy}",
        text=text,
        origin="perturbed",
        taxonomy=taxonomy,
        parent_id=original.caption_id,
        bad_spans=differing_spans(original.text, text),
    )


def words(record, spans):
    return [record.text[start:end] for start, end in spans]


def test_an_excerpt_is_the_false_sentence_and_the_true_one_at_its_place():
    original = caption("a red ring. there are two cats. it is late.")
    found = excerpts([original, negative(original, "a red ring. there are six cats. it is late.")])
    assert [record.text for record in found] == ["there are six cats.", "there are two cats."]
    assert [words(record, record.bad_spans) for record in found] == [["six"], []]
    assert found[0].parent_id == found[1].caption_id
    assert {record.image_id for record in found} == {"image"}


def test_each_false_sentence_is_an_excerpt_of_its_own():
    original = caption("the ring is red. the dot is blue.")
    swapped = negative(original, "the ring is blue. the dot is red.", "attribute_binding")
    found = excerpts([original, swapped])
    assert [record.text for record in found[::2]] == ["the ring is blue.", "the dot is red."]
    assert [words(record, record.bad_spans) for record in found[::2]] == [["blue"], ["red"]]
    assert len({record.caption_id for record in found}) == 4


def test_there_is_no_excerpt_where_sentences_do_not_match():
    original = caption("a ring. a dot.")
    assert excerpts([original, negative(original, "a ring, a cat.")]) == []
    assert excerpts([negative(original, "a ring. a cat.")]) == []  # its original is not there


def label(records):
    """Labelled items of records whose tokens are their words; also the words by id."""
    vocabulary = sorted({word for record in records for word in record.text.split()})
    items = []
    for record in records:
        found = re.finditer(r"\S+", record.text)
        offsets = tuple(match.span() for match in found)
        ids = tuple(vocabulary.index(record.text[start:end]) for start, end in offsets)
        items.append(Item(0, (1,), Response(ids, offsets)))
    return labelled_items(records, items), vocabulary


def marked(records):
    """Words at which each record contrasts, and the right words that are known."""
    members, vocabulary = label(records)
    found = []
    for record, member in zip(records, members, strict=True):
        own = record.text.split()
        contrast = [word for word, mark in zip(own, member.contrast, strict=True) if mark]
        found.append((contrast, [vocabulary[token] for token in member.right if token != UNKNOWN]))
    return found


def test_an_original_contrasts_where_any_of_its_negatives_differs():
    original = caption("the ring is red . the dot is blue .")
    first = negative(original, "the ring is red . the dot is green .", "visual_attribute")
    second = negative(original, "the ring is red . the cross is blue .", "object_identification")
    assert marked([original, first, second]) == [
        (["dot", "blue"], ["dot", "blue"]),
        (["green"], ["blue"]),
        (["cross"], ["dot"]),
    ]


def test_labels_are_those_of_the_bad_spans():
    original = caption("the ring is red .")
    members, _ = label([original, negative(original, "the ring is blue .")])
    assert [member.good for member in members] == [(True,) * 5, (True, True, True, False, True)]


def test_an_original_contrasts_behind_a_word_that_its_negative_inserts():
    original = caption("it is late . the ring is red .")
    denied = negative(original, "it is late . the ring is not red .", "counterfactual")
    assert marked([original, denied]) == [(["red"], []), (["not"], [])]


def test_an_original_contrasts_at_a_word_that_its_negative_lacks():
    original = caption("the ring is not red .")
    assert marked([original, negative(original, "the ring is red .")])[0] == (["not"], [])


def test_answers_and_excerpts_contrast_like_captions():
    original = caption("F T", task="vqa")
    found = marked([original, negative(original, "F K")])
    assert found == [(["T"], ["T"]), (["K"], ["T"])]
    said = caption("a red ring. there are two cats.")
    twins = excerpts([said, negative(said, "a red ring. there are six cats.")])
    assert marked(twins) == [(["six"], ["two"]), (["two"], ["two"])]


def test_a_response_without_a_twin_contrasts_at_its_bad_spans_alone():
    alone = dataclasses.replace(caption("a red ring."), bad_spans=((2, 5),))
    assert marked([alone, caption("a dot.", "b")]) == [(["red"], []), ([], [])]
