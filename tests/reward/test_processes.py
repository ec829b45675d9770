"""A batch in parts, in one process or in several, has the gradient of the whole."""

import dataclasses
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from tests.generate.servers import free_port
from tests.models import ARCHITECTURES
from tests.reward.test_training import SETTINGS, labelled, trainable
from tldr_reward.reward.processes import Processes, launched_processes
from tldr_reward.reward.training import batch_parts, step_losses

SHARED = """
import dataclasses, sys, torch
from safetensors.torch import save_file
from tests.reward.test_processes import gradients
from tldr_reward.reward.processes import launched_processes

torch.set_num_threads(1)
processes = launched_processes()
assert processes.count == 2
value, found = gradients(sys.argv[1], sys.argv[2], 2, processes)
found["loss"] = torch.tensor(value, dtype=torch.float64)
save_file(found, f"{sys.argv[3]}/{processes.rank}.safetensors")
processes.wait()
"""


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


def gradients(name, loss, accumulation, processes=None):
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
    members = [member for group in source.groups for member in group]
    settings = dataclasses.replace(SETTINGS, accumulation=accumulation)
    value = step_losses(model, {"captions": members}, features.double(), loss, settings, processes)[
        "captions"
    ]
    processes.sum_gradients(parameter for _, parameter in model.named_parameters())
    found = {path: parameter.grad for path, parameter in model.named_parameters()}
    return value, {path: grad for path, grad in found.items() if grad is not None}


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


def test_two_processes_have_the_gradients_of_one(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    shared |= {"PYTHONPATH": os.pathsep.join([root, *sys.path]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SHARED, "llama", "tldr", str(tmp_path)]
    running = [
        subprocess.Popen(
            command,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    alone = gradients("llama", "tldr", 1)
    for rank in range(2):
        found = load_file(tmp_path / f"{rank}.safetensors")
        assert_equal((found.pop("loss").item(), found), alone)


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
