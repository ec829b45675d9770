"""LoRA touches what it should and nothing else; folders; the head."""

import itertools

import pytest
import torch

from tests.models import ARCHITECTURES, SIZE, random_images, small_backbone
from tldr_reward.backbones.batches import Item, collate
from tldr_reward.errors import InputError
from tldr_reward.reward.model import (
    Adapter,
    attached_reward_model,
    load_reward_model,
    new_reward_model,
    parse_parts,
    save_reward_model,
    trained_parameters,
)

ATTENTION = {f"{name}_proj" for name in "qkvo"}
MLP = {"gate_proj", "up_proj", "down_proj"}


def lora_modules(model):
    """Paths of the modules that carry LoRA, without PEFT's own prefix."""
    names = {
        name.removeprefix("base_model.model.").rsplit(".lora_", 1)[0]
        for name, _ in model.peft_model.named_parameters()
        if ".lora_" in name
    }
    return {name.removeprefix("model.") for name in names}


def decoder_paths(name):
    """Every linear layer of the small decoder of an architecture."""
    cross = {1} if name == "llama" else set()  # cross_attention_layers of three layers: [1]
    paths = set()
    for layer in range(SIZE.layers):
        attention = "cross_attn" if layer in cross else "self_attn"
        stem = f"language_model.layers.{layer}"
        paths |= {f"{stem}.{attention}.{linear}" for linear in ATTENTION}
        paths |= {f"{stem}.mlp.{linear}" for linear in MLP}
    return paths


PROJECTOR = {
    "paligemma": {"multi_modal_projector.linear"},
    "llama": {"multi_modal_projector"},
    "qwen2_vl": {"visual.merger.mlp.0", "visual.merger.mlp.2"},
}


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("parts", ["projector,decoder", "projector", "decoder"])
def test_lora_touches_exactly_the_named_parts(name, parts):
    model = new_reward_model(small_backbone(name), Adapter(parse_parts(parts), 4, 4, 0.0), 0)
    expected = set()
    if "projector" in parts:
        expected |= PROJECTOR[name]
    if "decoder" in parts:
        expected |= decoder_paths(name)
    assert lora_modules(model) == expected
    trained = {n for n, _ in model.named_parameters()}
    assert all(".lora_" in n or n.startswith("lm_head_reward") for n in trained)
    assert not [n for n in trained if "vision" in n or "visual.blocks" in n]


def test_the_number_of_trained_parameters_is_that_of_the_matrices():
    model = new_reward_model(
        small_backbone("paligemma"), Adapter(("projector", "decoder"), 4, 4, 0.0), 0
    )
    width, mlp = SIZE.width, SIZE.mlp
    per_layer = 4 * (4 * (width + width)) + 3 * (4 * (width + mlp))
    projector = 4 * (SIZE.vision_width + width)
    head = width + 1  # D + 1 parameters (section 3)
    assert trained_parameters(model) == SIZE.layers * per_layer + projector + head


@pytest.mark.parametrize("parts", ["", "vision", "projector,vision"])
def test_other_parts_are_refused(parts):
    with pytest.raises(InputError, match="allowed: projector, decoder"):
        small_backbone("llama").lora_targets(parse_parts(parts))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_saved_model_scores_the_same(name, tmp_path):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(1))
    item = Item(
        0, tuple(backbone.prompt_ids("describe the image.")), backbone.tokenize("a red circle.")
    )
    batch = collate([item], features, backbone.tokenizer.pad_token_id)
    model = new_reward_model(backbone, Adapter(("projector", "decoder"), 4, 4, 0.0), 0)
    with torch.no_grad():
        for _, tensor in model.named_parameters():
            tensor.add_(torch.linspace(-0.1, 0.1, tensor.numel()).view_as(tensor))
        before = model.logits(batch)
    save_reward_model(model, tmp_path / "model", {"loss": "tldr"})
    names = sorted(path.name for path in (tmp_path / "model").iterdir())
    assert not [n for n in names if n.endswith((".bin", ".pt", ".pkl"))]
    again = load_reward_model(small_backbone(name), tmp_path / "model")
    assert torch.equal(before, again.logits(batch))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_that_was_detached_leaves_its_backbone_as_it_was(name, tmp_path, recwarn):
    for seed, parts in enumerate(("projector,decoder", "projector")):
        model = new_reward_model(small_backbone(name), Adapter(parse_parts(parts), 4, 4, 0.0), seed)
        for parameter, tensor in model.named_parameters():
            if "lora_B" in parameter:
                tensor.data.fill_(0.05)
        save_reward_model(model, tmp_path / parts, {"loss": "tldr"})
    backbone = small_backbone(name)
    before = {key: tensor.clone() for key, tensor in backbone.model.state_dict().items()}
    for parts in ("projector,decoder", "projector", "projector,decoder"):
        with attached_reward_model(backbone, tmp_path / parts) as model:
            alone = load_reward_model(small_backbone(name), tmp_path / parts)
            assert lora_modules(model) == lora_modules(alone)
        after = backbone.model.state_dict()
        assert before.keys() == after.keys()
        assert all(torch.equal(before[key], after[key]) for key in before)
    assert not [warning for warning in recwarn if "peft" in str(warning.message).lower()]


def test_a_head_of_another_width_is_refused(tmp_path):
    model = new_reward_model(small_backbone("llama"), Adapter(("decoder",), 4, 4, 0.0), 0)
    model.head = torch.nn.Linear(7, 1)
    save_reward_model(model, tmp_path / "model", {"loss": "tldr"})
    with pytest.raises(InputError, match="reads 7 features; the backbone gives 32"):
        load_reward_model(small_backbone("llama"), tmp_path / "model")


@pytest.mark.parametrize("parts", ["projector,decoder", "projector"])
@pytest.mark.parametrize(("trained", "given"), itertools.permutations(ARCHITECTURES, 2))
def test_an_adapter_of_another_backbone_is_refused(trained, given, parts, tmp_path):
    model = new_reward_model(small_backbone(trained), Adapter(parse_parts(parts), 4, 4, 0.0), 0)
    save_reward_model(model, tmp_path / "model", {})
    other = small_backbone(given)
    kind = other.model.config.model_type
    with pytest.raises(InputError, match=f"does not fit the backbone, a {kind}"):
        load_reward_model(other, tmp_path / "model")


def test_a_model_of_another_format_version_is_refused(tmp_path):
    model = new_reward_model(small_backbone("llama"), Adapter(("decoder",), 4, 4, 0.0), 0)
    save_reward_model(model, tmp_path / "model", {"loss": "tldr"})
    settings = tmp_path / "model" / "settings.json"
    settings.write_text(settings.read_text().replace("reward-model/1", "reward-model/9"))
    with pytest.raises(InputError, match="format 'reward-model/9'; this version reads"):
        load_reward_model(small_backbone("llama"), tmp_path / "model")
