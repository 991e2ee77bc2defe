"""A map of the space: embeddings laid out in the plane, and how many neighbours it keeps."""

import numpy as np
from jaxtyping import Float

_STEPS, _EXAGGERATED_STEPS, _EXAGGERATION = 500, 100, 4.0


def principal_components(points: Float[np.ndarray, "item width"]) -> tuple[Float[np.ndarray, "item 2"], float]:
    """Return the points in the plane of largest variance, and the share of the variance that lies in it.

    Returns:
        Coordinates around their mean, with signs fixed so that the same points always give the same picture; and a
        fraction, 0 where all points are one.
    """
    centred = points.astype(np.float64) - points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.where(axes[:2][np.arange(len(axes[:2])), np.abs(axes[:2]).argmax(axis=1)] < 0, -1, 1)[:, None]
    total = float((sizes**2).sum())
    placed = np.zeros((len(points), 2))
    placed[:, : len(axes)] = centred @ axes.T
    return placed, float((sizes[:2] ** 2).sum() / total) if total > 1e-12 else 0.0


def neighbour_map(
    points: Float[np.ndarray, "item width"], start: Float[np.ndarray, "item 2"], *, perplexity: float = 20.0
) -> Float[np.ndarray, "item 2"]:
    """Return the points laid out so that near ones stay near; what is far apart on the map may be at any distance.

    Exact t-SNE on squared Euclidean distances, begun at `start` and without a random number.

    Args:
        points: Unit length.
        start: Where the layout begins; the principal components.
        perplexity: About how many neighbours count for each point; fewer where there are few points.

    Source:
        van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008.
    """
    count = len(points)
    if count < 4 or not start.std() > 1e-9:
        return start.copy()
    near = _neighbour_chances(points, min(perplexity, (count - 1) / 3))
    # Equal points begin a hair apart: on one spot nothing could part them again.
    spread = 1e-2 * start / start.std() + 1e-5 * np.stack([np.sin(np.arange(count)), np.cos(np.arange(count))], axis=1)
    placed, speed = spread, np.zeros_like(spread)
    for step in range(_STEPS):
        early = step < _EXAGGERATED_STEPS
        closeness = 1.0 / (1.0 + _squared_distances(placed))
        np.fill_diagonal(closeness, 0.0)
        pull = ((_EXAGGERATION if early else 1.0) * near - closeness / closeness.sum()) * closeness
        slope = 4.0 * (pull.sum(axis=1)[:, None] * placed - pull @ placed)
        speed = (0.5 if early else 0.8) * speed - count / 12 * slope
        placed = placed + speed
    return placed - placed.mean(axis=0)


def _neighbour_chances(points: Float[np.ndarray, "item width"], perplexity: float) -> Float[np.ndarray, "item item"]:
    """Return how likely each pair are neighbours: Gaussians as wide as the perplexity asks, made symmetric."""
    far = _squared_distances(points.astype(np.float64))
    np.fill_diagonal(far, np.inf)
    # What all are away from a point says nothing about which are near it.
    far -= far.min(axis=1, keepdims=True)
    low, high = np.full(len(far), 1e-3), np.full(len(far), 1e6)
    chances = np.zeros_like(far)
    for _ in range(50):
        sharpness = np.sqrt(low * high)
        chances = np.exp(-far * sharpness[:, None])
        chances /= chances.sum(axis=1, keepdims=True)
        entropy = -(chances * np.log(np.maximum(chances, 1e-300))).sum(axis=1)
        too_wide = entropy > np.log(perplexity)
        low, high = np.where(too_wide, sharpness, low), np.where(too_wide, high, sharpness)
    return (chances + chances.T) / (2 * len(far))


def _squared_distances(points: Float[np.ndarray, "item width"]) -> Float[np.ndarray, "item item"]:
    sizes = (points**2).sum(axis=1)
    return np.maximum(sizes[:, None] + sizes - 2 * points @ points.T, 0.0)


def kept_neighbours(points: Float[np.ndarray, "item width"], placed: Float[np.ndarray, "item 2"], k: int = 10) -> float:
    """Return the share of each point's k nearest in the space that are among its k nearest on the map, on average."""
    k = min(k, len(points) - 1)
    if k < 1:
        return 1.0
    near, shown = (_nearest(_squared_distances(where.astype(np.float64)), k) for where in (points, placed))
    return float(np.mean([len(np.intersect1d(one, other)) / k for one, other in zip(near, shown, strict=True)]))


def _nearest(far: Float[np.ndarray, "item item"], k: int) -> np.ndarray:
    np.fill_diagonal(far, np.inf)
    return np.argpartition(far, k - 1, axis=1)[:, :k]


def chain_order(points: Float[np.ndarray, "item width"]) -> np.ndarray:
    """Return an order in which like stands beside like: from the outermost point always on to the nearest one left."""
    similarity = points @ points.T
    left = np.ones(len(points), dtype=bool)
    order = np.empty(len(points), dtype=np.int64)
    here = int(similarity.sum(axis=1).argmin()) if len(points) else 0
    for place in range(len(points)):
        order[place] = here
        left[here] = False
        here = int(np.where(left, similarity[here], -np.inf).argmax())
    return order
