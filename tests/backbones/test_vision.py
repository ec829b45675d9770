"""What the vision tower learns from: images moved by a pixel at most, all of them in the end."""

import numpy as np
import torch

from tldr_reward.backbones.vision import shifted


def test_images_move_by_a_pixel_at_most_and_lose_nothing():
    images = torch.arange(2 * 3 * 4 * 5).float().view(2, 3, 4, 5).repeat(50, 1, 1, 1)
    moved = shifted(images, np.random.default_rng(0))
    found = set()
    for before, after in zip(images, moved, strict=True):
        move = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if torch.equal(after, torch.roll(before, (down, right), (-2, -1)))
        ]
        assert len(move) == 1
        found.update(move)
    assert len(found) == 9
    assert torch.equal(shifted(images, np.random.default_rng(0)), moved)
