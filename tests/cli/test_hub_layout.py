"""Backbones from the hub's cache, laid out as its client lays it out, without a network."""

import hashlib
import json
import shutil

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones.batches import Item, collate, hidden_states
from tldr_reward.backbones.folders import load_backbone, save_backbone
from tldr_reward.backbones.hub import downloaded
from tldr_reward.backbones.placement import Placement
from tldr_reward.errors import InputError

COMMIT = "9eb2daaa8597bf192a8b0e73f848f3a102794df5"


def put_into_cache(backbone, cache, name, folder):
    """Blobs by digest, links to them in the commit's snapshot, and a branch that names it."""
    backbone.model.save_pretrained(folder, max_shard_size="150KB")
    backbone.processor.save_pretrained(folder)
    (folder / "original").mkdir()
    (folder / "original/consolidated.00.pth").write_bytes(b"a pickle, which nobody asks for")
    repository = cache / f"models--owner--{name}"
    snapshot = repository / "snapshots" / COMMIT
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        blob = repository / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, blob)
        link = snapshot / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(COMMIT)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, and no way to the hub itself: HF_HUB_OFFLINE=1."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_pinned_commit_loads_from_the_cache(name, cache, tmp_path):
    """Weights in several files with an index, as all three are published; in half precision too."""
    backbone, images = small_backbone(name), random_images(2)
    put_into_cache(backbone, cache, name, tmp_path / "saved")
    folder = downloaded(f"owner/{name}@{COMMIT}")
    assert folder == cache / f"models--owner--{name}/snapshots/{COMMIT}"
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 1
    again = load_backbone(folder)
    features = backbone.vision_features(images)
    assert np.array_equal(features, again.vision_features(images))
    prompt = tuple(backbone.prompt_ids("describe the image."))
    assert prompt == tuple(again.prompt_ids("describe the image."))
    item = Item(0, prompt, backbone.tokenize("a big red circle."))
    batch = collate([item], features, backbone.tokenizer.pad_token_id)
    assert torch.equal(hidden_states(backbone, batch), hidden_states(again, batch))
    half = load_backbone(folder, Placement(dtype="bfloat16"))
    assert half.vision_features(images).dtype == torch.bfloat16
    assert half.model.config._attn_implementation == "sdpa"


def test_another_commit_or_model_is_not_there(cache, tmp_path):
    put_into_cache(small_backbone("paligemma"), cache, "paligemma", tmp_path / "saved")
    other = "0" * 40
    for source in (f"owner/paligemma@{other}", f"owner/llama@{COMMIT}"):
        with pytest.raises(InputError, match=f"cannot get {source} from the hub"):
            downloaded(source)
    with pytest.raises(InputError, match="a commit of 40 hex digits"):
        downloaded("owner/paligemma@main")


def test_names_of_weights_as_published_and_none_missing(tmp_path):
    """PaliGemma's checkpoint is older than the library's name for its vision tower."""
    backbone, images = small_backbone("paligemma"), random_images(1)
    save_backbone(backbone, tmp_path)
    file = tmp_path / "model.safetensors"
    weights = {
        name.replace("vision_tower.", "vision_tower.vision_model."): tensor
        for name, tensor in load_file(file).items()
    }
    assert {name.split(".")[0] for name in weights} == {
        "language_model", "multi_modal_projector", "vision_tower",
    }  # fmt: skip
    save_file(weights, file, {"format": "pt"})
    again = load_backbone(tmp_path)
    assert np.array_equal(backbone.vision_features(images), again.vision_features(images))
    lost = "language_model.model.layers.0.self_attn.q_proj.weight"
    save_file({name: weights[name] for name in weights if name != lost}, file, {"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 1 weights, model\.\S+q_proj\.weight for one"):
        load_backbone(tmp_path)
