"""The layout of a map: t-SNE, in NumPy, in time that grows with the number of points and not with its square."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from tmr.search.map.neighbours import nearest
from tmr.search.map.repulsion import MOST_EXACT, exact_repulsion, grid_repulsion

PERPLEXITY = 15.0
_STEPS, _EARLY_STEPS, _EARLY_PULL = 600, 200, 12.0
_START_SPREAD = 1e-2

Progress = Callable[[float], None]


def lay_out(
    vectors: Float[np.ndarray, "item width"], *, seed: int = 0, progress: Progress = lambda share: None
) -> Float[np.ndarray, "item 2"]:
    """Return places in the plane at which near neighbours stay near; far ones may be at any distance.

    The same vectors and seed give the same places.

    Args:
        vectors: Unit length.
        seed: Parts points that begin on one spot.
        progress: Is told the share of the work that is done.

    Source:
        van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008; begun at the principal components and with
        a step that grows with the number of points as Kobak and Berens, The art of using t-SNE for single-cell
        transcriptomics, Nature Communications 2019.
    """
    count = len(vectors)
    start = _flat(vectors, seed) if count else np.zeros((0, 2))
    if count < 4:
        return start
    one, other, pull = _neighbourhoods(vectors, min(PERPLEXITY, (count - 1) / 3))
    progress(0.15)
    repulsion = exact_repulsion if count <= MOST_EXACT else grid_repulsion
    places, speed, gain = start, np.zeros_like(start), np.ones_like(start)
    rate = max(count / _EARLY_PULL, 50.0)
    for step in range(_STEPS):
        early = step < _EARLY_STEPS
        push, total = repulsion(places)
        slope = 4.0 * ((_EARLY_PULL if early else 1.0) * _attraction(places, one, other, pull) - push / total)
        gain = np.maximum(np.where((slope > 0) == (speed > 0), gain * 0.8, gain + 0.2), 0.01)
        speed = (0.5 if early else 0.8) * speed - rate * gain * slope
        places = places + speed
        places -= places.mean(axis=0)
        progress(0.15 + 0.85 * (step + 1) / _STEPS)
    return places


def _flat(vectors: Float[np.ndarray, "item width"], seed: int) -> Float[np.ndarray, "item 2"]:
    """Return the vectors in their plane of largest variance, small, equal ones a hair apart.

    On one spot nothing could part them.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(2)] < 0, -1, 1)
    flat = centred @ axes
    flat *= _START_SPREAD / max(float(flat[:, 0].std()), 1e-9)
    return flat + np.random.default_rng(seed).normal(scale=1e-2 * _START_SPREAD, size=flat.shape)


def _neighbourhoods(
    vectors: Float[np.ndarray, "item width"], perplexity: float
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"], Float[np.ndarray, " pair"]]:
    """Return pairs of neighbours, sorted by the first, and how likely each pair is; all together are certain.

    A Gaussian around each point is as wide as the perplexity asks, and cut off at three times as many neighbours.
    """
    count = len(vectors)
    near, similarity = nearest(vectors, vectors, int(3 * perplexity), leave_out=np.arange(count))
    # Half the squared distance of unit vectors; what all are away from a point says nothing about which are near it.
    far = np.maximum(similarity[:, :1] - similarity, 0.0).astype(np.float64)
    low, high = np.full(count, 1e-3), np.full(count, 1e6)
    wanted = np.log(min(perplexity, 0.9 * near.shape[1]))
    chance = np.ones_like(far)
    for _ in range(40):
        sharpness = np.sqrt(low * high)
        chance = np.exp(-far * sharpness[:, None])
        chance /= chance.sum(axis=1, keepdims=True)
        entropy = -(chance * np.log(np.maximum(chance, 1e-300))).sum(axis=1)
        low, high = np.where(entropy > wanted, sharpness, low), np.where(entropy > wanted, high, sharpness)
    return _both_ways(near, chance / (2 * count))


def _both_ways(
    near: Int[np.ndarray, "item k"], chance: Float[np.ndarray, "item k"]
) -> tuple[Int[np.ndarray, " pair"], Int[np.ndarray, " pair"], Float[np.ndarray, " pair"]]:
    """Return the pairs and their mirror images as one list, in which each pair stands once each way."""
    count, k = near.shape
    one = np.repeat(np.arange(count), k)
    both = np.concatenate([one * count + near.ravel(), near.ravel() * count + one])
    pairs, where = np.unique(both, return_inverse=True)
    pull = np.bincount(where, np.tile(chance.ravel(), 2), len(pairs))
    return pairs // count, pairs % count, pull


def _attraction(
    places: Float[np.ndarray, "item 2"],
    one: Int[np.ndarray, " pair"],
    other: Int[np.ndarray, " pair"],
    pull: Float[np.ndarray, " pair"],
) -> Float[np.ndarray, "item 2"]:
    away = places[one] - places[other]
    strength = pull / (1.0 + (away**2).sum(axis=1))
    columns = [np.bincount(one, strength * away[:, axis], len(places)) for axis in (0, 1)]
    return np.stack(columns, axis=1)
