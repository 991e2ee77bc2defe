"""Rotations in NumPy: from Euler angles and axis-angle, back to Euler angles, and forward kinematics.

A rotation is a 3 × 3 matrix that turns column vectors, `R @ v`. Inside, the two matrix axes come first in memory and
frames last, so that NumPy works on long contiguous rows: ten times faster than a stack of small matrix products.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

AXES = "XYZ"


def euler_to_matrix(angles: Float[np.ndarray, "*batch axis"], order: str) -> Float[np.ndarray, "*batch 3 3"]:
    """Return rotations from angles about one to three axes.

    Args:
        angles: Radians, one for each letter of `order`.
        order: Axes from the outermost to the innermost, `ZXY` is `Rz @ Rx @ Ry`: the order of the channels in a BVH
            file. Empty gives identities.
    """
    result = _identity(angles.shape[:-1])
    for place, axis in enumerate(order):
        result = _turn(result, axis, angles[..., place])
    return np.moveaxis(result, (0, 1), (-2, -1))


def matrix_to_euler(matrices: Float[np.ndarray, "*batch 3 3"], order: str) -> Float[np.ndarray, "*batch 3"]:
    """Return the angles that `euler_to_matrix` turns into the same rotations.

    Args:
        matrices: Rotations.
        order: Three different axes from the outermost to the innermost, such as `ZYX`.

    Returns:
        Radians; the middle angle is in [-π/2, π/2]. Where it is at an end, the last angle is zero.
    """
    first, middle, last = (AXES.index(axis) for axis in order)
    sign = 1.0 if (middle - first) % 3 == 1 else -1.0
    sine = np.clip(sign * matrices[..., first, last], -1.0, 1.0)
    locked = np.abs(sine) > 1 - 1e-12
    outer = np.arctan2(-sign * matrices[..., middle, last], matrices[..., last, last])
    inner = np.arctan2(-sign * matrices[..., first, middle], matrices[..., first, first])
    outer_locked = np.arctan2(sign * matrices[..., last, middle], matrices[..., middle, middle])
    return np.stack([np.where(locked, outer_locked, outer), np.arcsin(sine), np.where(locked, 0.0, inner)], axis=-1)


def axis_angle_to_matrix(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    """Return rotations about the vectors' directions by their lengths in radians (Rodrigues' formula)."""
    angle = np.sqrt((vectors * vectors).sum(-1))
    small = angle < 1e-6
    safe = np.where(small, 1.0, angle)
    sine = np.where(small, 1.0, np.sin(safe) / safe)  # sin(a)/a, and (1 - cos a)/a², by their limits near zero
    versine = np.where(small, 0.5, (1 - np.cos(safe)) / (safe * safe))
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]])
    result = _identity(angle.shape) + sine * cross + versine * _multiply(cross, cross)
    return np.moveaxis(result, (0, 1), (-2, -1))


def parents_first(parents: Sequence[int]) -> list[int]:
    """Return the joints in an order in which each comes after its parent.

    Args:
        parents: Parent index of each joint, -1 for a root; a forest, as `Skeleton` checks.
    """
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(parents):
        children.setdefault(parent, []).append(joint)
    order = list(children.get(-1, []))
    for joint in order:  # grows while it is walked: breadth first
        order.extend(children.get(joint, []))
    return order


def forward_kinematics(
    rotations: Float[np.ndarray, "frame joint 3 3"],
    translations: Float[np.ndarray, "frame joint 3"],
    parents: Sequence[int],
) -> Float[np.ndarray, "frame joint 3"]:
    """Return global joint positions.

    Args:
        rotations: Of each joint relative to its parent; of a root, to the world.
        translations: From the parent to the joint, in the parent's frame; of a root, its global position.
        parents: Parent index of each joint, -1 for a root.
    """
    local = np.moveaxis(rotations, (2, 3, 1, 0), (0, 1, 2, 3))  # 3, 3, joint, frame
    moves = np.moveaxis(translations, (2, 1, 0), (0, 1, 2))
    inner = set(parents)
    turned: dict[int, np.ndarray] = {}
    positions = np.empty((moves.shape[1], 3, moves.shape[2]), dtype=np.float64)
    for joint in parents_first(parents):
        parent, move = parents[joint], moves[:, joint]
        if parent == -1:
            positions[joint] = move
        else:
            above = turned[parent]
            positions[joint] = positions[parent] + above[:, 0] * move[0] + above[:, 1] * move[1] + above[:, 2] * move[2]
        if joint in inner:  # the rotation of a joint without children moves nothing
            turned[joint] = local[:, :, joint] if parent == -1 else _multiply(turned[parent], local[:, :, joint])
    return np.moveaxis(positions, (2, 0, 1), (0, 1, 2))


def rotation_between(
    start: Float[np.ndarray, "*batch 3"], end: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch 3 3"]:
    """Return the smallest rotations that turn `start` to the direction of `end`; identity where either is zero."""
    lengths = np.linalg.norm(start, axis=-1) * np.linalg.norm(end, axis=-1)
    known = lengths > 1e-12
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis, axis=-1)
    cosine = (start * end).sum(-1)
    angle = np.where(known, np.arctan2(sine, cosine), 0.0)
    opposite = known & (sine <= 1e-9 * lengths) & (cosine < 0)
    smallest = np.argmin(np.abs(start), axis=-1)  # the axis most square to `start`: any such one does for a half turn
    square = np.cross(start, np.eye(3)[smallest])
    axis = np.where(opposite[..., None], square, axis)
    size = np.linalg.norm(axis, axis=-1)
    return axis_angle_to_matrix(axis * (angle / np.where(size > 0, size, 1.0))[..., None])


def fit_rotation(
    start: Float[np.ndarray, "point 3"], end: Float[np.ndarray, "frame point 3"]
) -> Float[np.ndarray, "frame 3 3"]:
    """Return the rotations that bring `start` closest to `end`, in squared distance.

    Source:
        W. Kabsch, "A solution for the best rotation to relate two sets of vectors", 1976.
    """
    left, _, right = np.linalg.svd(np.einsum("fpi,pj->fij", end, start))
    left[..., 2] *= np.sign(np.linalg.det(left @ right))[..., None]
    return left @ right


def yaw_to_matrix(angle: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch 3 3"]:
    """Return rotations about the y axis; a positive angle in radians turns +z towards +x."""
    return euler_to_matrix(angle[..., None], "Y")


def inner_joints(parents: Sequence[int]) -> Int[np.ndarray, " inner"]:
    """Return the joints that have children, in ascending order."""
    return np.unique([parent for parent in parents if parent != -1]).astype(np.int64)


def _identity(batch: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.eye(3).reshape(3, 3, *(1,) * len(batch)), (3, 3, *batch))


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the products of matrices whose two axes come first."""
    return a[:, 0, None] * b[None, 0] + a[:, 1, None] * b[None, 1] + a[:, 2, None] * b[None, 2]


def _turn(matrices: np.ndarray, axis: str, angle: np.ndarray) -> np.ndarray:
    """Return the matrices (axes first) times a rotation about one axis: it mixes two of their columns."""
    result = np.array(matrices)
    cosine, sine = np.cos(angle), np.sin(angle)
    one, two = ((AXES.index(axis) + 1) % 3, (AXES.index(axis) + 2) % 3)
    result[:, one] = matrices[:, one] * cosine + matrices[:, two] * sine
    result[:, two] = matrices[:, two] * cosine - matrices[:, one] * sine
    return result
