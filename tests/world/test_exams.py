"""Question sets: balanced, answerable from the scene, four options in a choice."""

from collections import Counter

import pytest

from tldr_reward.world.exams import EXAM_KINDS, write_choice, write_exam, write_mix
from tldr_reward.world.oracle import judge_caption
from tldr_reward.world.questions import KINDS, multiple_choices, statement
from tldr_reward.world.responses import question_kind
from tldr_reward.world.splits import draw_splits

SCENES = draw_splits({"test": 200}, 3)["test"]
TRUTH = {scene.image_id: scene for scene in SCENES}


@pytest.mark.parametrize("write", [write_exam, write_mix, write_choice])
def test_every_answer_is_true_of_its_scene(write):
    for record in write(SCENES, 1, 0):
        said = statement(record.prompt, record.text)
        assert [verdict.true for verdict in judge_caption(TRUTH[record.image_id], said)] == [True]


@pytest.mark.parametrize("write", [write_exam, write_mix, write_choice])
def test_one_question_an_image_under_names_of_their_own(write):
    records = write(SCENES, 1, 0)
    assert [record.image_id for record in records] == [scene.image_id for scene in SCENES]
    assert len({record.caption_id for record in records}) == 200


def test_a_choice_has_four_different_options_and_balanced_letters():
    records = write_choice(SCENES, 1, 0)
    options = [multiple_choices(record.prompt)[1] for record in records]
    assert {len(set(each.values())) for each in options} == {4}
    letters = Counter(record.text for record in records)
    assert set(letters) == {"(A)", "(B)", "(C)", "(D)"}
    assert max(letters.values()) - min(letters.values()) <= 12  # one a kind at most


def test_an_exam_asks_what_takes_more_than_one_look():
    records = write_exam(SCENES, 1, 0)
    kinds = Counter(question_kind(record.caption_id) for record in records)
    assert set(kinds) == set(EXAM_KINDS)
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert not [record for record in records if multiple_choices(record.prompt)]


def test_a_mix_asks_all_kinds_alike_and_says_yes_as_often_as_no():
    records = write_mix(SCENES, 1, 0)
    kinds = Counter(question_kind(record.caption_id) for record in records)
    assert set(kinds) == set(KINDS)
    assert max(kinds.values()) - min(kinds.values()) <= 1
    answers = Counter(record.text for record in records)
    assert abs(answers["yes"] - answers["no"]) <= 3


def test_the_same_seed_gives_the_same_questions_and_another_gives_others():
    assert write_mix(SCENES, 1, 5) == write_mix(SCENES, 1, 5)
    assert write_mix(SCENES, 1, 5) != write_mix(SCENES, 1, 6)


def test_several_questions_of_an_image_are_of_different_kinds():
    records = write_exam(SCENES[:20], 3, 0)
    asked = Counter((r.image_id, question_kind(r.caption_id)) for r in records)
    assert max(asked.values()) == 1
    assert len(records) == 60
