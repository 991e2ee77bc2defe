"""Retargeting: any skeleton's motion on SOMA-30 with its one set of proportions, at 30 frames per second."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tmr.motion.body import OFFSETS, SIDES, SOMA, Source, pose_upper_body
from tmr.motion.frames import length
from tmr.motion.ground import find_ground, hold_hands, lift
from tmr.motion.handedness import has_left_handed_axes
from tmr.motion.jumps import note_jumps_again
from tmr.motion.legs import pose_leg
from tmr.motion.motion import Motion
from tmr.motion.resample import resample
from tmr.motion.roles import find_roles
from tmr.motion.several import one_body
from tmr.motion.skeleton import FLOAT
from tmr.motion.stance import widen

FPS = 30.0
# Bones this near to SOMA's lengths are SOMA's, written with few digits; metres.
_SAME = 1e-3
_MIRRORED = (
    "toes and knees point backwards for the joints' left and right: the axes were taken for left-handed, and x mirrored"
)
# A joint that begins at this speed, in body heights a second, and goes on at less than half of it, was not there: at
# 1.7 m this is 8.5 m/s, and a sprinter's foot takes a tenth of a second and more to reach that.
_STRAY_HEIGHTS_A_SECOND, _STRAY_RATIO = 5.0, 2.0
_STRAY = "the first frame is far from the second, like a T-pose before the motion: the second stands in its place"
_ANIMAL = (
    "the trunk is level throughout and long for the legs, as an animal's on four legs: it was taken for a human on "
    "hands and feet"
)
_UP = np.array([0.0, 1.0, 0.0])


def retarget(motion: Motion, *, joint_names: Mapping[str, str] | None = None) -> Motion:
    """Return the motion on `somaskel30` at 30 fps, feet on the floor y = 0.

    Only joint positions are used, so any file serves, whatever its rotations and rest pose mean. Limbs point where the
    source's do, at SOMA's bone lengths; pelvis, chest and head are rigid parts; ankles are where the source's are, at
    the scale of the legs, and feet are flat where the source stands. Missing joints are placed from those there are. Of
    several bodies in one motion one is taken, and the notes say which.

    Args:
        motion: On any skeleton whose hips, knees, ankles, shoulders, elbows and wrists can be found.
        joint_names: Role to the source's joint name, `{"left_hip": "LeftUpLeg"}`, instead of what would be found.

    Returns:
        A motion on SOMA-30 or SOMA-77 with SOMA's proportions comes back as it is, on the 30 joints; at another frame
        rate it is only resampled.

    Raises:
        SkeletonError: If a needed joint cannot be found.
    """
    motion = one_body(motion, joint_names)
    if not joint_names and (soma := _soma_part(motion)) is not None:
        return soma
    roles = find_roles(motion.skeleton, motion.joints, joint_names)
    motion = resample(_without_stray_first_frame(motion), FPS)
    source = Source(motion.joints.astype(np.float64), roles)
    rest = motion.skeleton.rest
    upright = None if rest is None else Source(rest[None].astype(np.float64), roles)
    if has_left_handed_axes(source):
        source = Source(source.joints * [-1, 1, 1], roles)
        motion = replace(motion, notes=(*motion.notes, _MIRRORED))
    if _goes_on_four_legs(source):
        motion = replace(motion, notes=(*motion.notes, _ANIMAL))
    ground = find_ground(source, FPS)
    pose, pelvis = pose_upper_body(source, upright)
    hips = ground.scale * source.hips
    hips[:, 1] = ground.foot_height(source.hips[:, 1])
    hips -= np.einsum("tij,j->ti", pelvis, (OFFSETS["LeftLeg"] + OFFSETS["RightLeg"]) / 2)
    pose = {name: joint + hips for name, joint in pose.items()}
    moves = widen(source, upright, pelvis, ground, FPS)
    for side in SIDES:
        hip = pose["Hips"] + np.einsum("tij,j->ti", pelvis, OFFSETS[f"{side.capitalize()}Leg"])
        pose |= pose_leg(source, upright, side, hip, pelvis, ground, moves[side])
    rise = lift(source, pose, ground, FPS)
    if np.abs(rise).max() > 1e-4:
        pose = {name: joint + rise[:, None] * _UP for name, joint in pose.items()}
        for side in SIDES:
            hip = pose[f"{side.capitalize()}Leg"]
            pose |= pose_leg(source, upright, side, hip, pelvis, ground, moves[side])
    pose = hold_hands(source, pose, ground, FPS)
    joints = np.stack([pose[name] for name in SOMA.joints], axis=1)
    return replace(motion, joints=joints.astype(FLOAT), fps=FPS, skeleton=SOMA)


def _without_stray_first_frame(motion: Motion) -> Motion:
    """Return the motion with its first frame like the second if it is no part of it.

    Some files begin with a T-pose at the origin, or with arms spread where the actor then stands, and the motion begins
    with the second frame. The joint that moves most tells: it is faster than a body can be, and then slow at once.
    """
    if motion.num_frames < 3:
        return motion
    steps = np.linalg.norm(np.diff(motion.joints[:10], axis=0), axis=-1).max(axis=-1)
    size = float(np.ptp(motion.joints[1], axis=0).max())
    if steps[0] * motion.fps < _STRAY_HEIGHTS_A_SECOND * size or steps[0] < _STRAY_RATIO * float(np.max(steps[1:])):
        return motion
    joints = motion.joints.copy()
    joints[0] = joints[1]
    # That frame 1 jumps would be told twice, and as a spike at that.
    mended = note_jumps_again(replace(motion, joints=joints))
    return replace(mended, notes=(*mended.notes, _STRAY))


def _goes_on_four_legs(source: Source) -> bool:
    """Return whether a body is likely an animal's, whose joints may have a human's names.

    From hips to neck a human has 0.6 of a leg's length, dogs and horses more than a leg's.
    """
    trunk = source.neck - source.hips
    size = length(trunk)
    level = np.median(np.abs(trunk[:, 1]) / np.maximum(size, 1e-6)) < 0.5
    return bool(level and np.median(size) > 0.9 * source.leg_length)


def _soma_part(motion: Motion) -> Motion | None:
    """Return the 30 joints of a motion whose skeleton and proportions are SOMA's, at 30 fps, or None."""
    names = motion.skeleton.joints
    if not set(SOMA.joints) <= set(names):
        return None
    is_whole = tuple(names) == SOMA.joints
    joints = motion.joints if is_whole else motion.joints[:, [names.index(name) for name in SOMA.joints]]
    # SOMA-77 bends its fingers: the way from wrist to finger end is no bone there.
    bones = joints[:, _RIGID] - joints[:, _RIGID_PARENTS]
    lengths = np.sqrt(np.einsum("tjc,tjc->tj", bones, bones))
    away = np.abs(lengths - _LENGTHS[_RIGID]).max()
    # Where someone put frames between a file's own, fast limbs came out short there: the median is the body's.
    if not away < _SAME and np.abs(np.median(lengths, axis=0) - _LENGTHS[_RIGID]).max() > _SAME:
        return None
    part = motion if motion.skeleton is SOMA else replace(motion, joints=joints, skeleton=SOMA)
    if away < _SAME and abs(motion.fps - FPS) < 1e-6:
        return part
    return _restore_lengths(resample(part, FPS))


def _restore_lengths(motion: Motion) -> Motion:
    """Return a motion of SOMA-30 with its bones at their lengths again: between two frames a bone comes out short."""
    joints = motion.joints.astype(np.float64)
    result = joints.copy()
    for joint, parent in enumerate(SOMA.parents):
        if parent >= 0:
            bone = joints[:, joint] - joints[:, parent]
            size = np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)
            result[:, joint] = result[:, parent] + bone * (_LENGTHS[joint] / size)
    return replace(motion, joints=result.astype(FLOAT))


_LENGTHS = np.array([np.linalg.norm(OFFSETS[name]) for name in SOMA.joints])
_RIGID = [joint for joint, name in enumerate(SOMA.joints) if "Thumb" not in name and "Middle" not in name]
_RIGID_PARENTS = [max(SOMA.parents[joint], 0) for joint in _RIGID]
