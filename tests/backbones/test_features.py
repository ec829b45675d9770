"""Vision features by row: the same whether they are kept or computed when asked for."""

import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.features import ImageFeatures


class Counted(list):
    """Images that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, place):
        found = super().__getitem__(place)
        self.looks += len(found) if isinstance(place, slice) else 1
        return found


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_rows_are_those_of_the_images(name):
    backbone, images = small_backbone(name), random_images(5)
    whole = backbone.vision_features(images)
    one = whole[0].numel() * 4
    rows = torch.tensor([4, 0, 4, 2])
    for kept in (0, 2, 5):
        features = ImageFeatures(backbone, images, keep_bytes=kept * one)
        assert len(features.kept) == kept
        assert features.shape == tuple(whole.shape)
        assert torch.allclose(features[rows], whole[rows], atol=1e-6)


def test_what_is_kept_is_not_looked_at_again():
    backbone, images = small_backbone("paligemma"), Counted(random_images(4))
    one = backbone.vision_features(images[:1]).numel() * 4
    features = ImageFeatures(backbone, images, keep_bytes=3 * one)
    before = images.looks
    assert torch.equal(features[torch.tensor([0, 1, 2, 1])], features.kept[[0, 1, 2, 1]])
    assert images.looks == before
    assert features[torch.tensor([3, 3, 0])].shape[0] == 3
    assert images.looks == before + 1
