"""Rotations from positions: what turns a skeleton's rest pose into given joints."""

import numpy as np
from jaxtyping import Float

from tmr.errors import SkeletonError
from tmr.motion.rotation import fit_rotation, parents_first, rotation_between
from tmr.motion.skeleton import Skeleton


def local_rotations(
    joints: Float[np.ndarray, "frame joint 3"], skeleton: Skeleton
) -> Float[np.ndarray, "frame joint 3"]:
    """Return rotation vectors in radians, each relative to the parent, that bring the rest pose to the joints.

    A joint with several bones gets the rotation that fits them best, one with a single bone the smallest that points it
    the right way, and the end of a limb none.

    Args:
        joints: Global joint positions with the lengths of the rest pose's bones.
        skeleton: With a rest pose.

    Raises:
        SkeletonError: If the skeleton has no rest pose.
    """
    if skeleton.rest is None:
        raise SkeletonError(f"skeleton {skeleton.name!r} has no rest pose that could be turned")
    rest = skeleton.rest.astype(np.float64)
    turned = np.repeat(np.eye(3)[None, None], len(skeleton.joints), axis=0).repeat(len(joints), axis=1)
    local = turned.copy()
    for joint in parents_first(skeleton.parents):
        parent = skeleton.parents[joint]
        above = turned[parent] if parent >= 0 else np.broadcast_to(np.eye(3), (len(joints), 3, 3))
        children = [child for child, own in enumerate(skeleton.parents) if own == joint]
        if children:
            start = rest[children] - rest[joint]
            end = np.einsum("fji,fcj->fci", above, joints[:, children] - joints[:, [joint]])
            if len(children) == 1:
                local[joint] = rotation_between(np.broadcast_to(start, end[:, 0].shape), end[:, 0])
            else:
                local[joint] = fit_rotation(start, end)
        turned[joint] = above @ local[joint]
    return rotation_vectors(np.moveaxis(local, 0, 1))


def rotation_vectors(matrices: Float[np.ndarray, "*batch 3 3"]) -> Float[np.ndarray, "*batch 3"]:
    """Return the axes of rotations, as long as their angles in radians, 0 to π.

    Source:
        Shepperd, "Quaternion from rotation matrix", 1978: of four ways to the quaternion the one that divides by most.
    """
    m = matrices
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    x, y, z = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    ways = np.stack(
        [
            np.stack([1 + xx + yy + zz, x, y, z], axis=-1),
            np.stack([x, 1 + xx - yy - zz, xy, xz], axis=-1),
            np.stack([y, xy, 1 - xx + yy - zz, yz], axis=-1),
            np.stack([z, xz, yz, 1 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    best = np.diagonal(ways, axis1=-2, axis2=-1).argmax(axis=-1)
    quaternion = np.take_along_axis(ways, best[..., None, None], axis=-2)[..., 0, :]
    quaternion = quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return quaternion[..., 1:] * np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 2.0)
