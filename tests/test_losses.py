"""The contrastive loss against a loop over the pairs."""

import math

import pytest
import torch

from tmr.training.losses import contrastive_loss, duplicates


def loss_by_loops(motion, text, temperature, duplicate):
    total, items = 0.0, len(motion)
    for similarity in (motion @ text.T, text @ motion.T):
        for i in range(items):
            kept = [j for j in range(items) if j == i or not duplicate[i, j]]
            total += (
                math.log(sum(math.exp(similarity[i, j] / temperature) for j in kept)) - similarity[i, i] / temperature
            )
    return float(total / items / 2)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_that_of_the_loops(share):
    generator = torch.Generator().manual_seed(3)
    motion, text = torch.nn.functional.normalize(torch.randn(2, 7, 5, generator=generator), dim=-1)
    half = torch.rand(7, 7, generator=generator) < share
    duplicate = half | half.T
    ours = contrastive_loss(motion, text, torch.tensor(0.1), duplicate)
    assert float(ours) == pytest.approx(loss_by_loops(motion, text, 0.1, duplicate), abs=1e-5)


def test_like_texts_are_no_negatives_unless_their_sides_differ():
    similarity = torch.tensor([[1.0, 0.9, 0.2], [0.9, 1.0, 0.3], [0.2, 0.3, 1.0]])
    same = torch.ones(3, 3, dtype=torch.bool)
    assert duplicates(similarity, same, 0.8)[0].tolist() == [True, True, False]
    other_side = torch.eye(3, dtype=torch.bool)
    assert duplicates(similarity, other_side, 0.8)[0].tolist() == [True, False, False]
