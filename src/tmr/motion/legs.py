"""SOMA-30's legs, standing where the source's stand."""

import numpy as np

from tmr.motion.body import LENGTHS, OFFSETS, Source
from tmr.motion.frames import Frames, Points, cross, frame_of, length, swing, unit
from tmr.motion.ground import FLAT, TOE_HEIGHT, Ground


def pose_leg(
    source: Source, upright: Source | None, side: str, hip: Points, pelvis: Frames, ground: Ground, move: Points
) -> dict[str, Points]:
    """Return one leg whose ankle is where the source's is on the ground.

    Args:
        source: The source's joints.
        upright: The source's body in the T-pose, one frame, where that is known.
        side: `left` or `right`.
        hip: SOMA's hip joint in metres, y = 0 the floor.
        pelvis: Rotation of SOMA's pelvis.
        ground: The source's floor.
        move: By how much the ankle is elsewhere in the level, metres: see `widen`.
    """
    name = side.capitalize()
    thigh = unit(source[f"{side}_knee"] - source[f"{side}_hip"], -pelvis[..., 1])
    shin = unit(source[f"{side}_ankle"] - source[f"{side}_knee"], thigh)
    if upright is not None:
        thigh, shin = _straighten(upright, side, thigh, shin, pelvis)
    target = ground.scale * source[f"{side}_ankle"] + move
    target[:, 1] = ground.foot_height(source[f"{side}_ankle"][:, 1])
    axis = _knee_axis(thigh, shin, pelvis)
    knee, ankle = _reach(hip, target, (LENGTHS[f"{name}Shin"], LENGTHS[f"{name}Foot"]), axis)
    turn = frame_of(ankle - knee, axis, axes=(1, 0))
    turn[..., 1:] *= -1
    toes = _toe_direction(source, side, ankle, axis, turn, ground, _splay(upright, side))
    return {
        f"{name}Leg": hip,
        f"{name}Shin": knee,
        f"{name}Foot": ankle,
        f"{name}ToeBase": ankle + LENGTHS[f"{name}ToeBase"] * toes,
    }


def _straighten(upright: Source, side: str, thigh: Points, shin: Points, pelvis: Frames) -> tuple[Points, Points]:
    """Return thigh and shin turned from SOMA's T-pose as the source's from its own.

    SMPL's thighs lead outwards and its shins back: 13 degrees of bend to the side, in which no knee bends.
    """
    name, turn, result = side.capitalize(), pelvis, []
    for bone, start, end, own in ((thigh, "hip", "knee", "Shin"), (shin, "knee", "ankle", "Foot")):
        turn = swing(turn, (upright[f"{side}_{end}"] - upright[f"{side}_{start}"])[0], bone)
        result.append(turn @ (OFFSETS[name + own] / LENGTHS[name + own]))
    return result[0], result[1]


def _splay(upright: Source | None, side: str) -> float:
    """Return by how much a source's foot points more to the left in the T-pose than SOMA's, radians; 0 if unknown."""
    if upright is None or f"{side}_toe" not in upright:
        return 0.0
    foot = (upright[f"{side}_toe"] - upright[f"{side}_ankle"])[0]
    return float(np.arctan2(foot[0], foot[2]))


def _knee_axis(thigh: Points, shin: Points, pelvis: Frames) -> Points:
    """Return the knee's axis, towards the body's left: from the bend, and from the pelvis where the leg is straight."""
    left = pelvis[..., 0] - np.einsum("ti,ti->t", pelvis[..., 0], thigh)[:, None] * thigh
    left = unit(left, pelvis[..., 2])
    bend = cross(thigh, shin)
    angle = np.arctan2(length(bend), np.einsum("ti,ti->t", thigh, shin))
    # Between 6 and 20 degrees of bend noise hides the axis, and may turn it round: a knee only folds backwards.
    weight = np.clip((angle - 0.1) / 0.25, 0, 1)[:, None]
    return unit(weight * unit(bend, left) + (1 - weight) * left, left)


def _reach(hip: Points, target: Points, lengths: tuple[float, float], axis: Points) -> tuple[Points, Points]:
    """Return knee and ankle of a leg that reaches for a place, its knee in front of the line from the hip."""
    upper, lower = lengths
    line = target - hip
    reach = np.clip(length(line), abs(upper - lower) + 1e-3, (upper + lower) * 0.9999)
    direction = unit(line, np.broadcast_to([0.0, -1.0, 0.0], line.shape))
    forward = unit(cross(axis, -direction), np.broadcast_to([0.0, 0.0, 1.0], line.shape))
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = np.sqrt(np.maximum(upper**2 - along**2, 0))
    return hip + along[:, None] * direction + off[:, None] * forward, hip + reach[:, None] * direction


def _toe_direction(
    source: Source, side: str, ankle: Points, axis: Points, shin: Frames, ground: Ground, splay: float
) -> Points:
    """Return where a foot points: as the source's, flat where that is flat; without toes, square to the shin."""
    if f"{side}_toe" in source:
        foot = unit(source[f"{side}_toe"] - source[f"{side}_ankle"], shin[..., 2])
        left = unit(axis - np.einsum("ti,ti->t", axis, foot)[:, None] * foot, axis)
        # Turned about its own left, a foot's toes go down for positive angles.
        angle = ground.slope - FLAT
        foot = unit(np.cos(angle) * foot + np.sin(angle) * cross(left, foot), foot)
        return np.cos(splay) * foot - np.sin(splay) * left
    foot = np.cos(FLAT) * shin[..., 2] + np.sin(FLAT) * shin[..., 1]
    # Toes that would be in the floor lie on it.
    lowest = np.clip((TOE_HEIGHT - ankle[:, 1]) / LENGTHS["LeftToeBase"], -0.9, 0.5)
    flat = unit(foot * [1, 0, 1], shin[..., 2])
    down = np.maximum(foot[:, 1], lowest)
    return flat * np.sqrt(1 - np.clip(down, -1, 1) ** 2)[:, None] + down[:, None] * np.array([0.0, 1.0, 0.0])
