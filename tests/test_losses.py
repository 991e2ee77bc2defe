"""Each loss against a loop over its rows, frames and numbers."""

import math

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl_divergence

from tmr.training.losses import (
    contrastive_loss,
    duplicates,
    kl_divergence,
    latent_divergence,
    reconstruction_loss,
    rival_loss,
)


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


def test_the_loss_of_rivals_is_that_of_a_choice_between_two():
    generator = torch.Generator().manual_seed(4)
    motion, text = torch.nn.functional.normalize(torch.randn(2, 6, 5, generator=generator), dim=-1)
    rivals = torch.tensor([3, 1, 2, 0, 5, 2])
    expected = []
    for row, rival in enumerate(rivals.tolist()):
        if rival != row:
            for wrong in (motion[row] @ text[rival], motion[rival] @ text[row]):
                right = math.exp(motion[row] @ text[row] / 0.1)
                expected.append(-math.log(right / (right + math.exp(wrong / 0.1))))
    assert len(expected) == 8
    loss = float(rival_loss(motion, text, torch.tensor(0.1), rivals))
    assert loss == pytest.approx(sum(expected) / len(expected), abs=1e-5)
    assert float(rival_loss(motion, text, torch.tensor(0.1), torch.arange(6))) == 0


def test_like_texts_are_no_negatives_unless_their_sides_differ():
    similarity = torch.tensor([[1.0, 0.9, 0.2], [0.9, 1.0, 0.3], [0.2, 0.3, 1.0]])
    same = torch.ones(3, 3, dtype=torch.bool)
    assert duplicates(similarity, same, 0.8)[0].tolist() == [True, True, False]
    other_side = torch.eye(3, dtype=torch.bool)
    assert duplicates(similarity, other_side, 0.8)[0].tolist() == [True, False, False]


def distributions():
    mean, other_mean, log_variance, other_log_variance = torch.randn(
        4, 3, 5, generator=torch.Generator().manual_seed(4)
    )
    return mean, log_variance, other_mean, other_log_variance


def divergence_by_loops(mean, log_variance, other_mean, other_log_variance):
    total = 0.0
    for row in range(len(mean)):
        for place in range(mean.shape[1]):
            one = Normal(mean[row, place], math.exp(log_variance[row, place] / 2))
            other = Normal(other_mean[row, place], math.exp(other_log_variance[row, place] / 2))
            total += float(torch_kl_divergence(one, other))
    return total / mean.numel()


def test_the_divergence_is_that_of_the_loops_and_zero_from_itself():
    mean, log_variance, other_mean, other_log_variance = distributions()
    ours = kl_divergence(mean, log_variance, other_mean, other_log_variance)
    assert float(ours) == pytest.approx(
        divergence_by_loops(mean, log_variance, other_mean, other_log_variance), rel=1e-5
    )
    assert float(kl_divergence(mean, log_variance, mean, log_variance)) == pytest.approx(0, abs=1e-6)


def test_motion_and_text_diverge_from_each_other_and_from_the_standard_normal():
    motion_mean, motion_log_variance, text_mean, text_log_variance = distributions()
    nought = torch.zeros_like(motion_mean)
    expected = (
        divergence_by_loops(text_mean, text_log_variance, motion_mean, motion_log_variance)
        + divergence_by_loops(motion_mean, motion_log_variance, text_mean, text_log_variance)
        + divergence_by_loops(motion_mean, motion_log_variance, nought, nought)
        + divergence_by_loops(text_mean, text_log_variance, nought, nought)
    )
    ours = latent_divergence(motion_mean, motion_log_variance, text_mean, text_log_variance)
    assert float(ours) == pytest.approx(expected, rel=1e-5)


def test_the_reconstruction_is_that_of_the_loops_and_blind_past_the_end():
    generator = torch.Generator().manual_seed(5)
    decoded, features = 2 * torch.randn(2, 3, 6, 4, generator=generator)
    lengths, total = [6, 2, 4], 0.0
    for row, length in enumerate(lengths):
        for frame in range(length):
            for place in range(4):
                error = abs(float(decoded[row, frame, place] - features[row, frame, place]))
                total += error**2 / 2 if error < 1 else error - 0.5
    mask = torch.arange(6) < torch.tensor(lengths)[:, None]
    ours = reconstruction_loss(decoded, features, mask, 3 * 6 * 4)
    assert float(ours) == pytest.approx(total / 72, rel=1e-5)
    padded = torch.nn.functional.smooth_l1_loss(decoded * mask[..., None], features * mask[..., None])
    assert float(ours) == pytest.approx(float(padded), rel=1e-5), "the mean over the padded batch, as published"
    other = torch.where(mask[..., None], decoded, 1e6)
    assert float(reconstruction_loss(other, features, mask, 72)) == float(ours)
