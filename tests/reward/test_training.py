"""Losses by hand, and training that leaves the vision tower alone and goes on after a stop."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item, Source, collate
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.errors import InputError
from tldr_reward.reward.contrasts import UNKNOWN, LabelledItem, shuffled_labels
from tldr_reward.reward.losses import batch_loss, response_targets, token_targets
from tldr_reward.reward.model import Adapter, new_reward_model
from tldr_reward.reward.training import RewardSettings, train_reward

GOOD = torch.tensor([[True, False, True], [True, True, True]])
WEIGHTS = torch.tensor([[1.0, 10.0, 1.0], [1.0, 10.0, 0.0]])  # 0: padding
SETTINGS = RewardSettings(
    steps=6,
    learning_rate=0.02,
    lora_a_learning_rate=0.005,
    adamw_learning_rate=0.01,
    warmup_steps=2,
    decay_share=0.5,
    checkpoint_steps=2,
    contrast_weight=3.0,
    correction_weight=0.5,
    seed=3,
)
TEXTS = ("a big red circle.", "a big blue square is in the top row.", "two.", "there is no circle.")


def test_every_response_token_counts_by_its_weight_for_the_token_level_model():
    labels, weights = token_targets(GOOD, WEIGHTS)
    assert labels.tolist() == GOOD.tolist()
    assert weights.tolist() == WEIGHTS.tolist()


def test_the_last_token_carries_the_response_label_for_the_naive_model():
    labels, weights = response_targets(GOOD, WEIGHTS)
    assert weights.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert labels[weights > 0].tolist() == [False, True]


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
            contrast = tuple(index == 1 for index in range(len(good)))
            right = tuple(7 if mark else UNKNOWN for mark in contrast)
            group.append(LabelledItem(Item(image, prompt, response), tuple(good), contrast, right))
        groups.append(group)
    return groups


def trainable(name, dropout=0.1):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(3))
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 8, dropout), 1)
    return model, [Source("captions", labelled(backbone), 2, 0, SETTINGS.steps)], features


@pytest.mark.parametrize("loss", ["tldr", "naive"])
def test_an_indifferent_head_has_the_loss_of_a_coin(loss):
    model, (source,), features = trainable("paligemma")
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    value = batch_loss(model, source.groups[0], features, loss, 10.0)
    assert value.item() == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize("weight", [1, 10])
def test_places_of_contrast_weigh_as_much_as_is_said(weight):
    model, (source,), features = trainable("paligemma", dropout=0.0)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.constant_(model.head.bias, math.log(3))  # P(good) = 3/4 everywhere
    # The second token of two responses is such a place; the first is right there, the other not.
    others = sum(len(member.good) for member in source.groups[0]) - 2
    right, wrong = -math.log(0.75), -math.log(0.25)
    expected = ((others + weight) * right + weight * wrong) / (others + 2 * weight)
    value = batch_loss(model, source.groups[0], features, "tldr", float(weight))
    assert value.item() == pytest.approx(expected, abs=1e-5)


def test_the_right_token_is_told_by_the_state_below_the_last_layer():
    model, (source,), features = trainable("paligemma", dropout=0.0)
    members = source.groups[0]
    plain = batch_loss(model, members, features, "tldr")
    both = batch_loss(model, members, features, "tldr", correction_weight=0.5)
    backbone = model.backbone
    batch = collate([m.item for m in members], features, backbone.tokenizer.pad_token_id)
    logits, words = model.logits_and_words(batch)
    assert torch.equal(logits, model.logits(batch))
    told = backbone.logits(words[:, 1]).log_softmax(-1)[:, 7]
    assert (both - plain).item() == pytest.approx(-0.5 * told.mean().item(), abs=1e-5)


def test_the_plain_loss_knows_no_contrasts(tmp_path):
    """With weights 1 and 0 the tldr loss is the plain one, step by step."""
    neutral = dataclasses.replace(SETTINGS, contrast_weight=1.0, correction_weight=0.0)
    histories = []
    for loss, settings in (("plain", SETTINGS), ("tldr", neutral), ("tldr", SETTINGS)):
        model, sources, features = trainable("paligemma", dropout=0.0)
        state = Checkpoints(tmp_path / f"{len(histories)}", {"run": 1})
        history = train_reward(model, sources, features, loss, settings, state)
        histories.append([row.loss for row in history])
    assert histories[0] == histories[1] != histories[2]


def weights(model):
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_training_moves_lora_and_head_and_nothing_else(name, tmp_path):
    model, sources, features = trainable(name)
    before = {n: p.detach().clone() for n, p in model.backbone.model.named_parameters()}
    started = weights(model)
    history = train_reward(
        model, sources, features, "tldr", SETTINGS, Checkpoints(tmp_path, {"run": 1})
    )
    assert [row.step for row in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].learning_rate < history[2].learning_rate
    for path, tensor in model.backbone.model.named_parameters():
        if ".lora_" not in path:
            assert torch.equal(tensor, before[path]), path
    assert [path for path in before if "vision" in path or "visual" in path]
    moved = [
        path for path, value in weights(model).items() if not torch.equal(value, started[path])
    ]
    assert len(moved) == len(started)


class Interrupted(Exception):
    """Stands for a kill between two steps."""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_run_that_was_cut_off_ends_with_the_same_weights(name, tmp_path, monkeypatch):
    whole, sources, features = trainable(name)
    train_reward(
        whole, sources, features, "tldr", SETTINGS, Checkpoints(tmp_path / "a", {"run": 1})
    )
    cut, sources, features = trainable(name)
    from tldr_reward.reward import training

    def stop_at_fifth(sources, step, seed, draw=training.draw_sources):
        if step == 4:
            raise Interrupted
        return draw(sources, step, seed)

    monkeypatch.setattr(training, "draw_sources", stop_at_fifth)
    with pytest.raises(Interrupted):
        train_reward(
            cut, sources, features, "tldr", SETTINGS, Checkpoints(tmp_path / "b", {"run": 1})
        )
    monkeypatch.undo()
    again, sources, features = trainable(name)
    history = train_reward(
        again, sources, features, "tldr", SETTINGS, Checkpoints(tmp_path / "b", {"run": 1})
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
    model, sources, features = trainable("paligemma")
    features = features.clone()
    features[:] = float("nan")
    with pytest.raises(
        InputError, match=r"the loss is nan at step 0, captions of images \[\d, \d\]"
    ):
        train_reward(model, sources, features, "tldr", SETTINGS, Checkpoints(tmp_path, {}))


def test_an_unknown_loss_is_named(tmp_path):
    model, sources, features = trainable("paligemma")
    with pytest.raises(InputError, match="loss 'dpo'; allowed: tldr, plain, naive"):
        train_reward(model, sources, features, "dpo", SETTINGS, Checkpoints(tmp_path, {}))


def test_plain_captions_have_the_lm_heads_own_loss_and_leave_the_head_alone():
    model, (source,), features = trainable("llama")
    members = [member for group in source.groups for member in group]
    pad = model.backbone.tokenizer.pad_token_id
    batch = collate([member.item for member in members], features, pad)
    with torch.no_grad():
        prefix = model.backbone.prefix(batch.features, batch.prompts)
        total, count = 0.0, 0
        for member, group in zip(members, batch.groups, strict=True):
            ids = member.item.response.ids
            hidden = model.backbone.suffix_hidden(prefix, group.unsqueeze(0), torch.tensor([ids]))[
                0
            ]
            states = torch.cat([prefix.last_hidden[group].unsqueeze(0), hidden[:-1]])
            scores = torch.log_softmax(model.backbone.logits(states), dim=-1)
            total -= float(scores[torch.arange(len(ids)), torch.tensor(ids)].sum())
            count += len(ids)
        value = batch_loss(model, members, features, "captions")
    assert float(value) == pytest.approx(total / count, rel=1e-4)


def test_shuffled_labels_are_as_many_and_elsewhere():
    model, (source,), features = trainable("paligemma")
    members = [member for group in source.groups for member in group]
    shuffled = [shuffled_labels(member, np.random.default_rng(0)) for member in members]
    for before, after in zip(members, shuffled, strict=True):
        assert sorted(after.good) == sorted(before.good)
        assert sum(after.contrast) == sum(before.contrast)
        assert after.item is before.item
        assert set(after.right) == {UNKNOWN}
    assert [member.good for member in shuffled] != [member.good for member in members]
    # There is no right token to tell: the corrections add nothing.
    plain, corrected = (
        batch_loss(model, shuffled, features, "shuffled", 3.0, weight) for weight in (0.0, 0.5)
    )
    assert plain.item() == corrected.item()


@pytest.mark.parametrize("loss", ["shuffled", "captions"])
def test_the_controls_change_the_lora(loss, tmp_path):
    model, sources, features = trainable("paligemma")
    before = {name: tensor.clone() for name, tensor in model.peft_model.state_dict().items()}
    history = train_reward(model, sources, features, loss, SETTINGS, Checkpoints(tmp_path, {}))
    assert len(history) == SETTINGS.steps
    after = model.peft_model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all("lora_" in name for name in changed)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_backbone_in_half_precision_carries_lora_and_head_in_single(name):
    backbone = small_backbone(name)
    backbone.model.to(torch.bfloat16)
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 4, 0.0), seed=0)
    groups = labelled(backbone)
    features = backbone.vision_features(random_images(3))
    assert features.dtype == torch.bfloat16
    loss = batch_loss(model, [member for group in groups for member in group], features, "tldr")
    loss.backward()
    assert loss.dtype == torch.float32
    trained = dict(model.named_parameters())
    assert {tensor.dtype for tensor in trained.values()} == {torch.float32}
    moved = [name for name, tensor in trained.items() if tensor.grad.abs().sum() > 0]
    # B starts at 0: through it no gradient comes to A yet.
    assert moved and all("lora_B" in name or "lm_head_reward" in name for name in moved)
