"""Legs and ground: where the source stands, and SOMA-30's legs that stand there too."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.motion.body import OFFSETS, SIDES, Source
from tmr.motion.frames import Frames, Points, frame_of, length, unit

# Heights over the floor of SOMA-30 when it stands, metres.
ANKLE_HEIGHT, TOE_HEIGHT = 0.081, 0.030
LENGTHS = {joint: float(np.linalg.norm(offset)) for joint, offset in OFFSETS.items()}
LEG_LENGTH = sum(LENGTHS[side + joint] for side in ("Left", "Right") for joint in ("Shin", "Foot")) / 2
_FOOT = LENGTHS["LeftToeBase"]
# The foot's slope when it stands flat: the toe joint is that far below the ankle joint.
FLAT = -float(np.arcsin((ANKLE_HEIGHT - TOE_HEIGHT) / _FOOT))
SLOW = 0.2


@dataclass(frozen=True)
class Ground:
    """What the source's floor is like.

    Args:
        scale: SOMA's leg length by the source's.
        ankle: Height of the source's ankle joints when it stands, in the source's metres and coordinates.
        slope: Slope of the source's feet when they stand flat, radians, negative downwards to the toes.
    """

    scale: float
    ankle: float
    slope: float

    def height(self, y: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """Return the height on SOMA's floor for a height in the source."""
        return self.scale * (y - self.ankle) + ANKLE_HEIGHT


def find_ground(source: Source, fps: float) -> Ground:
    """Return where the source stands: where its ankles are low and slow."""
    scale = LEG_LENGTH / max(source.leg_length, 1e-6)
    ankles = np.stack([source[f"{side}_ankle"] for side in SIDES], axis=1)
    speed = np.full(ankles.shape[:2], np.inf)
    if len(ankles) > 1:
        steps = scale * fps * length(np.diff(ankles, axis=0))
        speed[:-1] = steps
        speed[-1] = steps[-1]
    still = speed < SLOW
    lowest = float(ankles[..., 1].min())
    if still.sum() >= 2:
        ankle = float(np.quantile(ankles[..., 1][still], 0.1))
    else:
        expected = ANKLE_HEIGHT / scale
        ankle = expected if 0 < lowest - expected < source.leg_length * 1.5 else lowest
    slope = FLAT
    if all(f"{side}_toe" in source for side in SIDES):
        feet = np.stack([source[f"{side}_toe"] for side in SIDES], axis=1) - ankles
        slopes = np.arctan2(feet[..., 1], np.maximum(np.hypot(feet[..., 0], feet[..., 2]), 1e-9))
        standing = still & (np.abs(ankles[..., 1] - ankle) * scale < 0.03)
        if standing.sum() >= 2:
            slope = float(np.clip(np.median(slopes[standing]), FLAT - 0.6, FLAT + 0.6))
    return Ground(scale, ankle, slope)


def pose_leg(source: Source, side: str, hip: Points, pelvis: Frames, ground: Ground) -> dict[str, Points]:
    """Return one leg whose ankle is where the source's is on the ground.

    Args:
        source: The source's joints.
        side: `left` or `right`.
        hip: SOMA's hip joint in metres, y = 0 the floor.
        pelvis: Rotation of SOMA's pelvis.
        ground: The source's floor.
    """
    name = side.capitalize()
    thigh = unit(source[f"{side}_knee"] - source[f"{side}_hip"], -pelvis[..., 1])
    shin = unit(source[f"{side}_ankle"] - source[f"{side}_knee"], thigh)
    target = ground.scale * source[f"{side}_ankle"]
    target[:, 1] = ground.height(source[f"{side}_ankle"][:, 1])
    axis = _knee_axis(thigh, shin, pelvis)
    knee, ankle = _reach(hip, target, (LENGTHS[f"{name}Shin"], LENGTHS[f"{name}Foot"]), axis)
    turn = frame_of(ankle - knee, axis, axes=(1, 0))
    turn[..., 1:] *= -1
    return {
        f"{name}Leg": hip,
        f"{name}Shin": knee,
        f"{name}Foot": ankle,
        f"{name}ToeBase": ankle + LENGTHS[f"{name}ToeBase"] * _toe_direction(source, side, ankle, axis, turn, ground),
    }


def _knee_axis(thigh: Points, shin: Points, pelvis: Frames) -> Points:
    """Return the knee's axis, towards the body's left: from the bend, and from the pelvis where the leg is straight."""
    left = pelvis[..., 0] - np.einsum("ti,ti->t", pelvis[..., 0], thigh)[:, None] * thigh
    left = unit(left, pelvis[..., 2])
    bend = np.cross(thigh, shin)
    sine = length(bend)
    # A knee folds backwards: its axis cannot point to the right but for noise.
    bend = np.where(np.einsum("ti,ti->t", bend, left)[:, None] < 0, -bend, bend)
    weight = np.clip((sine - 0.1) / 0.25, 0, 1)[:, None]
    return unit(weight * unit(bend, left) + (1 - weight) * left, left)


def _reach(hip: Points, target: Points, lengths: tuple[float, float], axis: Points) -> tuple[Points, Points]:
    """Return knee and ankle of a leg that reaches for a place, its knee in front of the line from the hip."""
    upper, lower = lengths
    line = target - hip
    reach = np.clip(length(line), abs(upper - lower) + 1e-3, (upper + lower) * 0.9999)
    direction = unit(line, np.broadcast_to([0.0, -1.0, 0.0], line.shape))
    forward = unit(np.cross(axis, -direction), np.broadcast_to([0.0, 0.0, 1.0], line.shape))
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = np.sqrt(np.maximum(upper**2 - along**2, 0))
    return hip + along[:, None] * direction + off[:, None] * forward, hip + reach[:, None] * direction


def _toe_direction(source: Source, side: str, ankle: Points, axis: Points, shin: Frames, ground: Ground) -> Points:
    """Return where a foot points: as the source's, flat where that is flat; without toes, square to the shin."""
    if f"{side}_toe" in source:
        foot = unit(source[f"{side}_toe"] - source[f"{side}_ankle"], shin[..., 2])
        left = unit(axis - np.einsum("ti,ti->t", axis, foot)[:, None] * foot, axis)
        # Turned about its own left, a foot's toes go down for positive angles.
        angle = ground.slope - FLAT
        return unit(np.cos(angle) * foot + np.sin(angle) * np.cross(left, foot), foot)
    foot = np.cos(FLAT) * shin[..., 2] + np.sin(FLAT) * shin[..., 1]
    # Toes that would be in the floor lie on it.
    lowest = np.clip((TOE_HEIGHT - ankle[:, 1]) / _FOOT, -0.9, FLAT * 0 + 0.5)
    flat = unit(foot * [1, 0, 1], shin[..., 2])
    down = np.maximum(foot[:, 1], lowest)
    return flat * np.sqrt(1 - np.clip(down, -1, 1) ** 2)[:, None] + down[:, None] * np.array([0.0, 1.0, 0.0])
