"""The benchmark's smooth root: a path with little acceleration that stays within 6 cm of the hips."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

MARGIN = 0.06
"""Metres that the smooth root may be beside the hips, on the floor."""

_ITERATIONS = 500
_OVER_RELAXATION = 1.8
_FEWEST = 5  # frames; under that the coarsest path has no acceleration
# The inverse of the system's matrix falls by a factor of ten every two or three frames from its diagonal: beyond so
# many it is nothing, and a longer path has the same rows.
_REACH = 48

Path2D = Float[np.ndarray, "frame 2"]


def smooth_root(hips: Path2D) -> Path2D:
    """Return the benchmark's smooth root of a path on the floor, in metres.

    It minimises the sum of squared accelerations under the margin by the alternating direction method of multipliers,
    coarse to fine: on every eighth frame, say, then on every fourth from there, and so on. As in the reference, the
    last refinement moves the result by half a frame: it is the mean of each frame and the next.

    Args:
        hips: x and z of the hips, in metres, at 30 fps.

    Source:
        nv-tlabs/kimodo, `kimodo/motion_rep/smooth_root.py`, read and written anew; Boyd et al.: Distributed
        Optimization and Statistical Learning via the Alternating Direction Method of Multipliers, 2011.
    """
    if len(hips) < _FEWEST:
        return hips.astype(np.float64)
    path = np.repeat(hips.mean(axis=0, keepdims=True), len(hips), axis=0).astype(np.float64)
    stride = 2 ** max(int(np.log2(len(hips))) - 4, 1)
    while stride >= 1:
        path[::stride] = _minimise(hips[::stride].astype(np.float64), path[::stride])
        _refine(path, stride)
        stride //= 2
    return path


def _refine(path: Path2D, stride: int) -> None:
    """Set the frames halfway between those of a stride; of stride 1 each frame itself."""
    known, half = path[::stride].copy(), path[stride // 2 :: stride]
    half[: len(known) - 1] = (known[:-1] + known[1:]) / 2
    if len(half) == len(known):
        half[-1] = known[-1] + (known[-1] - known[-2]) / 2
        if stride == 1:  # the reference reads its last frame after it has set it
            half[-2] = (known[-2] + half[-1]) / 2


def _minimise(target: Path2D, start: Path2D) -> Path2D:
    """Return the path of least acceleration within the margin of the target."""
    solve, step = _system(len(target))
    path, dual = start.copy(), np.zeros_like(start)
    for _ in range(_ITERATIONS):
        near = path + dual - target
        distance = np.sqrt((near * near).sum(axis=1, keepdims=True))
        near = target + near * np.minimum(1, MARGIN / np.maximum(distance, MARGIN))
        dual += _OVER_RELAXATION * (path - near)
        path = solve(step * (near - dual))
    return path


def _system(count: int) -> tuple[Callable[[Path2D], Path2D], float]:
    """Return what solves (AᵀA + step) x = r, where A takes second differences, and the step."""
    matrix = _squared_differences(min(count, 4 * _REACH))
    step = 0.25 * float(np.sqrt(np.diag(matrix).max()))
    inverse = np.linalg.inv(matrix + step * np.eye(len(matrix)))
    if count == len(inverse):
        return lambda right: inverse @ right, step
    middle = len(inverse) // 2
    kernel = inverse[middle, middle - _REACH : middle + _REACH + 1]
    ends = inverse[:_REACH, : 2 * _REACH]

    def solve(right: Path2D) -> Path2D:
        result = np.stack([np.convolve(axis, kernel, mode="same") for axis in right.T], axis=1)
        result[:_REACH] = ends @ right[: 2 * _REACH]
        result[-_REACH:] = (ends @ right[: -2 * _REACH - 1 : -1])[::-1]
        return result

    return solve, step


def _squared_differences(count: int) -> Float[np.ndarray, "count count"]:
    """Return AᵀA of the matrix of second differences, whose first and last rows are zero."""
    rows = np.zeros((count, count))
    inner = np.arange(1, count - 1)
    rows[inner, inner - 1] = rows[inner, inner + 1] = -1
    rows[inner, inner] = 2
    return rows.T @ rows
