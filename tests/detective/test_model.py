"""`Detective` with the reward model that comes with the package."""

import doctest
import threading

import numpy as np
import pytest
from PIL import Image

import tldr_reward.detective.model
from tests.models import random_images
from tldr_reward.detective.model import cut_at_sentences
from tldr_reward.detective.pictures import opened
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError
from tldr_reward.world.drawing import draw_image
from tldr_reward.world.scenes import COLOURS, SHAPES, UNSEEN_PAIRS, Scene, SceneObject

CIRCLE = "in the top row, first column there is a big red circle."


def test_the_examples_in_the_documentation_are_true(scene):
    found = doctest.testmod(tldr_reward.detective.model, extraglobs={"scene": scene})
    assert (found.failed, found.attempted > 2) == (0, True)


def lone_object(seed: int) -> tuple[Image.Image, str, str]:
    """A scene of one object, its true caption, and one with another colour."""
    colour = COLOURS[seed % 6]
    shape = [shape for shape in SHAPES if (colour, shape) not in UNSEEN_PAIRS][seed % 5]
    wrong = next(c for c in COLOURS if c != colour and (c, shape) not in UNSEEN_PAIRS)
    cell = int(np.random.default_rng(seed).integers(16))
    thing = SceneObject(cell, "big", colour, shape)
    image = Image.fromarray(draw_image(Scene("x", (thing,), None, None, seed)))
    told = f"in the {thing.row} row, {thing.column} column there is a big {{}} {shape}."
    return image, told.format(colour), told.format(wrong)


def test_wrong_colours_are_found_and_true_ones_pass(detective):
    scenes = [lone_object(seed) for seed in range(12)]
    true = list(detective.score_many((image, good) for image, good, _ in scenes))
    false = list(detective.score_many((image, bad) for image, _, bad in scenes))
    assert sum(score.good for score in true) >= 10
    found = [any(span.text.split()[0] in COLOURS for span in score.spans) for score in false]
    assert sum(found) >= 11
    # Calibrated on captions with one error in sixty tokens.
    assert np.mean([score.confidence for score in false]) > 0.4
    assert np.mean([score.confidence for score in true]) < 0.1


def test_many_captions_come_in_order_as_if_each_were_alone(detective, scene):
    others = [lone_object(seed)[0] for seed in range(2)]
    texts = [CIRCLE, "there are four objects.", f"{CIRCLE} the letters K T are on a sign."]
    pairs = [(image, text) for text in texts for image in (scene, *others)]
    done: list[int] = []
    many = list(detective.score_many(pairs, batch_size=4, progress=done.append))
    assert done == [4, 4, 1]
    for score, (image, text) in zip(many, pairs, strict=True):
        alone = detective.score(image, text)
        assert (score.text, score.offsets, score.image) == (text, alone.offsets, alone.image)
        assert np.allclose(score.p_good_of_tokens, alone.p_good_of_tokens, atol=1e-4)
    assert len({score.image for score in many}) == 3


def test_a_caption_that_is_too_long_is_scored_in_parts_that_end_with_sentences(detective, scene):
    # 24 sentences of 14 tokens: the context holds 256 with image and prompt.
    score = detective.score(scene, " ".join([CIRCLE] * 24))
    assert len(score.offsets) == 24 * 14
    first = np.array(score.p_good_of_tokens).reshape(24, 14)
    # 16 sentences fit behind 16 image tokens and the prompt; the 17th begins anew.
    alone = detective.score(scene, CIRCLE).p_good_of_tokens
    assert np.allclose(first[0], alone, atol=1e-4)
    assert np.allclose(first[16], alone, atol=1e-4)
    assert not np.allclose(first[15], alone, atol=1e-4)


def test_parts_end_with_sentences_where_they_can():
    assert cut_at_sentences([0, 0, 0], 3) == [(0, 3)]
    assert cut_at_sentences([0, 0, 1, 1, 1, 2], 4) == [(0, 2), (2, 6)]
    assert cut_at_sentences([0, 0, 0, 0, 0, 1], 2) == [(0, 2), (2, 4), (4, 6)]
    assert cut_at_sentences([], 2) == [(0, 0)]


def test_it_says_what_it_does_not_know(detective, scene):
    assert detective.known_world == (
        "the scene world (64 x 64 drawings of coloured shapes) and nothing else"
    )
    assert detective.score(scene, CIRCLE).warning is None
    photo = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    warning = detective.score(photo, CIRCLE).warning
    assert "the score means nothing" in warning and "640 x 480 pixels" in warning
    assert "\n" not in warning
    for image in (*random_images(2), photo.resize((64, 64)), Image.new("RGB", (64, 64), "red")):
        assert "no even grey background" in detective.score(image, CIRCLE).warning
    assert detective.score(scene, "A dog is here.").warning == (
        "words that this model has never seen: 'A', 'dog', 'here'"
    )


def test_bad_pairs_raise_or_are_kept_in_their_place(detective, scene, tmp_path):
    text_file = tmp_path / "text.png"
    text_file.write_text("no image")
    pairs = [(scene, CIRCLE), (text_file, CIRCLE), (tmp_path / "none.png", CIRCLE), (scene, " "),
             (scene, "a " * 500_000), (scene, "the object count is four.")]  # fmt: skip
    found = list(detective.score_many(pairs, batch_size=2, keep_errors=True))
    assert [type(one) for one in found] == [CaptionScore, *[InputError] * 4, CaptionScore]
    lines = [str(one) for one in found[1:5]]
    assert "not a readable image" in lines[0] and str(text_file) in lines[0]
    assert lines[1] == f"no such image: {tmp_path / 'none.png'}"
    assert lines[2:] == [
        "the caption is empty; a word is needed",
        "the caption has 1000000 characters; at most 50000 are allowed",
    ]
    with pytest.raises(InputError, match="not a readable image"):
        list(detective.score_many(pairs))


def test_a_photograph_is_turned_upright_and_other_formats_are_refused(tmp_path):
    image = Image.new("RGB", (60, 40), "white")
    image.paste("black", (0, 0, 60, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    image.save(tmp_path / "photo.jpg", exif=exif)
    upright = opened(tmp_path / "photo.jpg")
    assert upright.size == (40, 60)
    assert upright.getpixel((35, 30)) < (60, 60, 60) and upright.getpixel((5, 30)) > (200,) * 3
    image.save(tmp_path / "photo.eps")
    with pytest.raises(InputError, match="not a readable image"):
        opened(tmp_path / "photo.eps")


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded(detective, tmp_path):
    for side, message in (((10_000, 10_000), "100 million"), ((20_000, 10_000), "178 million")):
        Image.new("1", side).save(tmp_path / "large.png")
        with pytest.raises(InputError, match=message):
            detective.score(tmp_path / "large.png", CIRCLE)


def test_several_threads_share_one(detective):
    scenes = [lone_object(seed) for seed in range(4)]
    alone = [detective.score(image, text).p_good for image, text, _ in scenes]
    found: dict[int, float] = {}

    def score(place: int) -> None:
        found[place] = detective.score(*scenes[place][:2]).p_good

    threads = [threading.Thread(target=score, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[place] for place in range(4)] == pytest.approx(alone, abs=1e-4)
