"""Gradients of a batch: in parts, one after the other or by several processes, as if it were computed at once."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from tmr.errors import DatasetError
from tmr.training.batches import Batch
from tmr.training.objective import Encoded, Objective
from tmr.training.team import Team

NAMED_ROWS = 5


def find_gradients(
    objective: Objective, batch: Batch, weights: Sequence[Tensor], temperature: Tensor, team: Team, seed: int
) -> float:
    """Set the gradients of a batch's loss and return the loss in nats, the same in every process.

    A contrastive loss needs all rows at once; the encoders do not. So each part is encoded without a graph, the loss
    and its gradient at the encoders' outputs are computed of all rows, and each part is encoded again, with the same
    dropout, to pass its share of that gradient on. A process of one part encodes it once.

    Args:
        objective: The loss.
        batch: With the parts of this process.
        weights: Whose gradients are summed over parts and processes.
        temperature: The logarithm of the temperature, whose gradient every process has whole.
        team: The processes.
        seed: Of dropout and sampling; each part draws from it and from its number alone.

    Raises:
        DatasetError: If the loss is not a finite number; the message names rows that have no finite embedding.

    Source:
        Gao et al.: Scaling deep contrastive learning batch size under memory limited setup (GradCache), 2021.
    """
    alone = len(batch.parts) == 1
    found = []
    for part in batch.parts:
        _seed(seed, part.number)
        with torch.set_grad_enabled(alone):
            found.append(objective.encode(part))
    rows = _gather(batch, found, team)
    leaves = Encoded(*(side.requires_grad_() for side in rows))
    loss = objective.across(leaves, batch)
    _check(float(loss.detach()), rows, batch)
    for tensor in (*weights, temperature):
        tensor.grad = None
    loss.backward()
    own = torch.zeros((), device=loss.device)
    for place, part in enumerate(batch.parts):
        encoded = found[place]
        if not alone:
            _seed(seed, part.number)
            encoded = objective.encode(part)
        within = objective.within(part, encoded, batch)
        tensors, gradients = list(encoded), [_at(leaves.motion, part.motion_rows), _at(leaves.text, part.text_rows)]
        if within is not None:
            own += within.detach()
            tensors, gradients = [*tensors, within], [*gradients, torch.ones_like(within)]
        torch.autograd.backward(tensors, gradients)
    total = float(loss.detach() + team.sum(own))
    _check(total, rows, batch)
    team.sum_gradients(weights)
    return total


def _seed(seed: int, part: int) -> None:
    torch.manual_seed(seed + (part << 40))


def _gather(batch: Batch, found: Sequence[Encoded], team: Team) -> Encoded:
    """Return what all processes have found of all rows, cut off from how it was computed."""
    motion = found[0].motion.new_zeros(batch.num_motions, *found[0].motion.shape[1:])
    text = found[0].text.new_zeros(batch.num_texts, *found[0].text.shape[1:])
    for part, encoded in zip(batch.parts, found, strict=True):
        motion[part.motion_rows] = encoded.motion.detach()
        text[part.text_rows] = encoded.text.detach()
    return Encoded(team.sum(motion), team.sum(text))


def _at(leaf: Tensor, rows: list[int]) -> Tensor:
    gradient = leaf.grad
    return torch.zeros_like(leaf[rows]) if gradient is None else gradient[rows]


def _check(loss: float, rows: Encoded, batch: Batch) -> None:
    if math.isfinite(loss):
        return
    motion, text = (side.detach().isfinite().flatten(1).all(dim=1).cpu() for side in rows)
    wrong = [name for row, name in enumerate(batch.names) if not (motion[row] and text[row])]
    told = f"without a finite embedding: {_named(wrong)}" if wrong else told_rows(batch)
    raise DatasetError(f"the loss is {loss}; {told}")


def told_rows(batch: Batch) -> str:
    """Return the first rows of a batch, for a message."""
    return f"in the batch: {_named(batch.names)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_ROWS} more" if len(names) > NAMED_ROWS else ""
    return "; ".join(names[:NAMED_ROWS]) + more
