"""Muon against torch's, which iterates in bfloat16, and what its update is."""

import torch

from tldr_reward.backbones.muon import Muon, orthogonal

SHAPES = ((6, 4), (4, 6), (6, 4), (5, 5))


def moved(optimizer_class) -> list[torch.Tensor]:
    """Matrices after three steps on the same gradients."""
    random = torch.Generator().manual_seed(0)
    matrices = [torch.nn.Parameter(torch.randn(shape, generator=random)) for shape in SHAPES]
    optimizer = optimizer_class(matrices, lr=0.1, weight_decay=0.2)
    for _ in range(3):
        for matrix in matrices:
            matrix.grad = torch.randn(matrix.shape, generator=random)
        optimizer.step()
    return matrices


def test_it_moves_matrices_as_torch_does_to_the_precision_of_bfloat16():
    for ours, theirs in zip(moved(Muon), moved(torch.optim.Muon), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01, rtol=0)


def test_an_update_has_singular_values_near_one_and_the_directions_of_its_matrix():
    matrices = torch.randn(3, 8, 5, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    diagonal = left.mT @ orthogonal(matrices) @ right.mT
    values = torch.diagonal(diagonal, dim1=1, dim2=2)
    assert 0.6 < values.min() and values.max() < 1.3
    torch.testing.assert_close(diagonal, torch.diag_embed(values), atol=1e-4, rtol=0)


def test_a_matrix_without_a_gradient_stays():
    moving, resting = torch.nn.Parameter(torch.eye(2)), torch.nn.Parameter(torch.eye(2))
    moving.grad = torch.ones(2, 2)
    Muon([moving, resting], lr=0.1).step()
    assert not torch.equal(moving, torch.eye(2))
    assert torch.equal(resting, torch.eye(2))
