"""Annotation logs measured: seconds a caption, speed-up, and what the corrections are worth."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tldr_reward.annotations import COMPARED, GUIDANCES, AnnotationRow
from tldr_reward.errors import InputError
from tldr_reward.metrics.corrections import Correction
from tldr_reward.metrics.intervals import estimate_mean, image_weights, percentiles
from tldr_reward.metrics.mixed import fitted_ratio, paired_ratio

EVERYBODY = "average"  # the paper's last row: the mean over annotators


@dataclasses.dataclass(frozen=True)
class Measured:
    """A number with its 95% interval, of `n` corrected captions."""

    name: str
    value: float
    low: float
    high: float
    n: int


def measure_annotation(
    rows: Sequence[AnnotationRow],
    corrections: Sequence[Correction | None],
    resamples: int,
    seed: int,
) -> list[Measured]:
    """All numbers of one log; `corrections` are those of the rows, None where nothing is known.

    `seconds/<annotator>/<guidance>`, `speed_up/<annotator>` (binary over token), and of
    corrections `error_free/...` and `false_edit/...`; `average` stands for the annotators' mean.
    Seconds without guidance stand beside where everybody had such captions.
    `model_speed_up/<analysis>` is a ratio of geometric means, of all annotators together.
    """
    annotators = sorted({row.annotator for row in rows})
    if EVERYBODY in annotators:
        raise InputError(f"annotator {EVERYBODY!r}: other names are allowed")
    for name in annotators:
        for guidance in COMPARED:
            count = sum((row.annotator, row.guidance) == (name, guidance) for row in rows)
            if count < 2:
                raise InputError(
                    f"annotator {name!r} has {count} captions with {guidance} guidance; "
                    "at least 2 are needed"
                )
    compared = [row for row in rows if row.guidance in COMPARED]
    shared = is_paired(compared)
    found = _times(compared, annotators, shared, resamples, seed)
    found += _unguided_times(rows, annotators, resamples, seed)
    found += _qualities(rows, corrections, annotators, resamples, seed)
    ratio = paired_ratio(compared) if shared else fitted_ratio(compared)
    name = f"model_speed_up/{ratio.analysis}"
    return [*found, Measured(name, ratio.value, ratio.low, ratio.high, len(compared))]


def is_paired(rows: Sequence[AnnotationRow]) -> bool:
    """Whether every annotator corrected every one of their captions with either guidance."""
    halves = [
        {(row.annotator, row.item) for row in rows if row.guidance == name} for name in COMPARED
    ]
    return halves[0] == halves[1] and len(halves[0]) > 1


def _times(
    rows: Sequence[AnnotationRow],
    annotators: Sequence[str],
    shared: bool,
    resamples: int,
    seed: int,
) -> list[Measured]:
    """Mean seconds and their ratios; bootstrap over captions, within annotator and guidance."""
    rng = np.random.default_rng(seed)
    means: dict[tuple[str, str], np.ndarray] = {}
    counts: dict[str, int] = {}
    for name in annotators:
        index = None
        for guidance in COMPARED:
            own = [row for row in rows if (row.annotator, row.guidance) == (name, guidance)]
            seconds = np.array([row.seconds for row in sorted(own, key=lambda row: row.item)])
            if index is None or not shared:  # a pair is drawn as one
                index = rng.integers(len(seconds), size=(resamples, len(seconds)))
            # The mean itself stands before its bootstrap values.
            means[name, guidance] = np.append(seconds.mean(), seconds[index].mean(axis=1))
            counts[f"{name}/{guidance}"] = len(seconds)
    for guidance in COMPARED:
        of_all = [means[name, guidance] for name in annotators]
        means[EVERYBODY, guidance] = np.mean(of_all, axis=0)
        counts[f"{EVERYBODY}/{guidance}"] = sum(row.guidance == guidance for row in rows)
    found = []
    for name in (*annotators, EVERYBODY):
        binary, token = (means[name, guidance] for guidance in COMPARED)
        n = [counts[f"{name}/{guidance}"] for guidance in COMPARED]
        found += [
            _bootstrapped(f"seconds/{name}/binary", binary, n[0]),
            _bootstrapped(f"seconds/{name}/token", token, n[1]),
            _bootstrapped(f"speed_up/{name}", binary / token, sum(n)),
        ]
    return found


def _unguided_times(
    rows: Sequence[AnnotationRow], annotators: Sequence[str], resamples: int, seed: int
) -> list[Measured]:
    """Mean seconds without any guidance, where everybody had such captions; table 7 has none."""
    rng = np.random.default_rng(seed)
    found, means, count = [], [], 0
    for name in annotators:
        seconds = np.array(
            [row.seconds for row in rows if (row.annotator, row.guidance) == (name, "none")]
        )
        if not len(seconds):
            return []
        index = rng.integers(len(seconds), size=(resamples, len(seconds)))
        means.append(np.append(seconds.mean(), seconds[index].mean(axis=1)))
        found.append(_bootstrapped(f"seconds/{name}/none", means[-1], len(seconds)))
        count += len(seconds)
    return [*found, _bootstrapped(f"seconds/{EVERYBODY}/none", np.mean(means, axis=0), count)]


def _bootstrapped(name: str, values: np.ndarray, n: int) -> Measured:
    return Measured(name, float(values[0]), *percentiles(values[1:]), n)


def _qualities(
    rows: Sequence[AnnotationRow],
    corrections: Sequence[Correction | None],
    annotators: Sequence[str],
    resamples: int,
    seed: int,
) -> list[Measured]:
    """Shares of the corrected captions about which something is known."""
    items = sorted({row.item for row in rows})
    weights = image_weights(len(items), resamples, seed)
    found = []
    for name in (*annotators, EVERYBODY):
        for guidance in GUIDANCES:
            own = [
                (items.index(row.item), correction)
                for row, correction in zip(rows, corrections, strict=True)
                if correction is not None
                and row.guidance == guidance
                and name in (row.annotator, EVERYBODY)
            ]
            item_of = np.array([item for item, _ in own], dtype=int)
            verdicts = {
                "error_free": [correction.error_free for _, correction in own],
                "false_edit": [correction.false_edit for _, correction in own],
            }
            for verdict, values in verdicts.items() if own else ():
                share = estimate_mean(np.array(values, dtype=float), item_of, weights)
                numbers = (share.value, share.low, share.high, share.n)
                found.append(Measured(f"{verdict}/{name}/{guidance}", *numbers))
    return found
