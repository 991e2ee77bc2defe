"""join: one motion after another, as one person would do both, with a short transition in place."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.frames import length, unit
from tmr.motion.motion import Motion
from tmr.motion.roles import find_roles
from tmr.motion.rotation import parents_first
from tmr.motion.skeleton import FLOAT, Skeleton

# The transition lasts as long as the joint with the longest way needs at this speed, metres a second, within limits.
_SPEED = 1.5
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.3, 1.2
# Hips slower than this stand, metres a second: the feet stay where they are, and do not slide below the hips.
_STANDING = 0.3
# A bone that swings faster than so many radians within the transition is taken to swing at that, or it would coil.
_MOST_SWING = 4.0
_MOST_SECONDS = 60.0


def join(first: Motion, second: Motion, *, seconds: float | None = None) -> Motion:
    """Return a motion that does the first and then the second.

    The second begins where the first ends and faces as it faces. Between them bones turn, at their lengths, from the
    first's last pose to the second's first one, beginning and ending at the speeds that the motions have there, and the
    lowest joint keeps to the heights that it has at both ends, so that feet stay on the floor. Frames of the first are
    as they were; those of the second are turned about the up axis and moved over the floor.

    Args:
        first: On any skeleton whose hips and shoulders can be found.
        second: On the same skeleton at the same frame rate.
        seconds: How long the transition lasts; None finds it from how far apart the two poses are, 0.3 to 1.2 s.

    Returns:
        As long as both and the transition, named `FIRST + SECOND`.

    Raises:
        SkeletonError: If the skeletons differ, or hips and shoulders cannot be found.
        MotionFileError: If the frame rates differ, or the transition would last under 0 or over 60 s.
    """
    _check(first, second)
    roles = find_roles(first.skeleton, first.joints)
    before, after = _ending(first), _ending(second, start=True)
    heading = _heading(before[0], roles)
    turn = heading - _heading(after[0], roles)
    turned = _turned(second.joints.astype(np.float64), turn)
    after = _turned(np.stack(after), turn)
    if seconds is None:
        apart = length((after[0] - before[0]) - _flat(_hips(after[0], roles) - _hips(before[0], roles))).max()
        seconds = float(np.clip(apart / _SPEED, _SHORTEST_SECONDS, _LONGEST_SECONDS))
    if not 0 <= seconds <= _MOST_SECONDS:
        raise MotionFileError(f"a transition of {seconds} s cannot be made; expected 0 to {_MOST_SECONDS:g} seconds")
    steps = max(round(seconds * first.fps), 1)
    shift = _shift(before, (after[0], after[1]), roles, steps / first.fps)
    poses = _turned(np.stack([before, (after[0] + shift, after[1])]), -heading)
    between = _turned(_transition(poses[0], poses[1], first.skeleton, steps, first.fps), heading)
    joints = np.concatenate([first.joints, between.astype(FLOAT), (turned + shift).astype(FLOAT)])
    name = " + ".join(part for part in (first.name, second.name) if part)
    return replace(first, joints=joints, name=name, notes=(*first.notes, *second.notes))


def _check(first: Motion, second: Motion) -> None:
    if (first.skeleton.joints, first.skeleton.parents) != (second.skeleton.joints, second.skeleton.parents):
        raise SkeletonError(
            f"motions on skeletons {first.skeleton.name!r} and {second.skeleton.name!r} cannot be joined; "
            "retarget both first"
        )
    if first.fps != second.fps:
        raise MotionFileError(
            f"motions at {first.fps:g} and {second.fps:g} frames per second cannot be joined; resample one first"
        )


Pose = Float[np.ndarray, "joint 3"]


def _ending(motion: Motion, *, start: bool = False) -> tuple[Pose, Pose]:
    """Return the last pose of a motion and the joints' velocities there, metres a second; or the first one's."""
    few = motion.joints[:2] if start else motion.joints[-2:]
    few = few.astype(np.float64)
    return few[0 if start else -1], (few[-1] - few[0]) * motion.fps


def _heading(pose: Pose, roles: dict[str, int]) -> float:
    """Return where a pose faces, radians from +z towards +x: square to the lines through hips and shoulders.

    When walking the two turn against each other, so that their sum faces where the way goes.
    """
    left, right = ([roles[f"{side}_{part}"] for part in ("hip", "shoulder")] for side in ("left", "right"))
    across = (pose[left] - pose[right]).sum(axis=0)
    return float(np.arctan2(-across[2], across[0]))


def _hips(pose: Pose, roles: dict[str, int]) -> Float[np.ndarray, "3"]:
    return (pose[roles["left_hip"]] + pose[roles["right_hip"]]) / 2


def _flat(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    return vector * [1.0, 0.0, 1.0]


def _turned(points: Float[np.ndarray, "*any 3"], angle: float) -> Float[np.ndarray, "*any 3"]:
    """Return points turned about the up axis, from +z towards +x."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])


def _shift(
    before: tuple[Pose, Pose], after: tuple[Pose, Pose], roles: dict[str, int], seconds: float
) -> Float[np.ndarray, "3"]:
    """Return by how much to move the second motion over the floor, so that it goes on where the first ends."""
    speeds = [_flat(_hips(velocity, roles)) for _, velocity in (before, after)]
    if max(np.linalg.norm(speed) for speed in speeds) < _STANDING:
        places = [(pose[roles["left_ankle"]] + pose[roles["right_ankle"]]) / 2 for pose, _ in (before, after)]
        return _flat(places[0] - places[1])
    # The way between is gone at the mean of the two speeds.
    return _flat(_hips(before[0], roles) - _hips(after[0], roles)) + seconds * (speeds[0] + speeds[1]) / 2


def _transition(
    before: Float[np.ndarray, "2 joint 3"],
    after: Float[np.ndarray, "2 joint 3"],
    skeleton: Skeleton,
    steps: int,
    fps: float,
) -> Float[np.ndarray, "frame joint 3"]:
    """Return the frames between two poses with their velocities; `steps` frames after the first comes the second.

    Both face +z.
    """
    time = (np.arange(1, steps) / steps)[:, None, None]
    seconds = steps / fps
    # The cubic that has both values and both speeds at its ends.
    weight = time * time * (3 - 2 * time)
    starting, ending = seconds * time * (1 - time) ** 2, seconds * time * time * (time - 1)
    parents = np.array(skeleton.parents)
    above = np.where(parents < 0, np.arange(len(parents)), parents)
    bones = [pose - pose[above] for pose in (before[0], after[0])]
    sizes = [length(bone)[:, None] for bone in bones]
    directions = [bone / np.maximum(size, 1e-9) for bone, size in zip(bones, sizes, strict=True)]
    swings = []
    for (_, velocity), size in zip((before, after), sizes, strict=True):
        swing = (velocity - velocity[above]) / np.maximum(size, 1e-3)
        swings.append(swing * np.minimum(1, _MOST_SWING / np.maximum(seconds * length(swing)[:, None], 1e-9)))
    along = _between(directions[0], directions[1], weight) + starting * swings[0] + ending * swings[1]
    along = unit(along, np.broadcast_to(directions[0], along.shape)) * (sizes[0] + weight * (sizes[1] - sizes[0]))
    moved = before[0] + weight * (after[0] - before[0]) + starting * before[1] + ending * after[1]
    joints = np.empty_like(moved)
    for joint in parents_first(skeleton.parents):
        parent = skeleton.parents[joint]
        joints[:, joint] = moved[:, joint] if parent < 0 else joints[:, parent] + along[:, joint]
    heights = [pose[:, 1].min() for pose, _ in (before, after)]
    lowest = heights[0] + weight[:, 0, 0] * (heights[1] - heights[0])
    joints[..., 1] += (lowest - joints[..., 1].min(axis=1))[:, None]
    return joints


def _between(start: Pose, end: Pose, weight: Float[np.ndarray, "frame 1 1"]) -> Float[np.ndarray, "frame joint 3"]:
    """Return directions on the shortest ways from some to others, at parts of the way from 0 to 1.

    A half turn has no shortest way; it goes through the direction square to both that is nearest to straight ahead or,
    for one that points ahead itself, to down.
    """
    cosine = np.clip(np.einsum("ji,ji->j", start, end), -1, 1)[:, None]
    ahead = np.where(np.abs(start[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [0.0, -1.0, 0.0])
    spare = ahead - np.einsum("ji,ji->j", ahead, start)[:, None] * start
    spare = unit(spare, np.broadcast_to([0.0, 0.0, 1.0], spare.shape))
    aside = end - cosine * start
    # Within two degrees of a half turn noise would choose the way.
    aside = np.where(cosine < -0.9994, spare, unit(aside, spare))
    angle = weight * np.arccos(cosine)
    return np.cos(angle) * start + np.sin(angle) * aside
