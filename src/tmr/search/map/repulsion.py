"""How the points of a map push each other apart: exactly for few, by a grid and its Fourier transform for many."""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

# Up to here all pairs are faster than the grid.
MOST_EXACT = 700
_NODES = 3  # of the polynomial that stands for the kernel inside a box
_FEWEST_BOXES, _MOST_BOXES = 50, 240
_BOXES_STEP = 10
_BOX = 1.0  # the kernel changes over lengths of about 1
_GROWTH = 1.05  # the grid follows the map's size in steps, so that its kernels serve many times


def exact_repulsion(places: Float[np.ndarray, "item 2"]) -> tuple[Float[np.ndarray, "item 2"], float]:
    """Return for each point the sum over the others of (y - other) / (1 + distance²)², and the sum of all kernels.

    The kernel is 1 / (1 + distance²), over all ordered pairs of different points.
    """
    sizes = (places**2).sum(axis=1)
    kernel = 1.0 / (1.0 + np.maximum(sizes[:, None] + sizes - 2.0 * places @ places.T, 0.0))
    np.fill_diagonal(kernel, 0.0)
    squared = kernel**2
    return squared.sum(axis=1)[:, None] * places - squared @ places, float(kernel.sum())


def grid_repulsion(places: Float[np.ndarray, "item 2"]) -> tuple[Float[np.ndarray, "item 2"], float]:
    """Return what `exact_repulsion` does, approximately, in time that grows with the number of points only.

    The points' charges go to the nodes of a regular grid, the kernels between nodes are a convolution, and what the
    nodes feel is carried back to the points.

    Source:
        Linderman et al., Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data,
        Nature Methods 2019.
    """
    low = places.min(axis=0)
    extent = float((places.max(axis=0) - low).max()) or 1.0
    extent = _GROWTH ** math.ceil(math.log(extent * (1 + 1e-6), _GROWTH))
    boxes = math.ceil(extent / _BOX / _BOXES_STEP) * _BOXES_STEP
    boxes = min(max(boxes, _FEWEST_BOXES), _MOST_BOXES)
    side = boxes * _NODES
    gap = extent / side
    node, weight = _spread(places, low, gap, boxes)
    charges = np.stack([np.ones(len(places)), places[:, 0], places[:, 1]])
    grids = np.empty((3, side, side), dtype=np.float32)
    for grid, charge in zip(grids, charges, strict=True):
        grid[:] = np.bincount(node.ravel(), (weight * charge[:, None]).ravel(), side * side).reshape(side, side)
    once, twice = _kernels(side, gap)
    size = (2 * side, 2 * side)
    waves = np.fft.rfft2(grids, size)
    felt = np.fft.irfft2(np.concatenate([waves[:1] * once, waves * twice]), size)[:, :side, :side].reshape(4, -1)
    kernel, squared, squared_x, squared_y = (np.einsum("ij,ij->i", one[node], weight) for one in felt)
    push = squared[:, None] * places - np.stack([squared_x, squared_y], axis=1)
    # A point's kernel with itself is 1 and does not count.
    return push, max(float(kernel.sum()) - len(places), 1e-12)


def _spread(
    places: Float[np.ndarray, "item 2"], low: Float[np.ndarray, " 2"], gap: float, boxes: int
) -> tuple[Int[np.ndarray, "item node"], Float[np.ndarray, "item node"]]:
    """Return the nodes of each point's box, and the Lagrange polynomials of these nodes at the point."""
    inside = (places - low) / (gap * _NODES)
    box = np.minimum(inside.astype(np.int64), boxes - 1)
    # Nodes stand in the middles of the box's thirds, so that all of them are evenly spaced.
    at = (inside - box) * _NODES
    stands = np.arange(_NODES) + 0.5
    polynomial = np.ones((len(places), 2, _NODES))
    for one in range(_NODES):
        for other in range(_NODES):
            if one != other:
                polynomial[:, :, one] *= (at - stands[other]) / (stands[one] - stands[other])
    rows = box[:, 0, None] * _NODES + np.arange(_NODES)
    columns = box[:, 1, None] * _NODES + np.arange(_NODES)
    node = rows[:, :, None] * (boxes * _NODES) + columns[:, None, :]
    weight = polynomial[:, 0, :, None] * polynomial[:, 1, None, :]
    return node.reshape(len(places), -1), weight.reshape(len(places), -1)


@lru_cache(maxsize=2)
def _kernels(side: int, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the transforms of the kernel and of its square between the nodes of a grid, padded to twice its side."""
    away = gap * np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    kernel = (1.0 / (1.0 + away[:, None] ** 2 + away**2)).astype(np.float32)
    both = np.fft.rfft2(np.stack([kernel, kernel**2]))
    return both[0], both[1]
