"""The optimiser: AdamW, its learning rate at each step, and the average of the weights."""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from tmr.training.recipes import TrainConfig


def learning_rate(config: TrainConfig, step: int) -> float:
    """Return the learning rate of a step: a linear rise, then half a cosine down to zero, or no change."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return config.learning_rate
    share = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def make_optimizer(
    new: Iterable[nn.Parameter], pretrained: Iterable[nn.Parameter], config: TrainConfig
) -> torch.optim.AdamW:
    """Return AdamW over weights; matrices decay, vectors and single numbers do not.

    Args:
        new: Weights that begin at random.
        pretrained: Weights of another model, which learn at a share of the rate.
        config: The rates and the decay.
    """
    groups = []
    for weights, rate in ((list(new), 1.0), (list(pretrained), config.pretrained_rate)):
        matrices = [weight for weight in weights if weight.ndim > 1]
        vectors = [weight for weight in weights if weight.ndim <= 1]
        groups += [
            {"params": some, "weight_decay": decay, "rate": rate}
            for some, decay in ((matrices, config.weight_decay), (vectors, 0.0))
            if some
        ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.second_moment_decay))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of a step, of which each group takes its share."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]


def follow(average: Sequence[Tensor], current: Sequence[Tensor], decay: float) -> None:
    """Move the averaged weights towards the current ones by 1 - `decay` of the way."""
    with torch.no_grad():
        for mean, weight in zip(average, current, strict=True):
            mean.lerp_(weight, 1 - decay)
