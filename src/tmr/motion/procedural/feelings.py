"""Feelings shown with hands, head and trunk. Sided ones are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIGNED, Act, Take
from tmr.motion.procedural.curves import bump, delayed
from tmr.motion.procedural.phrases import at, pose


def laugh(take: Take) -> Act:
    """Throw the head back and then bend forward with laughter, shaking, both hands on the belly."""
    act = Act(5.2, take)
    bent, held = act.hold(1.3, 2.0, 3.7, 4.7), act.hold(0.6, 1.4, 3.8, 4.8)
    back = act.hold(0.4, 0.9, 1.1, 1.7)
    shake = np.sin(2 * np.pi * (act.t - 0.7) / 0.27) * act.hold(0.7, 1.1, 3.5, 4.3) * take.size
    act.pitch += 18 * bent
    act.bend += 24 * bent - 9 * back + 3 * shake
    act.z = act.z - 0.06 * bent
    act.y = act.y - 0.04 * bent + 0.008 * shake
    act.nod += 10 * bent - 20 * back + 3 * delayed(act.t, shake, 0.05)
    act.level = act.level - 0.35 * bent
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, held, forward=4, out=20, twist=46, elbow=66, roll=0, wrist=14)
        act.reach(side, "hips", at(act, sign * 0.13, 0.16, 0.19), held)
        arm.shrug += 4 * held + 5 * shake
    return act


def cry(take: Take) -> Act:
    """Hang the head, wipe the eyes with both hands, and sob with shaking shoulders."""
    act = Act(5.6, take)
    up, down = act.hold(0.5, 1.4, 4.3, 5.2), act.hold(0.4, 1.3, 4.5, 5.4)
    rub = np.sin(2 * np.pi * (act.t - 1.4) / 0.6) * act.hold(1.3, 1.7, 4.0, 4.4) * take.size
    sob = np.sin(2 * np.pi * (act.t - 1.2) / 0.38) * act.hold(1.0, 1.5, 4.0, 4.6)
    act.nod += 26 * down + 2 * sob
    act.bend += 12 * down + 2 * sob
    act.y = act.y - 0.01 * down
    act.level = act.level - 0.5 * down
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, up, forward=34, out=14, twist=14, elbow=118, roll=10, wrist=6)
        act.reach(side, "head", at(act, sign * (0.12 + 0.025 * rub), -0.09 - 0.015 * rub, 0.16), up)
        arm.shrug += 5 * down + 6 * sob
    return act


def cough(take: Take) -> Act:
    """Cough three times with the left hand before the mouth, bending with each cough."""
    act = Act(4.4, take)
    up = act.hold(0.3, 0.95, 3.4, 4.1)
    jerk = np.sum([bump(act.t, at, at + 0.55, 0.3) for at in (1.05, 1.7, 2.5)], axis=0) * take.size
    pose(act.arms["left"], up, forward=40, out=14, twist=30, elbow=112, roll=20, wrist=16)
    act.reach("left", "head", (0.1, -0.08, 0.17), up)
    act.bend += 8 * up + 15 * jerk
    act.pitch += 4 * up + 5 * jerk
    act.nod += 6 * up + 9 * jerk
    act.level = act.level - 0.35 * up
    act.z = act.z - 0.02 * jerk
    act.y = act.y - 0.015 * jerk
    for arm in act.arms.values():
        arm.shrug += 6 * jerk
    pose(act.arms["right"], up, out=4, elbow=10)
    return act


def think(take: Take) -> Act:
    """Put the left hand on the chin, the right hand under the left elbow, and ponder."""
    act = Act(5.6, take)
    up, late = act.hold(0.5, 1.4, 4.4, 5.3), act.hold(0.4, 1.2, 4.5, 5.3)
    tap = bump(act.t, 2.4, 2.8) + bump(act.t, 2.8, 3.2)
    pose(act.arms["left"], up, forward=26, out=0, twist=14, elbow=122, roll=10, wrist=20)
    act.reach("left", "head", at(act, 0.05, -0.16 - 0.02 * tap, 0.15), up)
    pose(act.arms["right"], late, forward=14, out=6, twist=50, elbow=78, roll=20)
    act.reach("right", "chest", (0.02, -0.08, 0.19), late)
    act.tilt += act.keys((0.8, 0), (1.6, 7), (3.2, 7), (3.9, -4), (4.4, -4), (5.2, 0))
    act.turn += act.keys((1.2, 0), (1.9, 14), (3.0, 14), (3.8, -10), (4.3, -10), (5.2, 0))
    act.nod += act.keys((0.8, 0), (1.5, 4), (3.0, 4), (3.8, -12), (4.4, -12), (5.2, 0))
    act.x = act.x - 0.025 * up
    act.side += 2 * up
    return act


def shiver(take: Take) -> Act:
    """Hug the own chest, hunch the shoulders, rub the upper arms, and shake with cold."""
    act = Act(5.4, take)
    up, busy = act.hold(0.4, 1.2, 4.2, 5.0), act.hold(0.6, 1.2, 4.0, 4.7)
    shake = np.sin(2 * np.pi * act.t / 0.2) * busy * (1 + 0.35 * np.sin(2 * np.pi * act.t / 1.3))
    rub = np.sin(2 * np.pi * (act.t - 1.3) / 0.6) * act.hold(1.3, 1.7, 3.7, 4.1) * take.size
    places = {"left": (-0.04, 0.12, 0.19), "right": (0.04, 0.05, 0.22)}
    for side, sign in SIGNED:
        arm, (x, y, z) = act.arms[side], places[side]
        pose(arm, up, forward=34, out=2, twist=52, elbow=88, roll=20, shrug=12)
        act.reach(side, "chest", at(act, x, y + sign * 0.035 * rub, z), up)
        arm.shrug += 2.5 * shake
        act.feet[side].knee_out -= sign * 10 * up
    act.bend += 14 * up + 0.7 * shake
    act.twist += 1.4 * shake
    act.nod += 10 * up
    act.level = act.level - 0.3 * up
    act.y = act.y - 0.05 * up + 0.003 * shake
    act.pitch += 4 * up
    act.z = act.z - 0.02 * up
    return act


def hug(take: Take) -> Act:
    """Open both arms wide, close them around somebody ahead, hold tight, and let go."""
    act = Act(5.0, take)
    opened, closed = act.hold(0.4, 1.2, 1.4, 2.2), act.hold(1.4, 2.3, 3.5, 4.3)
    sway = np.sin(2 * np.pi * (act.t - 2.3) / 1.0) * act.hold(2.2, 2.6, 3.3, 3.7)
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, opened, out=62 * take.size, forward=28, twist=-40, elbow=16, roll=0)
        pose(arm, closed, forward=58, out=24, twist=34, elbow=62, roll=10, wrist=24)
        act.reach(side, "chest", at(act, sign * 0.09, 0.12 + 0.04 * sign, 0.4), closed)
    act.bend += -4 * opened + 10 * closed
    act.pitch += 5 * closed
    act.z = act.z + 0.01 * closed
    act.tilt -= 12 * closed
    act.lean += 4 * sway
    act.x = act.x + 0.015 * sway
    return act


def cover_face(take: Take) -> Act:
    """Bury the bowed face in both hands and stay so."""
    act = Act(5.0, take)
    up, down = act.hold(0.4, 1.2, 3.8, 4.7), act.hold(0.5, 1.5, 3.6, 4.6)
    for side, sign in SIGNED:
        pose(act.arms[side], up, forward=36, out=8, twist=8, elbow=122, roll=-60, wrist=12)
        act.reach(side, "head", at(act, sign * 0.06, -0.12, 0.15), up)
    act.nod += 24 * down
    act.bend += 12 * down
    act.level = act.level - 0.45 * down
    act.unrest = 1 - 0.4 * up
    return act


def shake_head(take: Take) -> Act:
    """Shake the head to say no, four times to and fro."""
    act = Act(3.4, take)
    busy = act.hold(0.5, 0.72, 2.5, 2.75)
    shake = np.sin(2 * np.pi * (act.t - 0.5) / 0.56) * busy
    act.turn += 34 * take.size * shake
    act.twist += 3 * delayed(act.t, shake, 0.06)
    act.nod += 3 * busy
    return act


def hands_behind_head(take: Take) -> Act:
    """Fold both hands behind the head, the elbows wide, lean back a little, and let them down."""
    act = Act(5.2, take)
    up = act.hold(0.4, 1.6, 3.8, 4.9)
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, up, out=104, forward=6, twist=-78, elbow=122, roll=20, wrist=10)
        act.reach(side, "head", at(act, sign * 0.12, 0.03, -0.1), act.hold(0.8, 1.7, 3.7, 4.5))
    act.bend -= 7 * up
    act.nod -= 3 * up
    act.turn += act.keys((1.8, 0), (2.4, 14), (2.9, 14), (3.6, 0))
    return act
