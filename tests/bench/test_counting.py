"""Counted operations are those that torch's own counter sees, at small sizes without padding."""

import dataclasses

import pytest

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Response
from tldr_reward.backbones.placement import Placement
from tldr_reward.bench import counting, ours, peer, speed
from tldr_reward.bench.geometries import random_items

NAMES = ("paligemma", "llama")


@pytest.fixture(scope="module", params=NAMES)
def bench(request):
    """Responses of one length, so that nothing is padded."""
    made = speed.make_bench("tiny", request.param, Placement(device="cpu"))
    items = random_items(made.backbone, made.shape.image_tokens, 2, 3, 9, 0)
    return dataclasses.replace(made, items=items)


def test_scoring_takes_what_is_counted(bench):
    def run():
        ours.score(bench.model, bench.items, bench.features, len(bench.items))

    def of_head(tokens):
        return 2 * tokens * bench.backbone.text_config.hidden_size

    needed = counting.shared_count(bench.shape, bench.items, bench.rank, 1).forward()
    assert counting.executed(run) == needed + of_head(6 * 9)
    pair, rows = bench.peers["peer_cached"]
    needed = counting.rows_count(bench.shape, bench.items, bench.rank).forward()
    seen = counting.executed(lambda: peer.score(pair, bench.items, rows, 6))
    assert seen == needed + of_head(sum(len(item.prompt) + 9 for item in bench.items))


def test_training_takes_about_what_is_counted(bench):
    """Of a prompt's last layer its keys and values alone go back; counted is all of it."""
    optimizer = ours.optimizers_of(bench.model, 1e-6)

    def run():
        ours.train(bench.model, bench.members, bench.features, 2, optimizer)

    needed = counting.shared_count(bench.shape, bench.items, bench.rank, 1).training(True)
    assert counting.executed(run) == pytest.approx(needed, rel=0.05)
    pair, rows = bench.peers["peer_cached"]
    batch = rows(bench.members)
    needed = counting.rows_count(bench.shape, bench.items, bench.rank).training(False)
    seen = counting.executed(lambda: pair(**batch)["loss"].backward())
    assert seen == pytest.approx(needed, rel=0.05)


def test_padding_is_executed_and_not_counted(bench):
    items = random_items(bench.backbone, bench.shape.image_tokens, 2, 3, 9, 4)
    assert len({len(item.response.ids) for item in items}) > 1
    needed = counting.shared_count(bench.shape, items, bench.rank, 1).forward()
    seen = counting.executed(lambda: ours.score(bench.model, items, bench.features, 6))
    assert seen > 1.02 * needed


def test_at_paper_geometry_rows_need_over_six_times_the_operations():
    """1,024 image tokens, nine captions of 120: one prefix in place of nine, by hand.

    Rows: 10,350 tokens. Shared: 1,030 and 1,080; of the last layer, the prefix's keys alone.
    """
    layer = counting.Layer(131072, 917504, 196608, 256, False, 4096, 1024)
    shape = counting.Shape((layer,) * 4, 32768, 384, 1024, True)
    prompt = (1,) * 1030
    items = [Item(0, prompt, Response((2,) * 120, ())) for _ in range(9)]
    rows, shared = counting.rows_count(shape, items, 64), counting.shared_count(shape, items, 64, 1)
    assert rows.linear == pytest.approx(4 * 2 * 1048576 * 10350 + 9 * 2 * 32768 * 1024)
    assert rows.attention == pytest.approx(4 * 4 * 256 * 9 * 1150**2)
    suffixes = 4 * (2 * 1048576 * 1080 + 4 * 256 * 1080 * 1150)
    prefix = 3 * (2 * 1048576 * 1030 + 4 * 256 * 1030**2) + 2 * 131072 * 1030
    assert shared.linear + shared.attention == pytest.approx(suffixes + prefix, rel=0.01)
    assert rows.forward() / shared.forward() == pytest.approx(6.6, abs=0.05)
