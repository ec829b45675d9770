"""A batch in parts, in one process or in several, has the gradient of the whole."""

import contextlib
import dataclasses
import os
import subprocess
import sys

import pytest
import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch.distributed.tensor import DTensor

from tests.generate.servers import free_port
from tests.models import ARCHITECTURES
from tests.reward.test_training import SETTINGS, labelled, trainable
from tldr_reward.backbones.checkpoints import Checkpoints
from tldr_reward.errors import InputError
from tldr_reward.reward.model import save_reward_model
from tldr_reward.reward.processes import Processes, launched_processes, shard_decoder
from tldr_reward.reward.training import batch_parts, step_losses, train_reward

SHARED = """
import sys, torch
from tests.reward.test_processes import in_each_process

torch.set_num_threads(1)
in_each_process(sys.argv[1])
"""
CASES = ("llama", "llama-sharded", "paligemma-sharded", "qwen2_vl-sharded")
CUT = dataclasses.replace(SETTINGS, optimizer="adamw", steps=4)


def in_each_process(folder):
    """What two processes do together, the decoder whole or sharded; each writes what it found."""
    processes = launched_processes()
    assert processes.count == 2
    for case in CASES:
        name, _, sharded = case.partition("-")
        value, found = gradients(name, "tldr", 2, processes, bool(sharded))
        found["loss"] = torch.tensor(value, dtype=torch.float64)
        save_file(found, f"{folder}/{case}-{processes.rank}.safetensors")
    # Of a training that is cut off a step behind its checkpoint, and goes on.
    job = {"run": 1}
    for name in ("whole", "cut", "cut"):
        model, sources, features = trainable("llama", dropout=0.0)
        shard_decoder(model, processes)
        state = Checkpoints(f"{folder}/{name}", job)
        last = CUT.steps if name == "whole" or state.path.is_file() else 3
        sources = [dataclasses.replace(source, last=last) for source in sources]
        with contextlib.suppress(ZeroDivisionError):  # the mean of no source's loss
            train_reward(model, sources, features, "tldr", CUT, state, processes)
        if trained := processes.whole(dict(model.named_parameters())):
            save_reward_model(model, f"{folder}/model-{name}", {"loss": "tldr"}, trained)
        processes.wait()
    held = sum(
        parameter.to_local().numel() if isinstance(parameter, DTensor) else parameter.numel()
        for parameter in model.backbone.decoder().layers.parameters()
    )
    whole = sum(parameter.numel() for parameter in model.backbone.decoder().layers.parameters())
    assert 0.5 <= held / whole < 0.53  # norms and gates stay whole


def in_double_precision(model):
    """All of a model: the library's own RMS norms round to single precision within."""

    def norm(module, offset):
        def forward(x):
            return torch.nn.functional.rms_norm(x, x.shape[-1:], offset + module.weight, 1e-6)

        return forward

    for module in model.double().modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = norm(module, 1.0 if "Gemma" in type(module).__name__ else 0.0)
    return model


def gradients(name, loss, accumulation, processes=None, sharded=False):
    """Loss and gradients of one batch in double precision; the head's inputs are double too."""
    processes = processes or Processes()
    model, (source,), features = trainable(name, dropout=0.0)
    in_double_precision(model.backbone.model)
    model.head.double()
    # B is 0 at first, and no gradient would come to A.
    torch.manual_seed(5)
    for path, parameter in model.named_parameters():
        if "lora_B" in path:
            torch.nn.init.normal_(parameter, std=0.1)
    if sharded:
        shard_decoder(model, processes)
    members = [member for group in source.groups for member in group]
    settings = dataclasses.replace(SETTINGS, accumulation=accumulation)
    value = step_losses(model, {"captions": members}, features.double(), loss, settings, processes)[
        "captions"
    ]
    processes.sum_gradients(parameter for _, parameter in model.named_parameters())
    found = {path: parameter.grad for path, parameter in model.named_parameters()}
    return value, {
        path: grad.full_tensor() if isinstance(grad, DTensor) else grad
        for path, grad in found.items()
        if grad is not None
    }


def assert_equal(one, other):
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    assert one[1].keys() == other[1].keys() and one[1]
    for path, gradient in one[1].items():
        assert torch.allclose(gradient, other[1][path], rtol=1e-9, atol=1e-12), path


@pytest.mark.parametrize("loss", ["tldr", "naive", "captions"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_accumulated_gradients_are_those_of_the_whole_batch(name, loss):
    whole = gradients(name, loss, 1)
    assert_equal(gradients(name, loss, 2), whole)
    assert_equal(gradients(name, loss, 5), whole)  # more parts than images: two are empty


def two_processes(folder):
    """Run `in_each_process` in two of them."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    shared |= {"PYTHONPATH": os.pathsep.join([root, *sys.path]), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SHARED, str(folder)],
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


def test_two_processes_do_what_one_does(tmp_path):
    """Gradients, also where each holds a part of the decoder alone, and a training that is cut off.

    One test, so that the processes start once. One of them is idle in the first of two turns.
    """
    two_processes(tmp_path)
    for case in CASES:
        alone = gradients(case.partition("-")[0], "tldr", 1)
        for rank in range(2):
            found = load_file(tmp_path / f"{case}-{rank}.safetensors")
            assert_equal((found.pop("loss").item(), found), alone)
    whole, cut = (
        load_file(tmp_path / f"model-{name}/adapter_model.safetensors") for name in ("whole", "cut")
    )
    model, sources, features = trainable("llama", dropout=0.0)
    state = Checkpoints(tmp_path / "alone", {"run": 1})
    train_reward(model, sources, features, "tldr", CUT, state)
    alone = get_peft_model_state_dict(model.peft_model)
    assert whole.keys() == cut.keys() == alone.keys() and whole
    for path, value in alone.items():
        assert torch.equal(cut[path], whole[path]), path
        assert torch.allclose(whole[path], value, rtol=0, atol=2e-4), path


def test_one_process_has_nothing_to_share():
    model, _, _ = trainable("paligemma")
    with pytest.raises(InputError, match="two or more can share a backbone"):
        shard_decoder(model, Processes())


def test_parts_keep_an_images_responses_together():
    model, _, _ = trainable("paligemma")
    members = [member for group in labelled(model.backbone) for member in group]
    for count in (1, 2, 3, 5):
        parts = batch_parts(members, count)
        assert len(parts) == count
        assert [member for part in parts for member in part] == members
        images = [{member.item.image for member in part} for part in parts]
        assert sum(map(len, images)) == 3


def test_a_process_that_was_not_launched_with_others_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert launched_processes() == Processes(0, 1)
