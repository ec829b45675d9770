"""Original responses of a split: ids, which images get questions, and no caption in two splits."""

import re
from collections import Counter

from tldr_reward.records import ImageRecord
from tldr_reward.spans import sentence_spans
from tldr_reward.world.lists import LIST_PROMPT
from tldr_reward.world.questions import KINDS
from tldr_reward.world.responses import ResponseWriter, question_kind
from tldr_reward.world.splits import draw_splits, source_of


def responses(split: str, images: int, captions: int, questions: int, texts=None):
    writer = ResponseWriter(split, captions, questions, {} if texts is None else texts, seed=1)
    records = []
    for index, scene in enumerate(draw_splits({split: images}, seed=1)[split]):
        image = ImageRecord(scene.image_id, "x.png", source_of(split, index), split)
        records += writer.of_image(image, scene)
    return records, writer


def test_ids_prompts_and_labels():
    records, _ = responses("validation", 2, 1, 16)
    caption, question = records[:2]
    assert caption.caption_id == "validation-000000-c0"
    assert (caption.prompt, caption.task) == ("describe the image.", "caption")
    kind = question_kind(question.caption_id)
    assert question.caption_id == f"validation-000000-q0-{kind}"
    assert question.task == "vqa"
    assert {record.origin for record in records} == {"original"}
    assert {record.bad_spans for record in records} == {()}


def test_question_kinds_are_read_from_ids():
    assert question_kind("test-000001-q3-count_colour") == "count_colour"
    assert question_kind("test-000001-q3-count_colour-choice") == "count_colour"
    assert question_kind("test-000001-q3-shape-wrong") == "shape"
    assert question_kind("test-000001-c0") is None
    assert question_kind("test-000001-c0-counting") is None


def test_training_asks_questions_of_the_qa_source_only():
    records, _ = responses("train", 20, 2, 3)
    asked = {record.image_id for record in records if record.task == "vqa"}
    assert asked == {f"train-{index:06d}" for index in range(1, 20, 2)}
    assert len([record for record in records if record.task == "caption"]) == 40


def test_some_pretraining_questions_have_a_balanced_multiple_choice_twin():
    records, _ = responses("pretrain", 1200, 1, 4)
    twins = {r.caption_id: r for r in records if r.caption_id.endswith("-choice")}
    plain = {r.caption_id: r for r in records if r.task == "vqa" and r.caption_id not in twins}
    assert 0.12 < len(twins) / len(plain) < 0.18
    letters = {letter: 0 for letter in ("(A)", "(B)", "(C)", "(D)")}
    for name, twin in twins.items():
        original = plain[name.removesuffix("-choice")]
        assert twin.prompt.startswith(f"{original.prompt} (A) ")
        assert f"{twin.text} {original.text}" in twin.prompt
        letters[twin.text] += 1
    assert min(letters["(C)"], letters["(D)"]) > 0.15 * len(twins)
    assert abs(letters["(A)"] - letters["(B)"]) < 0.03 * len(twins)


def test_every_kind_is_asked_of_test_images():
    records, _ = responses("test", 40, 1, 16)
    assert {question_kind(record.caption_id) for record in records} == {*KINDS, None}


def test_a_caption_of_another_split_is_drawn_again():
    texts: dict[str, str] = {}
    first, _ = responses("train", 30, 4, 0, texts)
    # The same scenes and the same generator under another name: it starts with the same caption.
    writer = ResponseWriter("train", 4, 0, texts, seed=1)
    writer.split = "test"
    for index, scene in enumerate(draw_splits({"train": 30}, seed=1)["train"]):
        image = ImageRecord(scene.image_id, "x.png", source_of("train", index), "train")
        for record in writer.of_image(image, scene):
            assert texts[record.text] == "test"
    assert writer.redrawn["in another split"] >= 1
    assert all(texts[record.text] == "train" for record in first)


def test_aggregated_captions_are_of_the_qa_source():
    records, _ = responses("train", 40, 1, 0)
    by_parity = [[], []]
    for record in records:
        by_parity[int(record.image_id[-1]) % 2].append(record.text)
    assert any("there is a big" in text for text in by_parity[0])
    assert all(len(sentence_spans(text)) >= 3 for text in by_parity[1])


def test_sentences_to_fix_have_prompts_and_ids_of_their_own():
    writer = ResponseWriter("pretrain", 0, 0, {}, seed=1, fixes=2)
    (scene,) = draw_splits({"pretrain": 1}, seed=1)["pretrain"]
    image = ImageRecord(scene.image_id, "x.png", source_of("pretrain", 0), "pretrain")
    records = writer.of_image(image, scene)
    assert [record.caption_id for record in records] == ["pretrain-000000-f0", "pretrain-000000-f1"]
    assert all(record.prompt.startswith("fix: ") for record in records)
    assert {record.task for record in records} == {"caption"}


def test_drills_are_statements_and_short_questions_of_their_own_ids():
    writer = ResponseWriter("pretrain", 0, 0, {}, seed=1, drills=2)
    records = []
    for scene in draw_splits({"pretrain": 40}, seed=1)["pretrain"]:
        image = ImageRecord(scene.image_id, "x.png", source_of("pretrain", 0), "pretrain")
        records += writer.of_image(image, scene)
    named = {record.caption_id.split("-", 3)[3] for record in records if record.task == "caption"}
    assert named == {"name", "place", "inspect", "count"}
    lists = [record for record in records if record.prompt == LIST_PROMPT]
    assert {record.caption_id.split("-", 2)[2] for record in lists} == {"l0", "l1"}
    asked = [record for record in records if record.task == "vqa" and record not in lists]
    answers = {kind: Counter() for kind in ("relation_open", None)}
    for record in asked:
        answers[question_kind(record.caption_id)][record.text] += 1
    places = answers.pop(None)
    assert all(re.fullmatch(r"\w+ \w+ \w+ \w+", text) for text in places)
    answered = answers["relation_open"]
    assert set(answered) == {"left", "right", "above", "below"}
    assert max(answered.values()) - min(answered.values()) <= 2
