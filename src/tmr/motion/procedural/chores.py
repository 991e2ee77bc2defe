"""What both hands do with things, and work for the whole body: pushing, pulling, sweeping, boxes."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, Act, Take, reversed_in_time
from tmr.motion.procedural.curves import Curve, delayed, ease
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.gaits import Gait, travel
from tmr.motion.procedural.phrases import at, pose

HALF_BOX = 0.19
"""Half the width of a box in metres: how far each wrist is from its middle."""


def rub_hands(take: Take) -> Act:
    """Rub the hands against each other before the belly, as if washing them."""
    act = Act(5.0, take)
    up, busy = act.hold(0.4, 1.1, 3.9, 4.7), act.hold(1.0, 1.4, 3.5, 3.9)
    rub = busy * np.sin(2 * np.pi * (act.t - 1.0) / 0.5)
    for side, sign in SIGNED:
        pose(act.arms[side], up, forward=26, out=12, twist=30, elbow=70, roll=-10)
        place = at(act, sign * 0.075, 0.18 + sign * 0.02 * rub, 0.29 + sign * 0.05 * take.size * rub)
        act.reach(side, "hips", place, up)
    act.nod += 15 * up
    act.bend += 4 * up
    return act


def push(take: Take) -> Act:
    """Lean into something heavy with both hands and push it ahead, step by step."""
    gait = Gait(
        seconds=5.0, forward=0.42, step_seconds=0.8, swing=0.66, trail=0.2, push=46, strike=0, tiptoe=14, height=0.12,
        lean=30, arm_swing=0, elbow=16, elbow_swing=0, bounce=0.008, sway=0.03, chest_twist=2, nod=-4,
    )  # fmt: skip
    act = travel(gait, take)
    up = act.hold(0.05, 0.85, act.t[-1] - 1.6, act.t[-1] - 0.6)
    for side, sign in SIGNED:
        pose(act.arms[side], up, forward=70, out=6, elbow=26, roll=60, wrist=-60)
        act.reach(side, "chest", (sign * 0.17, 0.28, 0.43), up)
    return act


def pull(take: Take) -> Act:
    """Lean back with a foot ahead and pull a rope towards the body, hand over hand."""
    act = Act(7.2, take)
    homes = {
        side: (float(act.feet[side].x[0]), float(act.feet[side].z[0]), float(act.feet[side].yaw[0]))
        for side, _ in SIGNED
    }
    x, z, yaw = homes["right"]
    walk_through(
        act,
        "right",
        [
            Step(0.4, 0.95, x - 0.02, z - 0.34, yaw - 14, push=10, tiptoe=14),
            Step(6.1, 6.65, *homes["right"], push=14),
        ],
    )
    astride, busy = act.hold(0.3, 1.2, 5.9, 6.8), act.hold(1.1, 1.6, 5.5, 6.0)
    turn = 2 * np.pi * (act.t - 1.2) / 1.3
    act.x = act.x + act.keys((0.05, 0), (0.4, 0.06), (1.1, 0), (5.7, 0), (6.1, 0.06), (6.9, 0))
    act.z = act.z - 0.2 * astride - 0.02 * busy * np.cos(2 * turn)
    act.y = act.y - 0.08 * astride
    act.pitch -= 9 * astride
    act.bend -= 3 * astride
    act.twist += 8 * take.size * busy * np.cos(turn)
    for side, sign in SIGNED:
        wave = sign * busy
        pose(act.arms[side], astride, forward=44, out=10, twist=20, elbow=56, roll=10)
        place = at(act, sign * 0.085, 0.03 + 0.05 * wave * np.sin(turn), 0.35 - 0.14 * take.size * wave * np.cos(turn))
        act.reach(side, "chest", place, astride)
    return act


def sweep(take: Take) -> Act:
    """Sweep the floor from side to side with both hands on the stick of a broom."""
    act = Act(6.6, take)
    up, busy = act.hold(0.4, 1.3, 5.4, 6.3), act.hold(1.2, 1.7, 4.9, 5.5)
    swing = busy * take.size * np.sin(2 * np.pi * (act.t - 1.3) / 1.25)
    late = delayed(act.t, swing, 0.05)
    places = ((0.07, 0.31, 0.24), (-0.02, 0.05, 0.36))
    for side, (x, y, z), across in zip(SIDES, places, (0.05, 0.17), strict=True):
        pose(act.arms[side], up, forward=30, out=14, twist=24, elbow=62, roll=10)
        act.reach(side, "hips", at(act, x + across * late, y, z - 0.02 * np.abs(late)), up)
    act.x = act.x + 0.05 * swing
    act.yaw += 9 * swing
    act.twist += 11 * swing
    act.side += 2 * swing
    act.pitch += 10 * up
    act.bend += 9 * up
    act.nod += 16 * up
    act.y = act.y - 0.03 * up
    return act


def lift_box(take: Take) -> Act:
    """Bend the knees, grab a box on the floor with both hands, and lift it before the belly."""
    act = Act(5.0, take)
    down, held = act.hold(0.4, 1.8, 2.3, 3.7), ease((act.t - 2.3) / 1.4)
    act.y = act.y - 0.47 * down
    act.z = act.z - 0.16 * down
    act.pitch += 40 * down - 3 * held
    act.bend += 26 * delayed(act.t, down, 0.04) - 3 * held
    act.nod += 4 * down
    for side, sign in SIGNED:
        act.feet[side].knee_out += sign * 14 * down
        pose(act.arms[side], down, forward=58, elbow=-6)
        act.reach(side, "world", (sign * HALF_BOX, 0.24, 0.4), act.hold(0.6, 1.8, 50.0, 51.0))
    _hold_box(act, held)
    return act


def _hold_box(act: Act, held: Curve) -> None:
    """Hold a box before the belly with both hands where `held` is 1."""
    for side, sign in SIGNED:
        pose(act.arms[side], held, forward=16, out=8, elbow=62, roll=-10)
        act.reach(side, "hips", (sign * HALF_BOX, 0.12, 0.33), held)


def put_down_box(take: Take) -> Act:
    """Begin with a box before the belly, bend the knees, put it on the floor, and stand up without it."""
    return reversed_in_time(lift_box(take))


def carry(take: Take) -> Act:
    """Walk forward holding a box before the belly with both hands."""
    gait = Gait(
        seconds=6.6, forward=0.95, step_seconds=0.57, arm_swing=0, elbow=16, elbow_swing=0, chest_twist=2, lean=-4,
        hips_yaw=4, in_motion=True,
    )  # fmt: skip
    act = travel(gait, take)
    _hold_box(act, np.ones(act.num_frames))
    return act


def steer(take: Take) -> Act:
    """Hold a steering wheel with both hands and turn it to the left, to the right, and straight again."""
    act = Act(6.8, take)
    up = act.hold(0.4, 1.2, 5.7, 6.5)
    degrees = act.keys((1.4, 0), (2.2, 62), (2.6, 62), (4.0, -62), (4.4, -62), (5.4, 0)) * take.size
    angle = np.radians(degrees)
    for side, sign in SIGNED:
        pose(act.arms[side], up, forward=52, out=14, twist=18, elbow=48, roll=20)
        place = at(act, sign * 0.18 * np.cos(angle), 0.02 - sign * 0.18 * np.sin(angle), 0.38)
        act.reach(side, "chest", place, up)
    act.turn += 0.3 * degrees
    act.lean += 0.1 * degrees
    act.tilt += 0.04 * degrees
    return act


def type_on_keyboard(take: Take) -> Act:
    """Hold both hands over a keyboard before the belly and let them bob in turn."""
    act = Act(5.6, take)
    up, busy = act.hold(0.4, 1.2, 4.5, 5.3), act.hold(1.1, 1.4, 4.1, 4.5)
    drift = busy * np.sin(2 * np.pi * act.t / 2.3)
    for side, sign in SIGNED:
        press = busy * take.size * np.sin(2 * np.pi * act.t / 0.34 + sign * np.pi / 2)
        pose(act.arms[side], up, forward=22, out=8, twist=20, elbow=70, roll=70, wrist=4)
        pose(act.arms[side], press, wrist=11)
        place = at(act, sign * 0.12 + 0.025 * drift, 0.13 + 0.014 * press, 0.3)
        act.reach(side, "hips", place, up)
    act.nod += 17 * up
    act.bend += 3 * up
    act.turn += 5 * delayed(act.t, drift, 0.1)
    return act
