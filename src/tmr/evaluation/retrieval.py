"""Retrieval metrics on arrays: fair ranks, recall, small batches, bootstrap intervals."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import TMRError


def hit_chances(
    similarity: Float[np.ndarray, "query item"], right: Bool[np.ndarray, "query item"], k: int
) -> Float[np.ndarray, " query"]:
    """Return for each query the chance that a right item is among the first k.

    Items of equal similarity stand in random order, so a tie counts as the fraction of the orders that hit: an encoder
    that maps everything to one point scores at chance, not at 1.

    Args:
        similarity: Any scores, larger is nearer; not NaN.
        right: True where the item answers the query; each query needs one at least.
        k: How many items are looked at, from 1.

    Returns:
        Chances in [0, 1].

    Raises:
        TMRError: If a similarity is NaN or a query has no right item.
    """
    if np.isnan(similarity).any():
        raise TMRError(
            f"{np.isnan(similarity).sum()} similarities are NaN; leave the broken motions or texts out first"
        )
    if not right.any(axis=1).all():
        raise TMRError(f"query {np.flatnonzero(~right.any(axis=1))[0]} has no right item; every query needs one")
    best = np.where(right, similarity, -np.inf).max(axis=1, keepdims=True)
    above = (similarity > best).sum(axis=1)
    level = similarity == best
    tied, tied_right = level.sum(axis=1), (level & right).sum(axis=1)
    places = np.clip(k - above, 0, tied)
    # The chance that none of `places` draws without replacement from the tied items is right.
    missed = np.ones(len(similarity))
    for draw in range(int(places.max(initial=0))):
        wrong_left = np.maximum(tied - tied_right - draw, 0)
        missed *= np.where(draw < places, wrong_left / np.maximum(tied - draw, 1), 1.0)
    return 1.0 - missed


def recall_at_k(similarity: Float[np.ndarray, "query item"], right: Bool[np.ndarray, "query item"], k: int) -> float:
    """Return the fraction of queries with a right item among the first k, ties counted fairly."""
    return float(hit_chances(similarity, right, k).mean())


def small_batches_recall(
    similarity: Float[np.ndarray, "item item"], k: int, *, size: int = 32, draws: int = 20, seed: int = 0
) -> tuple[float, float]:
    """Return recall at k in random batches (only the diagonal is right) and half the width of its 95 % interval.

    Args:
        similarity: Queries by items; query i belongs to item i.
        k: How many items are looked at.
        size: Items in a batch; a remainder smaller than this is dropped, as in Guo et al., CVPR 2022.
        draws: How many times the items are shuffled.
        seed: Of the shuffles.

    Raises:
        TMRError: If there are fewer items than one batch takes.
    """
    if len(similarity) < size:
        raise TMRError(f"batches of {size} need at least {size} items; there are {len(similarity)}")
    random = np.random.default_rng(seed)
    means = []
    for _ in range(draws):
        order = random.permutation(len(similarity))
        batches = order[: len(order) // size * size].reshape(-1, size)
        own = np.eye(size, dtype=bool)
        means.append(np.mean([recall_at_k(similarity[np.ix_(batch, batch)], own, k) for batch in batches]))
    return float(np.mean(means)), float(1.96 * np.std(means, ddof=1) / np.sqrt(draws))


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, *, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean, from resampled queries."""
    array = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(array), size=(draws, len(array)))
    low, high = np.quantile(array[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
