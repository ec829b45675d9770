"""Training and scoring by this package and by its peer, side by side in one run."""

import dataclasses
import statistics
from collections.abc import Callable
from pathlib import Path

import torch

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Backbone
from tldr_reward.backbones.placement import Placement
from tldr_reward.bench import counting, measuring, ours, peer
from tldr_reward.bench.geometries import (
    GEOMETRIES,
    features_of,
    make_backbone,
    random_items,
    random_pixels,
)
from tldr_reward.reward.contrasts import UNKNOWN, LabelledItem
from tldr_reward.reward.model import Adapter, RewardModel, new_reward_model

FORMAT = "bench-speed/1"
RATE = 1e-3
# Steps after which results are compared: with many more, differences of rounding have grown, since
# AdamW divides what is next to nothing by its own size.
_EQUAL_STEPS = 16
# This package has each image's vision features: in training from the epochs before, in scoring
# within the time measured. The peer runs the vision tower in every row, or has features cached too.
PEERS = ("peer", "peer_cached")


@dataclasses.dataclass(frozen=True)
class Bench:
    """A backbone with reward models of both kinds on it, and the responses of a unit of work."""

    backbone: Backbone
    shape: counting.Shape
    model: RewardModel
    peers: dict[str, tuple[peer.Peer, peer.Rows]]
    pixels: dict[str, torch.Tensor]
    features: torch.Tensor
    items: list[Item]
    rank: int
    clock: str

    @property
    def members(self) -> list[LabelledItem]:
        """The responses, every seventh token of which is called bad."""
        found = []
        for item in self.items:
            count = len(item.response.ids)
            good = tuple(place % 7 != 3 for place in range(count))
            found.append(LabelledItem(item, good, (False,) * count, (UNKNOWN,) * count))
        return found

    def tokens(self) -> int:
        """Response tokens of a unit of work."""
        return sum(len(item.response.ids) for item in self.items)


def make_bench(
    geometry: str,
    architecture: str,
    placement: Placement,
    folder: Path | None = None,
    clock: str = "wall",
) -> Bench:
    """Backbone, models and responses of a geometry; the peer's weights equal the package's."""
    sizes = GEOMETRIES[geometry]
    backbone = make_backbone(geometry, architecture, placement, folder)
    pixels = random_pixels(backbone, sizes.images)
    features = features_of(backbone, pixels)
    shape = counting.shape_of(backbone, features.shape[1])
    adapter = Adapter(("projector", "decoder"), sizes.rank, sizes.rank, 0.0)
    one = peer.Peer(backbone, adapter, 1)
    peers = {
        "peer": (one, peer.Rows(backbone, pixels, None)),
        "peer_cached": (one, peer.Rows(backbone, pixels, features)),
    }
    model = new_reward_model(backbone, adapter, 1)
    numbers = (sizes.images, sizes.captions, sizes.mean, sizes.spread)
    items = random_items(backbone, features.shape[1], *numbers)
    return Bench(backbone, shape, model, peers, pixels, features, items, sizes.rank, clock)


def measured_speed(
    geometry: str,
    architecture: str,
    placement: Placement,
    rounds: int,
    folder: Path | None = None,
    clock: str = "wall",
) -> dict:
    """Everything about one backbone at one geometry, as a JSON object."""
    bench = make_bench(geometry, architecture, placement, folder, clock)
    sizes = GEOMETRIES[geometry]
    found = {
        "format": FORMAT,
        "geometry": geometry,
        "backbone": architecture,
        "device": _device_name(bench.backbone.model.device),
        "threads": torch.get_num_threads(),
        "clock": clock,
        "dtype": placement.dtype,
        "weights": "random" if folder is None else "trained",
        "image_tokens": bench.shape.image_tokens,
        "images": sizes.images,
        "captions": len(bench.items),
        "response_tokens": bench.tokens(),
        "formula": counting.FORMULA,
        "equality": equality(bench),
    }
    # Both have run already, for equality: nothing is timed that warms up.
    found["scoring"] = _measured_work(bench, "scoring", sizes, rounds, True)
    helps = "bf16" in found["scoring"]["peer"]["setting"]
    found["training"] = _measured_work(bench, "training", sizes, rounds, helps)
    return found


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def equality(bench: Bench) -> dict[str, float]:
    """How far the two are apart: losses of some steps, an image each, and scores after them."""
    captions = len(bench.items) // len(bench.features)
    members = bench.members[: captions * _EQUAL_STEPS]
    pair, rows = bench.peers["peer"]
    optimizer = ours.optimizers_of(bench.model, RATE)
    curve = ours.train(bench.model, members, bench.features, 1, optimizer)
    theirs = ours.peers_optimizer(pair.adapted.parameters(), pair.head.parameters(), RATE)
    _, peers_curve = peer.train(pair, members, rows, captions, theirs)
    scores = ours.score(bench.model, bench.items, bench.features, len(bench.items))
    peers_scores = peer.score(pair, bench.items, rows, captions)
    pairs = zip(scores, peers_scores, strict=True)
    apart = [abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)]
    return {
        "steps": len(curve),
        "largest_difference_of_losses": _rounded(
            max(abs(a - b) for a, b in zip(curve, peers_curve, strict=True))
        ),
        "largest_difference_of_scores": _rounded(max(apart)),
        "spread_of_scores": _rounded(statistics.pstdev(p for one in scores for p in one)),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def runs_of(bench: Bench, work: str) -> dict[str, Callable[..., float]]:
    """For this package and its peers: seconds of a unit of work at a batch size.

    The peers take a second argument: whether to compute in bfloat16.
    """
    device, members = bench.backbone.model.device, bench.members
    optimizer = ours.optimizers_of(bench.model, 1e-6)

    def train_ours(images: int) -> float:
        return measuring.timed(
            lambda: ours.train(bench.model, members, bench.features, images, optimizer),
            device,
            bench.clock,
        )

    def score_ours(images: int) -> float:
        per_image = len(bench.items) // len(bench.features)

        def work_and_vision() -> None:
            features = features_of(bench.backbone, bench.pixels)
            ours.score(bench.model, bench.items, features, images * per_image)

        return measuring.timed(work_and_vision, device, bench.clock)

    def of_peer(name: str) -> Callable[..., float]:
        pair, rows = bench.peers[name]
        theirs = ours.peers_optimizer(pair.adapted.parameters(), pair.head.parameters(), 1e-6)

        def train_peer(count: int, bf16: bool = False) -> float:
            pair.train()
            return peer.train(pair, members, rows, count, theirs, bf16, bench.clock)[0]

        def score_peer(count: int, bf16: bool = False) -> float:
            run = lambda: peer.score(pair, bench.items, rows, count, bf16)  # noqa: E731
            return measuring.timed(run, device, bench.clock)

        return train_peer if work == "training" else score_peer

    found = {"ours": train_ours if work == "training" else score_ours}
    return found | {name: of_peer(name) for name in PEERS}


def _measured_work(bench: Bench, work: str, sizes, rounds: int, bf16: bool) -> dict:
    """Times in turns; `bf16`: the peer's best batch is tried in bfloat16 too."""
    device = bench.backbone.model.device
    runs = runs_of(bench, work)
    swept = {"ours": _swept(runs["ours"], sizes.images_a_batch, len(bench.features))}
    # What is best for the peer is so with cached features too.
    swept["peer"] = _swept(runs["peer"], sizes.rows_a_batch, len(bench.items))
    if bf16 and bench.backbone.model.dtype == torch.float32:
        best = (*min(swept["peer"], key=swept["peer"].get), True)
        swept["peer"][best] = runs["peer"](*best)
    chosen = {name: min(found, key=found.get) for name, found in swept.items()}
    chosen["peer_cached"] = chosen["peer"]
    products = measuring.matrix_products(device, bench.backbone.model.dtype, bench.clock)
    turns = {name: lambda run=run, name=name: run(*chosen[name]) for name, run in runs.items()}
    seconds = measuring.in_turns(turns | {"matrix products": products}, rounds, work)
    peak = measuring.matrix_operations(device) / statistics.median(seconds.pop("matrix products"))
    needed = _needed(bench, work, chosen["ours"][0])
    tried = {
        name: {_setting(key): round(value, 4) for key, value in one.items()}
        for name, one in swept.items()
    }
    found = {"matrix_peak_gflops": round(peak / 1e9, 1), "swept_seconds": tried}
    for name, some in seconds.items():
        median = statistics.median(some)
        memory = measuring.peak_megabytes(turns[name], device)
        found[name] = measuring.summary(some) | {
            "setting": _setting(chosen[name]),
            "captions_per_s": round(len(bench.items) / median, 2),
            "response_tokens_per_s": round(bench.tokens() / median, 1),
            "counted_gflop": round(needed[name] / 1e9, 3),
            "achieved_gflops": round(needed[name] / median / 1e9, 2),
            "share_of_peak": round(needed[name] / median / peak, 4),
            "peak_memory_mb": round(memory, 1),
        }
    for name in PEERS:
        speedup = measuring.ratio(seconds[name], seconds["ours"])
        bound = needed[name] / needed["ours"]
        speedup |= {"bound": round(bound, 3), "share": round(speedup["ratio"] / bound, 3)}
        found[f"ours_against_{name}"] = speedup
    return found


def _swept(run: Callable[..., float], batches: tuple[int, ...], most: int) -> dict[tuple, float]:
    """Seconds at each batch size that there is work for."""
    return {(count,): run(count) for count in batches if count <= most}


def _setting(key: tuple) -> str:
    return f"{key[0]}{' bf16' if len(key) > 1 else ''}"


def _needed(bench: Bench, work: str, images: int) -> dict[str, float]:
    """Counted operations of a unit of work, vision included where its time is."""
    batches = -(-len(bench.features) // images)
    one = {name: part[:1] for name, part in bench.pixels.items()}
    vision = counting.executed(lambda: features_of(bench.backbone, one))
    shared = counting.shared_count(
        bench.shape, bench.items, bench.rank, batches if work == "training" else 1
    )
    rows = counting.rows_count(bench.shape, bench.items, bench.rank)
    if work == "training":
        mine, theirs = shared.training(True), rows.training(False)
    else:
        mine, theirs = shared.forward() + vision * len(bench.features), rows.forward()
    return {
        "ours": mine,
        "peer": theirs + vision * len(bench.items),
        "peer_cached": theirs,
    }
