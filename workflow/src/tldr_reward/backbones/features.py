"""Vision features of images: computed once and kept, as far as they fit into memory."""

from collections.abc import Sequence

import torch
from PIL import Image

from tldr_reward.backbones.interface import Backbone
from tldr_reward.progress import Progress

# What is kept at most, in the machine's own memory. A real PaliGemma's features of an image of
# 448 pixels are 2.4 MB in half precision, those of a real Llama-3.2-Vision's four tiles 98 MB.
KEEP_BYTES = 8 * 2**30
_CHUNK = 256


class ImageFeatures:
    """Features before the projector, one row an image, as if a tensor [N, image tokens, width].

    Of the first images, as many as fit into `keep_bytes` are kept; the others' are computed
    whenever they are asked for. Rows come on the backbone's device.
    """

    def __init__(
        self, backbone: Backbone, images: Sequence[Image.Image], keep_bytes: int = KEEP_BYTES
    ) -> None:
        self.backbone, self.images = backbone, images
        first = backbone.vision_features(images[:1])
        self.shape = (len(images), *first.shape[1:])
        count = min(len(images), keep_bytes // (first.numel() * first.element_size()))
        progress = Progress(count, "vision features")
        parts = [first[:0].cpu()]
        for start in range(0, count, _CHUNK):
            some = images[start : min(start + _CHUNK, count)]
            parts.append(backbone.vision_features(some).cpu())
            progress.step(count=len(some))
        self.kept = torch.cat(parts)

    def __getitem__(self, rows: torch.Tensor) -> torch.Tensor:
        """Features [R, image tokens, width] of rows [R]."""
        wanted = rows.tolist()
        others = [row for row in wanted if row >= len(self.kept)]
        if not others:
            return self.kept[rows.cpu()].to(self.backbone.model.device)
        found = dict.fromkeys(others)
        computed = self.backbone.vision_features([self.images[row] for row in found])
        found = dict(zip(found, computed, strict=True))
        device = self.backbone.model.device
        return torch.stack(
            [found[row] if row in found else self.kept[row].to(device) for row in wanted]
        )


# What holds features by row: all of them, or those that fit.
Features = torch.Tensor | ImageFeatures
