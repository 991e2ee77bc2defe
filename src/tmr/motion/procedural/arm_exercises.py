"""Exercises of the arms: circles, flaps, swings, shaking out."""

import numpy as np

from tmr.motion.procedural.body import SIDES, Act, Side, Take
from tmr.motion.procedural.curves import Curve, Number, delayed
from tmr.motion.procedural.phrases import beats, rounds


def arm_circles(take: Take, count: int = 3, *, backward: bool = False) -> Act:
    """Swing both straight arms in large circles, some rounds."""
    begin, period = 0.5, 1.35
    end = begin + period * count
    act = Act(end + 0.6, take)
    done = rounds(act, begin, end, count)
    on = act.hold(0.3, 0.8, end - 0.2, end + 0.4)
    for side in SIDES:
        arm = act.arms[side]
        _circle(act, side, -done if backward else done, behind=34)
        arm.elbow -= 10 * on
        arm.twist -= 10 * on
    high = 0.5 - 0.5 * np.cos(2 * np.pi * done)
    act.bend -= 4 * high * take.size
    act.y = act.y + 0.006 * high
    return act


def _circle(act: Act, side: Side, done: Curve, *, behind: Number) -> None:
    """Swing a straight arm round the shoulder, clear of the body.

    Args:
        act: Whose arm.
        side: Which arm.
        done: Rounds done; the top of the round goes forward.
        behind: Degrees by which the arm is held out further where it passes behind.
    """
    arm = act.arms[side]
    turn = 2 * np.pi * done
    arm.forward -= 360 * done
    arm.out += (16 + 2 * behind * np.clip(np.sin(turn), 0, 1) ** 2) * (0.5 - 0.5 * np.cos(turn))


def flap_arms(take: Take, count: int = 5) -> Act:
    """Flap both arms up and down at the sides like wings, some times."""
    begin, period = 0.5, 0.8
    end = begin + period * count
    act = Act(end + 0.8, take)
    on = act.hold(0.3, 0.8, end - 0.2, end + 0.5)
    flap = beats(act, begin, period, count) * take.size
    for arm in act.arms.values():
        arm.out += 14 * on + 84 * flap
        arm.twist -= 30 * on
        arm.elbow += 4 * on + 4 * np.gradient(flap, act.t)
        arm.roll += 40 * on
        arm.wrist += 22 * np.gradient(delayed(act.t, flap, 0.05), act.t) / 4
    act.y = act.y - 0.03 * on + 0.02 * delayed(act.t, 1 - flap, 0.1) * on
    act.bend += 3 * on * flap
    return act


def swing_arms(take: Take, count: int = 4) -> Act:
    """Let both straight arms swing loosely forward and back together, some times, the knees giving with them."""
    begin, period = 0.5, 1.2
    end = begin + period * count
    act = Act(end + 0.9, take)
    on = act.hold(0.3, 0.8, end - 0.6, end + 0.1)
    phase = 2 * np.pi * (act.t - begin) / period
    swing = np.sin(phase) * on * take.size
    for arm in act.arms.values():
        arm.forward += 56 * swing + 14 * on
        arm.elbow += -8 * on + 10 * delayed(act.t, np.maximum(swing, 0), 0.1)
        arm.out += 4 * on
    act.y = act.y - on * (0.035 - 0.03 * np.cos(2 * phase + np.pi))
    act.bend += 4 * on - 3 * swing
    act.pitch += 3 * on
    return act


def shake_arms(take: Take) -> Act:
    """Shake out both arms and hands loosely before the body."""
    act = Act(4.2, take)
    up = act.hold(0.4, 1.0, 3.2, 3.9)
    busy = act.hold(0.7, 1.1, 3.0, 3.5) * take.size
    for side, late in zip(SIDES, (0.0, 0.09), strict=True):
        arm = act.arms[side]
        shake = busy * np.sin(2 * np.pi * (act.t / take.tempo - late) / 0.3)
        arm.forward += 16 * up + 4 * shake
        arm.out += 16 * up + 5 * shake
        arm.elbow += 40 * up + 14 * shake
        arm.roll += 40 * up + 16 * delayed(act.t, shake, 0.04)
        arm.wrist += 10 * up + 34 * delayed(act.t, shake, 0.07)
    act.y = act.y - 0.02 * up + 0.004 * busy * np.sin(2 * np.pi * act.t / 0.3)
    act.lean += 3 * busy * np.sin(2 * np.pi * act.t / 1.2)
    return act
