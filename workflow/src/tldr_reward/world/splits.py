"""Splits of the scene world: their names, distributions, phrasings and sources."""

from collections.abc import Mapping, Sequence

import numpy as np

from tldr_reward.errors import InputError
from tldr_reward.world.scenes import Scene, draw_scene

# split -> (scene distribution, phrasing set of its captions)
SPLITS = {
    "pretrain": ("standard", "standard"),
    "train": ("standard", "standard"),
    "validation": ("standard", "standard"),
    "test": ("standard", "standard"),
    "ood_phrasing": ("standard", "held_out"),
    "ood_scene": ("crowded", "standard"),
}
DENSE = "scene-dense"  # stands for DOCCI: dense captions
QA = "scene-qa"  # stands for VG100K: question-answer pairs and captions aggregated from them
# The paper tests on DOCCI's test split only, so test splits have no scene-qa images.
_MIXED_SPLITS = ("pretrain", "train", "validation")
_TRIES = 1000


def parse_counts(pairs: Sequence[str], option: str) -> dict[str, int]:
    """`("train=4", "test=1")` as `{"train": 4, "test": 1}`; InputError names the bad one."""
    counts: dict[str, int] = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        if name not in SPLITS:
            raise InputError(f"{option} {pair!r}: no split {name!r}; allowed: {', '.join(SPLITS)}")
        if name in counts:
            raise InputError(f"{option} {pair!r}: split {name!r} is given twice")
        if not number.isdecimal():
            raise InputError(f"{option} {pair!r}: a count of 0 or more is needed, as in {name}=4")
        counts[name] = int(number)
    return counts


def check_split(split: str, what: str) -> None:
    """Raise InputError when `what` is of a split that the scene world does not have."""
    if split not in SPLITS:
        raise InputError(f"{what} is of split {split!r}; allowed: {', '.join(SPLITS)}")


def source_of(split: str, index: int) -> str:
    """Source of a split's image number `index`: half and half, or dense only in test splits."""
    return QA if split in _MIXED_SPLITS and index % 2 else DENSE


def draw_splits(counts: Mapping[str, int], seed: int) -> dict[str, list[Scene]]:
    """Draw `counts` scenes per split, no symbolic scene twice; image ids are `<split>-000000`.

    Scenes of one distribution are drawn as one pool and dealt out at random: dropping repeats
    makes simple scenes rarer as drawing goes on, and that must not tell splits apart.
    """
    by_distribution: dict[str, list[str]] = {}
    for split, count in counts.items():
        if split not in SPLITS:
            raise InputError(f"split {split!r}; allowed: {', '.join(SPLITS)}")
        if count < 0:
            raise InputError(f"split {split!r} of {count} images; 0 or more are needed")
        by_distribution.setdefault(SPLITS[split][0], []).append(split)
    scenes: dict[str, list[Scene]] = {split: [] for split in counts}
    for distribution, splits in by_distribution.items():
        rng = np.random.default_rng([seed, *distribution.encode()])
        pool = _distinct_scenes(rng, distribution, sum(counts[split] for split in splits))
        order = iter(rng.permutation(len(pool)))
        for split in splits:
            for index in range(counts[split]):
                scene = pool[next(order)]
                scenes[split].append(
                    Scene(
                        image_id=f"{split}-{index:06d}",
                        objects=scene.objects,
                        tiny=scene.tiny,
                        sign=scene.sign,
                        draw_seed=scene.draw_seed,
                    )
                )
    return scenes


def _distinct_scenes(rng: np.random.Generator, distribution: str, count: int) -> list[Scene]:
    pool: dict[tuple, Scene] = {}
    missed = 0
    while len(pool) < count:
        scene = draw_scene(rng, distribution)
        missed = missed + 1 if scene.key() in pool else 0
        if missed == _TRIES:
            raise InputError(f"{count} scenes asked of {distribution!r}, which has too few")
        pool.setdefault(scene.key(), scene)
    return list(pool.values())
