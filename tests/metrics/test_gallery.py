"""Captions to look at: who is drawn, and what is said of their tokens."""

from tldr_reward.metrics.gallery import GalleryItem, draw_captions, gallery_items
from tldr_reward.records import CaptionRecord, ScoreRecord, read_records, write_records

TEXT = "A red cube."
WORDS = ((0, 1), (1, 5), (5, 10), (10, 11))


def caption(number: int, taxonomy: str | None = None, task: str = "caption") -> CaptionRecord:
    bad = ((2, 5),) if taxonomy else ()
    origin = "perturbed" if taxonomy else "original"
    return CaptionRecord(f"c{number}", "i", "describe", TEXT, task, origin, taxonomy, None, bad)


def score(number: int, *p_good: float) -> ScoreRecord:
    return ScoreRecord(f"c{number}", "paligemma/tldr/seed0", WORDS, p_good)


CAPTIONS = [
    *(caption(number) for number in range(10)),
    *(caption(number, "counting") for number in range(10, 13)),
    caption(13, task="vqa"),
    CaptionRecord("c14", "i", "describe", TEXT, "caption", "generated"),
]


def test_as_many_of_each_taxonomy_and_no_answers_or_unlabelled_ones():
    drawn = draw_captions(CAPTIONS, 4, 0)
    assert {name: len(own) for name, own in drawn.items()} == {"counting": 3, "none": 4}
    names = {one.caption_id for own in drawn.values() for one in own}
    assert not names & {"c13", "c14"}


def test_the_draw_is_the_seeds_alone():
    drawn = draw_captions(CAPTIONS, 4, 0)
    assert draw_captions(list(reversed(CAPTIONS)), 4, 0) == drawn
    assert any(draw_captions(CAPTIONS, 4, seed) != drawn for seed in range(1, 9))


def test_tokens_have_their_labels_and_the_response_its_verdict():
    scores = [score(0, 1, 1, 1, 1), score(10, 1, 0.5, 1, 1), score(11, 1, 0.51, 1, 1)]
    drawn = {"none": [CAPTIONS[0]], "counting": CAPTIONS[10:12]}
    good, found, missed = gallery_items(drawn, scores, "paligemma", 0.5)
    assert (good.caught, found.caught, missed.caught) == (True, True, False)
    assert found.bad == (False, True, False, False)
    assert (found.taxonomy, found.backbone, found.run) == (
        "counting",
        "paligemma",
        "paligemma/tldr/seed0",
    )
    assert gallery_items(drawn, [score(0, 0.2, 1, 1, 1)], "paligemma", 0.5)[0].caught is False


def test_items_come_back_from_their_file_as_they_were(tmp_path):
    items = gallery_items({"none": [CAPTIONS[0]]}, [score(0, 1, 1, 1, 0.3)], "llama", 0.5)
    write_records(tmp_path / "gallery.jsonl", items)
    assert read_records(tmp_path / "gallery.jsonl", GalleryItem) == items
