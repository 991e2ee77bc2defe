"""How far apart the feet stand: as much farther than the source's as SOMA's hips are wider for its legs."""

import numpy as np
from jaxtyping import Bool

from tmr.motion.body import SIDES, Source, rest
from tmr.motion.frames import Frames, Points, length, unit
from tmr.motion.ground import ANKLE_HEIGHT, Ground

# A foot that is lower than this over its standing height (metres) and slower (metres a second) stands.
_LOW, _SLOW = 0.03, 0.4
_SOMA_ANKLES = {"left": rest("RightFoot", "LeftFoot")[0] / 2, "right": rest("LeftFoot", "RightFoot")[0] / 2}


def widen(source: Source, upright: Source | None, pelvis: Frames, ground: Ground, fps: float) -> dict[str, Points]:
    """Return by how much to move each of the source's ankles, in metres on SOMA.

    With legs that hang straight from hips of another width, thighs would lean; the feet go along with the hips instead,
    to the side of the pelvis. While a foot stands, its way is the mean of those frames, so that it does not slide.

    Args:
        source: The source's joints.
        upright: The source's body in the T-pose, one frame, where that is known; its feet tell more than its hips:
            SMPL's thighs begin far inside, and lead outwards.
        pelvis: Rotation of SOMA's pelvis.
        ground: The source's floor.
        fps: Frames per second.
    """
    left = unit(pelvis[..., 0] * [1.0, 0.0, 1.0], pelvis[..., 2])
    width = float(np.median(length(source["left_hip"] - source["right_hip"])))
    moves = {}
    for side, sign in zip(SIDES, (0.5, -0.5), strict=True):
        aside = sign * width
        if upright is not None:
            aside = float((upright[f"{side}_ankle"] - upright.hips)[0, 0])
        move = (_SOMA_ANKLES[side] - ground.scale * aside) * left
        moves[side] = _hold(move, _stands(source[f"{side}_ankle"], ground, fps))
    return moves


def _stands(ankle: Points, ground: Ground, fps: float) -> Bool[np.ndarray, " frame"]:
    """Return in which frames a foot stands: low, and slow from the frame before or to the next."""
    speed = ground.scale * fps * np.hypot(*np.diff(ankle[:, [0, 2]], axis=0).T)
    slow = np.concatenate([[False], speed < _SLOW]) | np.concatenate([speed < _SLOW, [False]])
    return slow & (ground.foot_height(ankle[:, 1]) < ANKLE_HEIGHT + _LOW)


def _hold(move: Points, stands: Bool[np.ndarray, " frame"]) -> Points:
    """Return the moves constant while a foot stands, and what that changes spread over the frames between."""
    edges = np.flatnonzero(np.diff(stands.astype(np.int8), prepend=0, append=0))
    if not len(edges):
        return move
    held, knots = move.copy(), []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        held[first:end] = move[first:end].mean(axis=0)
        knots += sorted({int(first), int(end) - 1})
    change = (held - move)[knots]
    frames = np.arange(len(move))
    between = np.stack([np.interp(frames, knots, change[:, axis]) for axis in range(3)], axis=1)
    return np.where(stands[:, None], held, move + between)
