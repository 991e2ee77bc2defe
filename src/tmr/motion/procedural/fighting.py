"""Fighting and chopping: fists, forearms, a kick to the side, an axe. Sided ones are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, Act, Side, Take
from tmr.motion.procedural.curves import Curve, delayed
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.phrases import grip, hold_fists, path, stand_on_right, step_out


def _guard(act: Act, up: Curve) -> None:
    """Hold both fists before the chin, elbows down."""
    hold_fists(act, up, (0.1, 0.27, 0.27), (-0.09, 0.26, 0.24))
    act.bend += 8 * up
    act.nod += 4 * up
    act.y = act.y - 0.05 * up


def box(take: Take) -> Act:
    """Take a fighting stance and strike straight ahead with the left and the right fist in turn, four times."""
    act = Act(5.0, take)
    step_out(act, "right", 0.45, 3.95, -0.03, -0.26, -18.0)
    guard = act.hold(0.4, 1.05, 3.8, 4.5)
    _guard(act, guard)
    act.yaw -= 14 * guard
    act.turn += 8 * guard
    for number in range(4):
        side: Side = SIDES[number % 2]
        sign = 1.0 if side == "left" else -1.0
        at = 1.3 + 0.58 * number
        strike = act.keys((at, 0), (at + 0.24, 1), (at + 0.52, 0))
        act.twist -= sign * 24 * delayed(act.t, strike, 0.02)
        act.yaw -= sign * 9 * strike
        act.z = act.z + 0.03 * strike
        act.bend += 3 * strike
        act.arms[side].roll += 55 * strike
        # The chest has turned by now: these places lie straight ahead of the figure.
        across, ahead = (0.43, 0.48) if side == "left" else (-0.25, 0.53)
        act.reach(side, "chest", (across, 0.22, ahead * take.size**0.3), strike)
        act.feet[side].heel += (8 if side == "left" else 26) * strike
    bounce = np.sin(2 * np.pi * (act.t - 1.3) / 0.58)
    act.y = act.y + 0.01 * bounce * act.hold(1.0, 1.4, 3.5, 3.9)
    return act


def uppercut(take: Take) -> Act:
    """Take a fighting stance, dip to the left, and drive the left fist up to the height of a chin."""
    act = Act(3.8, take)
    step_out(act, "left", 0.4, 2.75, 0.02, -0.22, 16.0)
    guard = act.hold(0.35, 0.95, 2.6, 3.3)
    _guard(act, guard)
    dip, blow = act.hold(1.0, 1.45, 1.5, 1.8), act.hold(1.5, 1.9, 2.05, 2.5)
    act.yaw += 12 * guard + 8 * dip - 24 * blow
    act.twist += 14 * dip - 22 * delayed(act.t, blow, 0.02)
    act.turn += 14 * blow
    act.lean += 10 * dip - 5 * blow
    act.bend += 8 * dip - 8 * blow
    act.y = act.y - 0.1 * dip + 0.03 * blow
    act.feet["left"].heel += 34 * blow
    arm = act.arms["left"]
    arm.roll -= 70 * (dip + blow)
    arm.forward += 50 * blow - 30 * dip
    way = path(
        act,
        (1.0, 0.1, 0.27, 0.27),
        (1.47, 0.2, -0.1, 0.12),
        (1.7, 0.1, 0.08, 0.36),
        (1.92, 0.1, 0.41 * take.size**0.3, 0.36),
        (2.05, 0.1, 0.42 * take.size**0.3, 0.35),
        (2.5, 0.1, 0.27, 0.27),
    )
    act.reach("left", "chest", way, act.hold(0.9, 1.1, 2.4, 2.7))
    return act


def block(take: Take) -> Act:
    """Step back a little, throw both forearms up before the face, and stay covered for a moment."""
    act = Act(4.2, take)
    back = -0.26 * take.stride
    for side, lift in zip(SIDES, (2.75, 0.6), strict=True):
        foot = act.feet[side]
        walk_through(
            act,
            side,
            [
                Step(
                    lift,
                    lift + 0.42,
                    float(foot.x[0]),
                    float(foot.z[0]) + back,
                    float(foot.yaw[0]),
                    height=0.05,
                    push=8,
                )
            ],
        )
    cover = act.hold(0.6, 1.05, 2.3, 3.3)
    act.z = act.z + back * act.keys((0.45, 0), (1.2, 0.6), (2.4, 0.6), (3.4, 1))
    act.x = act.x + act.keys((0.25, 0), (0.6, 0.05), (1.1, 0), (2.3, 0), (2.8, -0.05), (3.5, 0))
    act.y = act.y - 0.09 * cover
    act.bend += 14 * cover
    act.pitch -= 4 * cover
    act.nod += 22 * cover
    act.lean -= 3 * cover
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 66 * cover
        arm.out += 2 * cover
        arm.elbow += 98 * cover
        arm.shrug += 8 * cover
        arm.roll += 40 * cover
        act.reach(side, "chest", (sign * 0.075, 0.43 * take.size**0.2, 0.27), cover)
    return act


def side_kick(take: Take) -> Act:
    """Shift the weight to the right leg, draw the left knee up, and kick the foot straight out to the left."""
    act = Act(3.8, take)
    foot, size = act.feet["left"], take.size
    stand_on_right(act, act.hold(0.2, 0.85, 2.5, 3.3))
    foot.x += act.keys((0.7, 0), (1.25, 0.08), (1.4, 0.1), (1.72, 0.7), (1.86, 0.7), (2.2, 0.2), (2.7, 0))
    foot.y += act.keys(
        (0.7, 0), (1.25, 0.36), (1.4, 0.42), (1.72, 0.72 * size), (1.86, 0.72 * size), (2.2, 0.3), (2.7, 0)
    )
    foot.z += act.keys((0.7, 0), (1.3, 0.16), (1.72, 0.0), (1.9, 0), (2.2, 0.08), (2.7, 0))
    foot.heel += 20 * act.hold(0.6, 1.0, 1.2, 1.6)
    foot.toe += 24 * act.hold(1.4, 1.7, 1.9, 2.3)
    foot.planted &= ~((act.t > 0.68) & (act.t < 2.72))
    out = act.hold(1.3, 1.72, 1.86, 2.5)
    act.side -= 24 * out
    act.lean -= 14 * out
    act.turn += 45 * act.hold(0.6, 1.2, 1.9, 2.7)
    act.y = act.y - 0.03 * act.hold(0.5, 1.0, 2.2, 2.9)
    guard = act.hold(0.5, 1.1, 2.2, 3.1)
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 36 * guard
        arm.out += 6 * guard
        arm.elbow += 86 * guard
        act.reach(side, "chest", (sign * 0.11, 0.2, 0.28), guard * 0.9)
    act.arms["left"].out += 16 * out
    return act


def chop(take: Take, count: int = 2) -> Act:
    """Lift both hands over the head and bring them down before the body as with an axe, some times."""
    each, begin = 1.75, 0.6
    act = Act(begin + each * count + 1.5, take)
    end = begin + each * count
    step_out(act, "right", 0.3, end + 0.35, -0.14, 0.0)
    held = act.hold(0.3, 0.8, end + 0.3, end + 1.1)
    points = [(begin, 0.0, -0.12, 0.32)]
    low, high = np.zeros(act.num_frames), np.zeros(act.num_frames)
    for n in range(count):
        at = begin + n * each
        points += [(at + 0.45, 0.0, 0.3, 0.42), (at + 0.9, 0.0, 0.6, 0.03), (at + 1.05, 0.0, 0.6, 0.02)]
        points += [(at + 1.22, 0.0, 0.42, 0.38), (at + 1.42, 0.0, -0.14, 0.38), (at + each, 0.0, -0.12, 0.34)]
        low += act.hold(at + 1.05, at + 1.42, at + 1.6, at + each + 0.55)
        high += act.hold(at + 0.3, at + 0.9, at + 1.02, at + 1.35)
    act.pitch += 34 * take.size * low - 3 * high
    act.bend += 8 * held + 16 * low - 12 * high
    act.y = act.y - 0.02 * held - 0.14 * low
    act.z = act.z - 0.12 * low
    act.nod += 10 * low
    for side in SIDES:
        arm = act.arms[side]
        arm.forward += 40 * held + 90 * high
        arm.out += 8 * held
        arm.elbow += 15 * held + 60 * high
    grip(act, path(act, *points), held)
    return act
