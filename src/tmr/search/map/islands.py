"""Islands: where the points of a map lie close together, at several widths."""

import numpy as np
from jaxtyping import Float, Int

# Widths of what is blurred together, in sides of the map, from regions to groups of a few.
WIDTHS = (0.07, 0.045, 0.026, 0.015)
_SIDE = 256
_REACH = 4.0  # of the blur, in its widths


def islands(places: Float[np.ndarray, "item 2"], width: float) -> Int[np.ndarray, " item"]:
    """Return which island each item is on: numbers from 0, the largest island first.

    The points are blurred into a landscape, and each belongs to the peak that is reached from it uphill.

    Args:
        places: In the unit square.
        width: Of the blur, in sides of the square.
    """
    cell = np.clip((places * _SIDE).astype(np.int64), 0, _SIDE - 1)
    cell = cell[:, 0] * _SIDE + cell[:, 1]
    height = _blurred(np.bincount(cell, minlength=_SIDE**2).reshape(_SIDE, _SIDE).astype(np.float64), width * _SIDE)
    peak = _peaks(height)[cell]
    _, number, count = np.unique(peak, return_inverse=True, return_counts=True)
    order = np.argsort(-count, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[number]


def middle(places: Float[np.ndarray, "item 2"]) -> Float[np.ndarray, " 2"]:
    """Return the point that is nearest to the middle of all: it stands on the island, however the coast runs."""
    away = ((places - np.median(places, axis=0)) ** 2).sum(axis=1)
    return places[int(away.argmin())]


def _blurred(grid: Float[np.ndarray, "x y"], width: float) -> Float[np.ndarray, "x y"]:
    """Return a grid blurred by a Gaussian, without anything coming in from the other side."""
    reach = int(np.ceil(_REACH * width))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    size = grid.shape[0] + 2 * reach
    wave = np.fft.rfft(bell, size)
    for axis in (0, 1):
        spread = np.fft.irfft(np.fft.rfft(grid, size, axis=axis) * np.expand_dims(wave, 1 - axis), size, axis=axis)
        grid = np.take(spread, np.arange(reach, reach + _SIDE), axis=axis)
    return grid


def _peaks(height: Float[np.ndarray, "x y"]) -> Int[np.ndarray, " cell"]:
    """Return for each cell the peak that is reached by always going to the highest of the cells around."""
    side = height.shape[0]
    walled = np.pad(height, 1, constant_values=-1.0)
    own = np.arange(side * side).reshape(side, side)
    best, way = height.copy(), own.copy()
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            other = walled[1 + dx : 1 + dx + side, 1 + dy : 1 + dy + side]
            higher = other > best
            best = np.where(higher, other, best)
            way = np.where(higher, own + dx * side + dy, way)
    way = way.ravel()
    while True:
        further = way[way]
        if np.array_equal(further, way):
            return way
        way = further
