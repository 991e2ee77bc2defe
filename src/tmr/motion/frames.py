"""Directions, and rotations that are given by directions."""

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "frame 3"]
Frames = Float[np.ndarray, "frame 3 3"]


def length(vector: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any"]:
    """Return the lengths of vectors."""
    return np.sqrt(np.einsum("...i,...i->...", vector, vector))


def cross(first: Float[np.ndarray, "*any 3"], second: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any 3"]:
    """Return the cross products of vectors; NumPy's own takes four times as long for a clip's."""
    result = np.empty_like(first)
    for axis in range(3):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        result[..., axis] = first[..., one] * second[..., two] - first[..., two] * second[..., one]
    return result


def unit(vector: Float[np.ndarray, "*any 3"], fallback: Float[np.ndarray, "*#any 3"]) -> Float[np.ndarray, "*any 3"]:
    """Return the directions of vectors; where one has no length, the fallback's (already of length 1)."""
    size = length(vector)[..., None]
    return np.where(size > 1e-5, vector / np.maximum(size, 1e-12), fallback)


def frame_of(first: Points, second: Points, *, axes: tuple[int, int]) -> Frames:
    """Return rotations whose column `axes[0]` is along `first`, and column `axes[1]` as near to `second` as can be.

    Where the two are parallel, any direction square to `first` serves.
    """
    main = unit(first, np.broadcast_to(np.eye(3)[axes[0]], first.shape))
    rest = second - np.einsum("ti,ti->t", second, main)[:, None] * main
    # The coordinate axis that is farthest from `main` gives a direction square to it.
    spare = np.eye(3)[np.argmin(np.abs(main), axis=1)]
    spare = cross(main, spare)
    side = unit(rest, spare / np.maximum(length(spare)[:, None], 1e-12))
    third = 3 - axes[0] - axes[1]
    sign = 1.0 if (axes[1] - axes[0]) % 3 == 1 else -1.0
    result = np.empty((len(first), 3, 3))
    result[..., axes[0]], result[..., axes[1]] = main, side
    result[..., third] = sign * cross(main, side)
    return result


def turn_between(start: Points, end: Points) -> Frames:
    """Return the smallest rotations that turn directions into others, all of length 1."""
    axis, cosine = cross(start, end), np.einsum("ti,ti->t", start, end)
    skew = np.zeros((len(axis), 3, 3))
    skew[:, 0, 1], skew[:, 0, 2], skew[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    skew -= skew.transpose(0, 2, 1)
    # Rodrigues' formula without angles. At a half turn any square axis would do; the limit keeps it finite.
    factor = 1 / np.maximum(1 + cosine, 1e-6)
    return np.eye(3) + skew + factor[:, None, None] * (skew @ skew)


def swing(rotation: Frames, rest: Float[np.ndarray, "3"], direction: Points) -> Frames:
    """Return the rotations nearest to `rotation` that turn the vector `rest` into `direction` (of length 1)."""
    start = np.einsum("tij,j->ti", rotation, rest / np.linalg.norm(rest))
    return turn_between(start, direction) @ rotation
