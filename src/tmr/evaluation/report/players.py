"""Motions packed small for the page's players: the joints that are drawn, in whole units, fewer frames if need be."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Num

from tmr.motion.skeleton import built_in_skeleton

MOST_BYTES = 3_000_000
"""Of all motions of a page together, as they stand in it."""
MOST_SECONDS = 10.0

_MIDDLE = ("Hips", "Chest", "Neck1", "Head", "Jaw")
_SIDED = ("Eye", "Arm", "ForeArm", "Hand", "HandMiddleEnd", "Leg", "Shin", "Foot", "ToeBase")
_DRAWN = [*_MIDDLE, *(f"{side}{name}" for side in ("Left", "Right") for name in _SIDED)]
_LARGEST = 32_767  # of a signed 16-bit number


def packed_motions(motions: Mapping[str, Num[np.ndarray, "_ 30 3"]], fps: float) -> dict[str, Any]:
    """Return motions as the page's script takes them.

    Args:
        motions: Name → joints of SOMA-30 in metres, finite.
        fps: Of the motions.

    Returns:
        `names` of the joints, `fps` (lower where all would be too much: the players go smoothly between frames) and
        `motions`: for each name its `unit_metres`, `num_frames` and the positions as base64 of little-endian 16-bit
        whole numbers (frame, joint, 3), with the hips' way about the origin. What is longer than `MOST_SECONDS` is cut
        there.
    """
    skeleton = built_in_skeleton("somaskel30")
    columns = [skeleton.joints.index(name) for name in _DRAWN]
    kept = {name: joints[: int(MOST_SECONDS * fps) + 1, columns] for name, joints in motions.items()}
    numbers = sum(joints.size for joints in kept.values())
    # Two bytes a number, and four characters of base64 for three bytes.
    step = max(1, int(np.ceil(numbers * 2 * 4 / 3 / MOST_BYTES)))
    packed = {name: _packed(joints[::step]) for name, joints in kept.items()}
    return {"names": _DRAWN, "fps": fps / step, "motions": packed}


def _packed(joints: np.ndarray) -> dict[str, Any]:
    placed = joints.astype(np.float64)
    hips = placed[:, 0]
    placed -= (hips.min(axis=0) + hips.max(axis=0)) / 2 * np.array([1, 0, 1])
    unit_metres = 0.001 * max(1, int(np.ceil(np.abs(placed).max() / 0.001 / _LARGEST)))
    numbers = np.rint(placed / unit_metres).astype("<i2")
    return {
        "num_frames": len(joints),
        "unit_metres": unit_metres,
        "joints": base64.b64encode(numbers.tobytes()).decode("ascii"),
    }
