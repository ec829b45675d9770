"""Losses by hand, and training that leaves the vision tower alone and goes on after a stop."""

import math

import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.errors import InputError
from tldr_reward.reward.model import Adapter, new_reward_model
from tldr_reward.reward.training import (
    LabelledItem,
    RewardSettings,
    batch_loss,
    response_targets,
    token_targets,
    train_reward,
)

GOOD = torch.tensor([[True, False, True], [True, True, True]])
MASK = torch.tensor([[True, True, True], [True, True, False]])
SETTINGS = RewardSettings(
    steps=6,
    batch_images=2,
    learning_rate=0.02,
    adamw_learning_rate=0.01,
    warmup_steps=2,
    checkpoint_steps=2,
    bad_weight=1.0,
    seed=3,
)
TEXTS = ("a big red circle.", "a big blue square is in the top row.", "two.", "there is no circle.")


def test_every_response_token_counts_for_the_token_level_model():
    labels, judged = token_targets(GOOD, MASK)
    assert labels.tolist() == GOOD.tolist()
    assert judged.tolist() == MASK.tolist()


def test_the_last_token_carries_the_response_label_for_the_naive_model():
    labels, judged = response_targets(GOOD, MASK)
    assert judged.tolist() == [[False, False, True], [False, True, False]]
    assert labels[judged].tolist() == [False, True]


def labelled(backbone, images=3):
    """Groups of two responses an image, the second token of every other one bad."""
    groups = []
    for image in range(images):
        group = []
        for place in range(2):
            response = backbone.tokenize(TEXTS[(image + place) % len(TEXTS)])
            good = [True] * len(response.ids)
            good[1] = place == 0
            prompt = tuple(backbone.prompt_ids("describe the image."))
            group.append(LabelledItem(Item(image, prompt, response), tuple(good)))
        groups.append(group)
    return groups


def trainable(name, dropout=0.1):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(3))
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 8, dropout), 1)
    return model, labelled(backbone), features


@pytest.mark.parametrize(("loss", "judged"), [("tldr", 5), ("naive", 1)])
def test_an_indifferent_head_has_the_loss_of_a_coin(loss, judged):
    model, groups, features = trainable("paligemma")
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    value = batch_loss(model, groups[0], features, loss, 1.0)
    assert value.item() == pytest.approx(math.log(2), abs=1e-6)


def test_weighting_bad_tokens_moves_the_mean_towards_them():
    model, groups, features = trainable("paligemma", dropout=0.0)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.constant_(model.head.bias, math.log(3))  # P(good) = 3/4 everywhere
    tokens = [label for member in groups[0] for label in member.good]
    bad, good = tokens.count(False), tokens.count(True)
    for weight in (1.0, 10.0):
        expected = (good * -math.log(0.75) + weight * bad * -math.log(0.25)) / (good + weight * bad)
        value = batch_loss(model, groups[0], features, "tldr", weight)
        assert value.item() == pytest.approx(expected, abs=1e-5)


def weights(model):
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_training_moves_lora_and_head_and_nothing_else(name, tmp_path):
    model, groups, features = trainable(name)
    before = {n: p.detach().clone() for n, p in model.backbone.model.named_parameters()}
    started = weights(model)
    history = train_reward(
        model, groups, features, "tldr", SETTINGS, Checkpoints(tmp_path, {"run": 1})
    )
    assert [row.step for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].learning_rate < history[2].learning_rate
    for path, tensor in model.backbone.model.named_parameters():
        if ".lora_" not in path:
            assert torch.equal(tensor, before[path]), path
    assert [path for path in before if "vision" in path]
    moved = [
        path for path, value in weights(model).items() if not torch.equal(value, started[path])
    ]
    assert len(moved) == len(started)


class Interrupted(Exception):
    """Stands for a kill between two steps."""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_run_that_was_cut_off_ends_with_the_same_weights(name, tmp_path, monkeypatch):
    whole, groups, features = trainable(name)
    train_reward(whole, groups, features, "tldr", SETTINGS, Checkpoints(tmp_path / "a", {"run": 1}))
    cut, groups, features = trainable(name)
    from tldr_reward.reward import training

    def stop_at_fifth(groups, count, step, seed, draw=training.draw_groups):
        if step == 4:
            raise Interrupted
        return draw(groups, count, step, seed)

    monkeypatch.setattr(training, "draw_groups", stop_at_fifth)
    with pytest.raises(Interrupted):
        train_reward(
            cut, groups, features, "tldr", SETTINGS, Checkpoints(tmp_path / "b", {"run": 1})
        )
    monkeypatch.undo()
    again, groups, features = trainable(name)
    history = train_reward(
        again, groups, features, "tldr", SETTINGS, Checkpoints(tmp_path / "b", {"run": 1})
    )
    assert len(history) == SETTINGS.steps
    expected = weights(whole)
    for path, value in weights(again).items():
        assert torch.equal(value, expected[path]), path


def test_state_is_taken_up_by_its_own_job(tmp_path):
    Checkpoints(tmp_path, {"steps": 10}).save(4, {"w": torch.ones(2)}, [])
    step, tensors, history = Checkpoints(tmp_path, {"steps": 10}).load()
    assert (step, tensors["w"].tolist(), history) == (4, [1.0, 1.0], [])


def test_state_of_another_job_is_removed(tmp_path):
    Checkpoints(tmp_path / "state", {"steps": 10}).save(4, {"w": torch.ones(2)}, [])
    assert Checkpoints(tmp_path / "state", {"steps": 11}).load() is None
    assert not (tmp_path / "state").exists()


def test_a_loss_that_is_not_finite_names_step_and_images(tmp_path):
    model, groups, features = trainable("paligemma")
    features = features.clone()
    features[:] = float("nan")
    with pytest.raises(InputError, match=r"the loss is nan at step 0; images \[\d, \d\]"):
        train_reward(model, groups, features, "tldr", SETTINGS, Checkpoints(tmp_path, {}))


def test_an_unknown_loss_is_named(tmp_path):
    model, groups, features = trainable("paligemma")
    with pytest.raises(InputError, match="loss 'dpo'; allowed: tldr, naive"):
        train_reward(model, groups, features, "dpo", SETTINGS, Checkpoints(tmp_path, {}))
