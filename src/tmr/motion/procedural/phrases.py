"""Phrases of movement that several acts share: places and paths of the hands, rounds, a step out and home again."""

import numpy as np
from jaxtyping import Float

from tmr.motion.procedural.body import SIDES, SIGNED, Act, Arm, Side
from tmr.motion.procedural.curves import Curve, Number, ease
from tmr.motion.procedural.feet import Step, walk_through

Key = tuple[Number, Number, Number, Number]
"""Seconds, and metres to the left, up and forward."""


def pose(arm: Arm, weight: Curve, **degrees: Number) -> None:
    """Add degrees to the angles of an arm, named as in `Arm`, where `weight` is 1."""
    for name, value in degrees.items():
        setattr(arm, name, getattr(arm, name) + value * weight)


def at(act: Act, x: Curve | Number, y: Curve | Number, z: Curve | Number) -> Float[np.ndarray, "frame 3"]:
    """Return a place for each frame, of which some coordinates move."""
    zero = np.zeros(act.num_frames)
    return np.stack([zero + x, zero + y, zero + z], axis=1)


def path(act: Act, *points: Key) -> Float[np.ndarray, "frame 3"]:
    """Return a way through places at times, at rest where it turns."""
    return np.stack([act.keys(*((point[0], point[axis]) for point in points)) for axis in (1, 2, 3)], axis=1)


def grip(act: Act, way: Float[np.ndarray, "frame 3"], weight: Curve) -> None:
    """Keep both hands together on a way of the chest, the left a little higher, as they hold one handle."""
    for side, sign in SIGNED:
        act.reach(side, "chest", way + np.array([0.035 * sign, 0.03 * sign, 0.0]), weight)


def in_mirror(way: Float[np.ndarray, "frame 3"], side: Side) -> Float[np.ndarray, "frame 3"]:
    """Return a way written for the left hand as that of the hand of some side."""
    return way * np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])


def rounds(act: Act, begin: Number, end: Number, count: Number, ramp: Number = 0.5) -> Curve:
    """Return how many rounds are done: from 0 to `count` at an even pace with soft ends."""
    pace = ease((act.t - begin) / ramp) - ease((act.t - end + ramp) / ramp)
    done = np.cumsum(pace)
    return count * done / done[-1]


def beats(act: Act, begin: Number, period: Number, count: int) -> Curve:
    """Return a wave that rises from 0 to 1 and falls back, some times."""
    inside = (act.t > begin) & (act.t < begin + period * count)
    return np.where(inside, ease(1 - np.abs(2 * np.mod((act.t - begin) / period, 1.0) - 1)), 0.0)


def step_out(act: Act, side: Side, out: Number, home: Number, left: Number, ahead: Number, yaw: Number = 0.0) -> None:
    """Step out with one foot and bring it home again, the hips in the middle between the feet.

    Args:
        act: Whose foot.
        side: Which foot.
        out: When it leaves the floor, in seconds.
        home: When it leaves the floor again, in seconds.
        left: How far to the left it steps, in metres.
        ahead: How far forward it steps, in metres.
        yaw: Degrees by which it is turned to the left.
    """
    foot = act.feet[side]
    x, z, angle = float(foot.x[0]), float(foot.z[0]), float(foot.yaw[0])
    walk_through(
        act,
        side,
        [
            Step(out, out + 0.42, x + left, z + ahead, angle + yaw, height=0.05, push=12, tiptoe=6),
            Step(home, home + 0.45, x, z, angle, height=0.05, push=12, tiptoe=6),
        ],
    )
    off = -0.05 if side == "left" else 0.05
    act.x = act.x + act.keys(
        (out - 0.35, 0),
        (out + 0.05, off),
        (out + 0.6, left / 2),
        (home - 0.4, left / 2),
        (home + 0.05, off),
        (home + 0.75, 0),
    )
    act.z = act.z + ahead / 2 * act.hold(out, out + 0.6, home - 0.2, home + 0.5)
    act.y = act.y - 0.02 * act.hold(out, out + 0.6, home - 0.2, home + 0.5)


def hold_fists(act: Act, weight: Curve, *places: tuple[Number, Number, Number]) -> None:
    """Hold the left and the right fist before the chin, each at its place of the chest, elbows down."""
    for side, place in zip(SIDES, places, strict=True):
        pose(act.arms[side], weight, forward=40, out=2, elbow=106, roll=10, wrist=-4)
        act.reach(side, "chest", place, weight)


def stand_on_right(act: Act, weight: Curve) -> None:
    """Shift the weight onto the right leg, so that the left is free."""
    act.x = act.x - 0.09 * weight
    act.side += 3 * weight
    act.lean -= 5 * weight
