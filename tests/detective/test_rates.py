"""Rates of scored captions, worked out by hand."""

import pytest

from tldr_reward.detective.rates import rates_of
from tldr_reward.detective.scores import CaptionScore
from tldr_reward.errors import InputError

TEXT = "a dog. a cat."
OFFSETS = ((0, 1), (2, 5), (5, 6), (7, 8), (9, 12), (12, 13))


def score(image: str, *bad: int, **others) -> CaptionScore:
    p_good = tuple(0.1 if place in bad else 0.9 for place in range(6))
    return CaptionScore(TEXT, OFFSETS, p_good, image=image, **others)


def test_rates_average_over_captions():
    found = rates_of([score("i"), score("i", 1), score("j", 1, 4), score("k")])
    assert {level: rate.value for level, rate in found.items()} == {
        "token": pytest.approx(3 / 24), "sentence": 3 / 8, "response": 0.5,
    }  # fmt: skip
    assert [rate.units for rate in found.values()] == [24, 8, 4]
    assert all(rate.low <= rate.value <= rate.high for rate in found.values())


def test_no_flag_has_an_interval_of_images_not_captions():
    rate = rates_of([score("i") for _ in range(50)])["response"]
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(0.7935, abs=1e-4)  # Wilson's, of one image


def test_a_threshold_in_place_of_the_scores_own():
    assert rates_of([score("i", 1)], threshold=0.05)["token"].value == 0


def test_what_cannot_be_averaged_is_refused():
    with pytest.raises(InputError, match="at least one"):
        rates_of([])
    with pytest.raises(InputError, match=r"thresholds \[0.2, 0.5\]"):
        rates_of([score("i"), score("j", threshold=0.2)])
    naive = CaptionScore(TEXT, ((0, 13),), (0.3,), level="response")
    assert list(rates_of([naive])) == ["response"]
    with pytest.raises(InputError, match="naive"):
        rates_of([score("i"), naive])
