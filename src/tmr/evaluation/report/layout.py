"""Flat layouts of a space: the plane of largest variance, how many neighbours a layout keeps, an order of like ones."""

import numpy as np
from jaxtyping import Float


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
