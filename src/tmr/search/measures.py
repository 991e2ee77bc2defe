"""Measures: how fast a motion goes, and which hand and foot move more, from its joints."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.motion.motion import Motion

# Steps of the way of hips, hands and feet: sway and noise within a step do not count as way.
_STEP_SECONDS = 0.2
_JOINTS = ("Hips", "LeftLeg", "RightLeg", "LeftHand", "RightHand", "LeftFoot", "RightFoot")
# A hand or foot moves more than the other if it goes so many times as far beside the body.
_MORE = 1.5
# Slower than this on average beside the body, metres a second, is no movement worth a word.
_STILL = 0.08


@dataclass(frozen=True)
class Measures:
    """What is measured of a motion.

    Args:
        speed: Mean speed of the hips over the floor, metres a second.
        hand: Which hand moves more beside the body: `left`, `right`, `both` if about as much, `none` if hardly any.
        foot: The same of the feet.
    """

    speed: float
    hand: str
    foot: str


def measure(motion: Motion) -> Measures:
    """Return the measures of a motion on SOMA-30, whose proportions they refer to.

    Args:
        motion: Retargeted.
    """
    names = motion.skeleton.joints
    step = max(round(_STEP_SECONDS * motion.fps), 1)
    joints = _without_noise(motion.joints[:, [names.index(joint) for joint in _JOINTS]].astype(np.float64), step)
    seconds = max(motion.seconds, 1 / motion.fps)
    hips = joints[:, 0]
    speed = _way(hips[:, [0, 2]]) / seconds
    beside = _beside_the_body(joints[:, 3:], hips, joints[:, 1] - joints[:, 2])
    ways = [_way(beside[:, limb]) / seconds for limb in range(4)]
    hand, foot = _side(*ways[:2]), _side(*ways[2:])
    return Measures(round(speed, 3), hand, foot)


def _without_noise(joints: Float[np.ndarray, "frame joint 3"], step: int) -> Float[np.ndarray, "step joint 3"]:
    """Return one pose a step, the mean of the frames about it, with the first and the last ones."""
    middles = np.unique([*range(0, len(joints), step), len(joints) - 1])
    sums = np.concatenate([np.zeros((1, *joints.shape[1:])), np.cumsum(joints, axis=0)])
    begins = np.maximum(middles - step // 2, 0)
    ends = np.minimum(middles + step // 2 + 1, len(joints))
    return (sums[ends] - sums[begins]) / (ends - begins)[:, None, None]


def _beside_the_body(
    joints: Float[np.ndarray, "step joint 3"], hips: Float[np.ndarray, "step 3"], across: Float[np.ndarray, "step 3"]
) -> Float[np.ndarray, "step joint 3"]:
    """Return joints as seen from the hips, which neither travel nor turn."""
    angle = np.arctan2(-across[:, 2], across[:, 0])
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y, z = np.moveaxis(joints - hips[:, None], -1, 0)
    return np.stack([x * cosine - z * sine, y, x * sine + z * cosine], axis=-1)


def _way(places: Float[np.ndarray, "step axis"]) -> float:
    return float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum())


def _side(left: float, right: float) -> str:
    if max(left, right) < _STILL:
        return "none"
    if max(left, right) < _MORE * min(left, right):
        return "both"
    return "left" if left > right else "right"
