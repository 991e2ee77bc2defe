"""bend_path: a walk or run whose way turns to a side, as if the same steps were taken along a curve."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from tmr.errors import SkeletonError
from tmr.motion.frames import length, unit
from tmr.motion.motion import Motion
from tmr.motion.skeleton import FLOAT, built_in_skeleton

_SOMA = built_in_skeleton("somaskel30")
_HIPS, _TOES = _SOMA.joints.index("Hips"), [_SOMA.joints.index(f"{side}ToeBase") for side in ("Left", "Right")]
_ACROSS = [_SOMA.joints.index(f"{side}{part}") for part in ("Leg", "Arm") for side in ("Left", "Right")]
# How much higher than the other a foot is, metres, when it bears a third of the weight that the other does.
_LIFTED = 0.02
# A way that is this part of the steps' sum at least is straight, if it is so long, metres; one step is no way.
_STRAIGHT, _SHORTEST_WAY = 0.95, 1.0
# The mean cosine between where a body faces and where it goes, over what is no walk forward.
_FORWARD = 0.85
# Hips sway with each step; over so many frames they go where the body goes.
_STEP_FRAMES = 15


def bend_path(motion: Motion, degrees: float) -> Motion:
    """Return the motion along a way that turns: each frame is turned on the foot that bears it.

    The turn grows with the way that the hips go, so that who stands does not turn. What the standing foot does over the
    floor stays as it is, but that it turns with the body, as feet do in a curve taken in so many steps.

    Args:
        motion: On SOMA-30, metres, y up.
        degrees: How far the way turns in all, to the left; negative to the right.

    Returns:
        As long as before, beginning where it began; bones keep their lengths and joints their heights.

    Raises:
        SkeletonError: If the skeleton is not SOMA-30.
    """
    if motion.skeleton.joints != _SOMA.joints:
        raise SkeletonError(f"{motion.name}: ways are bent on SOMA-30 only; retarget the motion to it first")
    joints = motion.joints.astype(np.float64)
    gone = _gone(joints)
    angle = np.radians(degrees) * (gone / max(gone[-1], np.finfo(float).tiny))
    support = _support(joints)
    steps = _turned(np.diff(support, axis=0), (angle[1:] + angle[:-1]) / 2)
    moved = support[:1] + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    bent = moved[:, None] + _turned(joints - support[:, None], angle[:, None])
    # Adding zero takes the sign from it.
    return replace(motion, joints=bent.astype(FLOAT), name=f"{motion.name} bent by {degrees + 0.0:.0f}")


def way_length(joints: Float[np.ndarray, "frame 30 3"]) -> float:
    """Return how far the hips go over the floor, metres."""
    return float(_gone(joints)[-1])


def goes_straight(joints: Float[np.ndarray, "frame 30 3"]) -> bool:
    """Return whether a body goes a metre at least, in a straight line and to where it faces."""
    hips = _path(joints)
    way = way_length(joints)
    across = hips[-1] - hips[0]
    far = float(np.linalg.norm(across))
    if way < _SHORTEST_WAY or far < _STRAIGHT * way:
        return False
    left, right = joints[:, _ACROSS[0::2]].mean(axis=1), joints[:, _ACROSS[1::2]].mean(axis=1)
    facing = np.cross(left - right, [0.0, 1.0, 0.0])
    return bool((unit(facing, np.zeros(3)) @ across).mean() > _FORWARD * far)


def _path(joints: Float[np.ndarray, "frame 30 3"]) -> Float[np.ndarray, "frame 3"]:
    """Return where the hips are over the floor, without their sway."""
    hips = joints[:, _HIPS] * [1.0, 0.0, 1.0]
    width = min(_STEP_FRAMES, len(hips) - (len(hips) + 1) % 2)
    padded = np.concatenate(
        [2 * hips[:1] - hips[width // 2 : 0 : -1], hips, 2 * hips[-1:] - hips[-2 : -2 - width // 2 : -1]]
    )
    return np.stack([np.convolve(padded[:, axis], np.full(width, 1 / width), "valid") for axis in range(3)], axis=1)


def _gone(joints: Float[np.ndarray, "frame 30 3"]) -> Float[np.ndarray, "frame"]:
    """Return how far the hips have gone over the floor until each frame, metres."""
    return np.concatenate([[0.0], np.cumsum(length(np.diff(_path(joints), axis=0)))])


def _support(joints: Float[np.ndarray, "frame 30 3"]) -> Float[np.ndarray, "frame 3"]:
    """Return the point on the floor that bears the body: between the feet, the nearer to one the lower that one is."""
    feet = joints[:, _TOES]
    lifted = (feet[:, 0, 1] - feet[:, 1, 1]) / _LIFTED
    left = 1 / (1 + 3.0**lifted)
    return (left[:, None] * feet[:, 0] + (1 - left)[:, None] * feet[:, 1]) * [1.0, 0.0, 1.0]


def _turned(points: Float[np.ndarray, "*any 3"], angle: Float[np.ndarray, "*#any"]) -> Float[np.ndarray, "*any 3"]:
    """Return points turned about the up axis, from +z towards +x: to the left."""
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack([x * cosine + z * sine, y, z * cosine - x * sine], axis=-1)
