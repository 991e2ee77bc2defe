"""with_arms: the arms of one motion on the body of another, as one person would do both at once."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.frames import frame_of
from tmr.motion.motion import Motion
from tmr.motion.skeleton import Skeleton, built_in_skeleton

_CHEST, _NECK, _SHOULDERS = "Chest", "Neck1", ("LeftShoulder", "RightShoulder")
_FEET, _HANDS = ("LeftFoot", "RightFoot"), ("LeftHand", "RightHand")
# Metres that feet and hips may wander and that a hand must move; the cosine of the back's lean; radians of a turn.
_STILL, _MOVES, _UPRIGHT, _SAME_WAY = 0.15, 0.3, 0.9, 0.5


def with_arms(body: Motion, arms: Motion) -> Motion:
    """Return the first motion with the arms of the second, which move against the chest as they do there.

    Args:
        body: On SOMA-30; hips, legs, back and head are kept.
        arms: On the same skeleton at the same frame rate, as long.

    Returns:
        As long as both, named `BODY with the arms of ARMS`. Bones keep their lengths if both have the same.

    Raises:
        SkeletonError: If a skeleton is not SOMA-30.
        MotionFileError: If frame rates or lengths differ.
    """
    skeleton = built_in_skeleton("somaskel30")
    for motion in (body, arms):
        if motion.skeleton.joints != skeleton.joints:
            raise SkeletonError(f"{motion.name}: arms are exchanged on SOMA-30 only; retarget the motion to it first")
    if body.fps != arms.fps or len(body.joints) != len(arms.joints):
        raise MotionFileError(
            f"{arms.name} has {len(arms.joints)} frames at {arms.fps:g} fps; expected {len(body.joints)} at "
            f"{body.fps:g} as {body.name}: resample and cut them alike first"
        )
    moved = arm_joints(skeleton)
    chest = skeleton.joints.index(_CHEST)
    turn = chest_axes(body.joints) @ np.swapaxes(chest_axes(arms.joints), 1, 2)
    joints = body.joints.copy()
    joints[:, moved] = (
        np.einsum("fij,fkj->fki", turn, arms.joints[:, moved] - arms.joints[:, chest, None])
        + body.joints[:, chest, None]
    )
    return replace(body, joints=joints, name=f"{body.name} with the arms of {arms.name}")


def lasting(motion: Motion, frames: int) -> Motion:
    """Return so many frames of a motion, its last pose held if it has fewer."""
    held = np.repeat(motion.joints[-1:], max(0, frames - len(motion.joints)), axis=0)
    return replace(motion, joints=np.concatenate([motion.joints[:frames], held]))


def arm_joints(skeleton: Skeleton) -> list[int]:
    """Return the joints from each shoulder on."""
    found: list[int] = []
    for joint, parent in enumerate(skeleton.parents):
        if skeleton.joints[joint] in _SHOULDERS or parent in found:
            found.append(joint)
    return found


def chest_axes(joints: Float[np.ndarray, "frame 30 3"]) -> Float[np.ndarray, "frame 3 3"]:
    """Return the chest's axes as columns: to its left, up along the neck, and forward."""
    skeleton = built_in_skeleton("somaskel30")
    chest, neck, left, right = (skeleton.joints.index(name) for name in (_CHEST, _NECK, *_SHOULDERS))
    return frame_of(joints[:, left] - joints[:, right], joints[:, neck] - joints[:, chest], axes=(0, 1))


def gestures_only(joints: Float[np.ndarray, "frame 30 3"]) -> bool:
    """Return whether somebody stands upright, on both feet, and moves the arms alone."""
    skeleton = built_in_skeleton("somaskel30")
    hips, chest, *ends = (skeleton.joints.index(name) for name in ("Hips", _CHEST, *_FEET, *_HANDS))
    axes = chest_axes(joints)
    if np.ptp(joints[:, ends[:2]], axis=0).max() > _STILL or np.ptp(joints[:, hips], axis=0).max() > _STILL:
        return False
    facing = np.unwrap(np.arctan2(axes[:, 0, 2], axes[:, 2, 2]))
    if axes[:, 1, 1].min() < _UPRIGHT or np.ptp(facing) > _SAME_WAY:
        return False
    hands = np.einsum("fji,fkj->fki", axes, joints[:, ends[2:]] - joints[:, chest, None])
    return bool(np.ptp(hands, axis=0).max() > _MOVES)
