"""Two runs on the same responses: exact McNemar, its image-clustered form, and Holm's rule."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from tldr_reward.errors import InputError
from tldr_reward.metrics.rows import ResponseOutcome


@dataclasses.dataclass(frozen=True)
class Comparison:
    """First against second run, for one seed each or several paired seeds.

    `only_first` and `only_second` count responses that one run alone judged right, `mcnemar_p`
    (one for each seed pair) takes them as independent, `clustered_p` takes images as the units.
    """

    n: int
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    mcnemar_p: tuple[float, ...]
    clustered_p: float


def compare(
    pairs: Sequence[tuple[Sequence[ResponseOutcome], Sequence[ResponseOutcome]]],
) -> Comparison:
    """Compare two runs' outcomes, one pair for each seed; raises InputError on other captions."""
    only_first, only_second, p_values = [], [], []
    by_image: dict[str, int] = {}
    for first, second in pairs:
        gains = 0
        losses = 0
        for image_id, difference in _differences(first, second):
            by_image[image_id] = by_image.get(image_id, 0) + difference
            gains += difference == 1
            losses += difference == -1
        only_first.append(gains)
        only_second.append(losses)
        p_values.append(exact_mcnemar(gains, losses))
    clustered = sign_flip(np.array(list(by_image.values()), dtype=int))
    return Comparison(
        len(pairs[0][0]), tuple(only_first), tuple(only_second), tuple(p_values), clustered
    )


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact McNemar p from the two counts of discordant pairs; 1 without any."""
    if only_first + only_second == 0:
        return 1.0
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)


def sign_flip(differences: np.ndarray) -> float:
    """Exact two-sided p of the summed whole-number differences when every sign is a fair coin.

    One difference an image: with all of them -1, 0 or 1 this is the exact McNemar test. The
    distribution of the sum is built by convolution, so that no permutation is drawn.
    """
    sizes = np.abs(differences[differences != 0])
    reach = int(sizes.sum())
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for size in sizes.tolist():
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2
    sums = np.arange(-reach, reach + 1)
    return min(1.0, float(chances[np.abs(sums) >= abs(int(differences.sum()))].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values of one family of tests."""
    if not p_values:
        return []
    return [float(p) for p in multipletests(list(p_values), method="holm")[1]]


def _differences(
    first: Sequence[ResponseOutcome], second: Sequence[ResponseOutcome]
) -> list[tuple[str, int]]:
    """Image and (first right) - (second right) of each caption; both runs have the same ones."""
    other = {outcome.caption_id: outcome for outcome in second}
    ids = {outcome.caption_id for outcome in first}
    if missing := ids ^ set(other):
        raise InputError(f"caption {min(missing)!r} is judged by one of two compared runs only")
    differences = []
    for outcome in first:
        twin = other[outcome.caption_id]
        if outcome.gold_good != twin.gold_good:
            raise InputError(f"caption {outcome.caption_id!r} has two gold labels in two runs")
        right = outcome.predicted_good == outcome.gold_good
        twin_right = twin.predicted_good == twin.gold_good
        differences.append((outcome.image_id, int(right) - int(twin_right)))
    return differences
