"""Rounds: which negatives are asked for, in what order, and what becomes of the replies."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.language_model import ACCEPT, kind_of, said
from tldr_reward.perturb.messages import Chat, Reply
from tldr_reward.perturb.rounds import Perturber, Rules, Truth
from tldr_reward.perturb.taxonomies import TAXONOMIES
from tldr_reward.records import CaptionRecord

# Whatever else the machine does meanwhile.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PROMPT = "Describe the image in detail."
CAPTION = "A red dog is left of two chairs."
REJECT = '{"verdict": "reject", "cause": "paraphrase"}'


def caption(number: int, text: str = CAPTION) -> CaptionRecord:
    return CaptionRecord(f"i{number}-c", f"i{number}", PROMPT, text, "caption", "original",
                         bad_spans=())  # fmt: skip


def answer(number: int, text: str) -> CaptionRecord:
    return CaptionRecord(f"i{number}-q", f"i{number}", "What is it?", text, "vqa", "original",
                         bad_spans=())  # fmt: skip


def body(chat: Chat) -> dict:
    return {"messages": [{"role": role, "content": content} for role, content in chat.messages]}


class Model:
    """Asks the small language model; `said` replaces its reply by kind; counts kinds."""

    def __init__(self, replies: dict[str, Reply | str | None] | None = None) -> None:
        self.replies = replies or {}
        self.kinds: Counter[str] = Counter()
        self.rounds: list[list[str]] = []

    def ask(self, chats) -> list[Reply | None]:
        kinds = [kind_of(body(chat)) for chat in chats]
        self.kinds.update(kinds)
        self.rounds.append(kinds)
        replies = []
        for chat, kind in zip(chats, kinds, strict=True):
            reply = self.replies.get(kind, said(body(chat)))
            replies.append(Reply(reply, False, 1, 1) if isinstance(reply, str) else reply)
        return replies


def perturber(
    model: Model,
    per_caption: int = 1,
    seed: int = 0,
    aggregated: dict[str, str] | None = None,
    assumed: str | None = None,
) -> Perturber:
    rules = Rules(per_caption, 0.25, seed, assumed)
    return Perturber(model.ask, Truth({}, aggregated or {}), rules)


def test_every_taxonomy_is_tried_when_all_are_wanted():
    model = Model()
    found = perturber(model, per_caption=8)
    (negatives,) = found.wave([caption(0)])
    assert {record.taxonomy: record.text for record in negatives} == {
        "spatial_relationship": "A red dog is right of two chairs.",
        "visual_attribute": "A blue dog is left of two chairs.",
        "object_identification": "A red cat is left of two chairs.",
        "counting": "A red dog is left of four chairs.",
        "counterfactual": "A red dog is not left of two chairs.",
    }
    assert found.rejected == {
        ("i0", "caption", "attribute_binding", "unchanged"): 1,
        ("i0", "caption", "small_object", "unchanged"): 1,
        ("i0", "caption", "text_ocr", "unchanged"): 1,
    }
    assert model.kinds == {**dict.fromkeys(TAXONOMIES, 1), "check": 5}
    assert [len(kinds) for kinds in model.rounds] == [8, 5]


def test_a_negatives_record():
    model = Model({name: CAPTION for name in TAXONOMIES if name != "counting"})
    (negatives,) = perturber(model).wave([caption(3)])
    assert negatives == [
        CaptionRecord(
            caption_id="i3-c-counting",
            image_id="i3",
            prompt=PROMPT,
            text="A red dog is left of four chairs.",
            task="caption",
            origin="perturbed",
            taxonomy="counting",
            parent_id="i3-c",
            bad_spans=((21, 25),),
        )
    ]


def test_no_more_is_asked_than_is_lacking():
    model = Model()
    made = perturber(model, per_caption=2).wave([caption(number) for number in range(40)])
    assert [len(negatives) for negatives in made] == [2] * 40
    asked = sum(model.kinds[name] for name in TAXONOMIES)
    assert (
        model.kinds["check"]
        == 80
        == asked
        - sum(model.kinds[name] for name in ("attribute_binding", "small_object", "text_ocr"))
    )
    assert model.rounds[0] != model.rounds[2]
    assert len(model.rounds[0]) == 80


def test_those_used_least_are_tried_first_and_balance():
    """Taxonomies that nothing comes of are tried for most captions; the others stay even."""
    model = Model()
    found = perturber(model)
    for first in range(0, 80, 10):
        found.wave([caption(number) for number in range(first, first + 10)])
    assert sum(found.used.values()) == 80
    assert max(found.used.values()) - min(found.used.values()) <= 3
    assert set(found.used) == {"spatial_relationship", "visual_attribute", "counterfactual",
                               "object_identification", "counting"}  # fmt: skip
    assert model.kinds["text_ocr"] >= 60


def test_all_eight_and_no_more_are_tried_in_vain():
    model = Model(dict.fromkeys(TAXONOMIES, CAPTION))
    found = perturber(model)
    assert found.wave([caption(0)]) == [[]]
    assert model.kinds == dict.fromkeys(TAXONOMIES, 1)
    assert [len(kinds) for kinds in model.rounds if kinds] == [1] * 8


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply("A blue dog", True, 1, 1), "truncated"),
        (Reply("", False, 1, 1), "empty"),
        (CAPTION, "unchanged"),
        ("Something else is told here.", "rewritten"),
    ],
)
def test_replies_that_are_no_negatives_are_counted_and_not_checked(reply, cause):
    model = Model(dict.fromkeys(TAXONOMIES, reply))
    found = perturber(model)
    assert found.wave([caption(0)]) == [[]]
    assert found.rejected == {("i0", "caption", name, cause): 1 for name in TAXONOMIES}
    assert model.kinds["check"] == 0


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [
        (REJECT, "paraphrase"),
        ("no JSON", "check_malformed"),
        (Reply(ACCEPT, True, 1, 1), "check_truncated"),
        (Reply("", False, 1, 1), "check_empty"),
    ],
)
def test_a_check_that_does_not_accept_rejects(verdict, cause):
    found = perturber(Model({"check": verdict}))
    assert found.wave([caption(0)]) == [[]]
    assert found.rejected["i0", "caption", "counting", cause] == 1
    assert sum(found.rejected.values()) == 8


def test_the_text_of_another_true_response_is_no_negative():
    other = "A blue dog is left of two chairs."
    rules = Rules(8, 0.25, 0)
    truth = Truth({("i0", PROMPT): [CAPTION, other]}, {})
    found = Perturber(Model().ask, truth, rules)
    (negatives,) = found.wave([caption(0)])
    assert "visual_attribute" not in {record.taxonomy for record in negatives}
    assert found.rejected["i0", "caption", "visual_attribute", "still_true"] == 1


def test_an_answer_gets_one_wrong_one_checked_by_its_images_caption():
    model = Model()
    found = perturber(model, per_caption=3, aggregated={"i0": "A dog."})
    made = found.wave([answer(0, "a dog"), answer(1, "a dog"), answer(2, "a pier")])
    assert [[record.text for record in negatives] for negatives in made] == [
        ["a horse"], ["a horse"], [],
    ]  # fmt: skip
    assert made[0][0] == CaptionRecord(
        "i0-q-wrong", "i0", "What is it?", "a horse", "vqa", "perturbed", None, "i0-q", ((2, 7),)
    )
    assert found.rejected == {("i2", "vqa", "", "unchanged"): 1}
    assert model.kinds == {"answer": 3, "answer check": 1}


def test_a_wrong_answer_is_written_as_the_right_one_is():
    ((negative,),) = perturber(Model({"answer": '"Dark green."'})).wave([answer(0, "red")])
    assert negative.text == "dark green"


def test_an_answer_that_the_caption_allows_is_rejected():
    verdict = '{"verdict": "reject", "cause": "still_true"}'
    found = perturber(Model({"answer check": verdict}), aggregated={"i0": "A dog and a horse."})
    assert found.wave([answer(0, "a dog")]) == [[]]
    assert found.rejected == {("i0", "vqa", "", "still_true"): 1}


def test_ties_are_settled_by_the_seed_and_the_captions_id():
    def taxonomies(seed: int) -> list[str]:
        wave = [caption(number) for number in range(16)]
        return [made[0].taxonomy for made in perturber(Model(), seed=seed).wave(wave)]

    assert taxonomies(0) == taxonomies(0)
    assert taxonomies(0) != taxonomies(1)


def test_without_replies_either_all_are_accepted_or_all_are_tried():
    class Nothing(Model):
        def ask(self, chats):
            super().ask(chats)
            return [None] * len(chats)

    least, most = Nothing(), Nothing()
    wave = [caption(0), caption(1), answer(2, "a dog")]
    made = perturber(least, per_caption=2, aggregated={"i2": "x"}).wave(wave)
    assert [len(negatives) for negatives in made] == [2, 2, 1]
    assert (least.kinds.total(), least.kinds["check"], least.kinds["answer check"]) == (10, 4, 1)
    perturber(most, per_caption=2, aggregated={"i2": "x"}, assumed="assumed").wave(wave)
    assert (most.kinds.total(), most.kinds["check"]) == (34, 16)


@given(
    texts=st.lists(
        st.lists(st.sampled_from(["red", "dog", "left", "two", "is", "a"]), min_size=1, max_size=8),
        min_size=1,
        max_size=12,
    ),
    per_caption=st.integers(1, 8),
    seed=st.integers(0, 100),
)
@PATIENT
def test_each_caption_gets_what_was_asked_for_or_all_eight_were_tried(texts, per_caption, seed):
    wave = [caption(number, " ".join(words)) for number, words in enumerate(texts)]
    found = perturber(Model(), per_caption, seed)
    made = found.wave(wave)
    rejected = Counter(key[0] for key in found.rejected.elements())
    for original, negatives in zip(wave, made, strict=True):
        taxonomies = [record.taxonomy for record in negatives]
        assert len(set(taxonomies)) == len(taxonomies) <= per_caption
        assert len(taxonomies) == per_caption or len(taxonomies) + rejected[original.image_id] == 8
        assert all(record.bad_spans and record.text != original.text for record in negatives)
    assert sum(found.used.values()) == sum(map(len, made))
