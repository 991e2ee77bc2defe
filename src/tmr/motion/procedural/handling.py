"""What one hand does with things and with the head. All are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIDES, Act, Take
from tmr.motion.procedural.curves import bump, delayed
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.gestures import lean_from
from tmr.motion.procedural.phrases import at, path, pose


def eat(take: Take) -> Act:
    """Hold a plate before the chest with the right hand and bring three bites to the mouth with the left."""
    act = Act(7.2, take)
    up = act.hold(0.4, 1.2, 6.1, 6.9)
    bites = np.sum([act.hold(at, at + 0.6, at + 0.9, at + 1.4) for at in (1.3, 2.9, 4.5)], axis=0)
    pose(act.arms["right"], up, forward=28, out=6, twist=28, elbow=70, roll=-70)
    act.reach("right", "hips", (-0.08, 0.13, 0.29), up)
    pose(act.arms["left"], up, forward=34, out=14, twist=24, elbow=78, roll=20, wrist=14)
    pose(act.arms["left"], bites, forward=16, out=8, elbow=16, roll=-70, wrist=-22)
    act.reach("left", "hips", (0.13, 0.23, 0.3), up)
    act.reach("left", "head", (0.1, -0.135, 0.165), bites)
    act.nod += 13 * up - 5 * bites
    act.bend += 3 * bites
    return act


def phone(take: Take) -> Act:
    """Hold a phone at the left ear, the head tilted to it, and talk."""
    act = Act(6.4, take)
    up = act.hold(0.4, 1.3, 5.2, 6.1)
    pose(act.arms["left"], up, forward=42, out=26, twist=8, elbow=118, roll=-40, wrist=-28)
    act.reach("left", "head", (0.135, -0.105, 0.07), up)
    talk = act.hold(1.5, 2.0, 4.6, 5.1) * np.sin(2 * np.pi * act.t / 0.9)
    act.tilt += 11 * up
    act.turn += act.keys((1.3, 0), (2.4, 14), (3.8, -10), (5.0, 0))
    act.nod += 4 * up + 4 * take.size * talk
    act.x = act.x + act.keys((1.2, 0), (2.6, -0.035), (4.4, 0.03), (5.8, 0))
    act.side += act.keys((1.2, 0), (2.6, 2), (4.4, -2), (5.8, 0))
    return act


def scratch_head(take: Take) -> Act:
    """Scratch the head with the left hand."""
    act = Act(4.6, take)
    up = act.hold(0.4, 1.25, 3.3, 4.2)
    rub = act.hold(1.2, 1.5, 3.0, 3.3) * np.sin(2 * np.pi * act.t / 0.32)
    pose(act.arms["left"], up, forward=62, out=56, twist=-20, elbow=112, roll=-50, wrist=12)
    pose(act.arms["left"], rub, wrist=12)
    place = at(act, 0.165, 0.11 + 0.02 * take.size * rub, 0.03 - 0.025 * take.size * rub)
    act.reach("left", "head", place, up)
    act.nod += 9 * up
    act.tilt += 5 * up
    act.turn += act.keys((1.2, 0), (2.0, -8), (3.0, 5), (4.0, 0))
    return act


def stir(take: Take) -> Act:
    """Stir a pot before the belly with the left hand; the right holds it."""
    act = Act(6.6, take)
    up, busy = act.hold(0.4, 1.2, 5.5, 6.3), act.hold(1.1, 1.6, 5.0, 5.5)
    turn, radius = 2 * np.pi * (act.t - 1.2) / 0.95, 0.085 * take.size
    place = at(act, 0.07 + radius * busy * np.cos(turn), 0.17, 0.33 + radius * busy * np.sin(turn))
    pose(act.arms["left"], up, forward=30, out=18, twist=22, elbow=66, roll=35, wrist=12)
    act.reach("left", "hips", place, up)
    pose(act.arms["right"], up, forward=18, out=12, twist=20, elbow=58, roll=20)
    act.reach("right", "hips", (-0.19, 0.06, 0.3), up)
    act.nod += 17 * up
    act.bend += 5 * up + 1.5 * busy * np.sin(turn)
    act.lean += 1.5 * busy * np.cos(turn)
    return act


def pour(take: Take) -> Act:
    """Lift a bottle with the left hand and tilt it over a glass that the right hand holds."""
    act = Act(5.6, take)
    up, tip = act.hold(0.4, 1.4, 4.3, 5.2), act.hold(1.6, 2.4, 3.3, 4.0)
    pose(act.arms["right"], up, forward=22, out=8, twist=26, elbow=70)
    act.reach("right", "hips", (-0.12, 0.1, 0.31), up)
    pose(act.arms["left"], up, forward=30, out=12, twist=20, elbow=80)
    pose(act.arms["left"], tip, forward=16, out=34, twist=20, roll=75, wrist=22)
    act.reach("left", "hips", (0.15, 0.25, 0.32), up)
    act.reach("left", "hips", (0.11, 0.25 + 0.12 * take.size, 0.34), tip)
    act.nod += 16 * up
    act.lean -= 3 * tip
    return act


def take_from_shelf(take: Take) -> Act:
    """Reach up and forward with the left hand, grab something from a shelf, and bring it before the chest."""
    act = Act(5.0, take)
    up, held = act.hold(0.4, 1.5, 1.9, 2.9), act.hold(1.9, 3.0, 3.7, 4.6)
    tall = act.hold(0.7, 1.5, 1.8, 2.5)
    pose(act.arms["left"], up, forward=126 * take.size**0.5, out=4, elbow=4, roll=40)
    act.reach("left", "world", (0.15, 1.85, 0.5), act.hold(0.5, 1.5, 1.85, 2.9))
    pose(act.arms["left"], held, forward=30, out=6, twist=26, elbow=92)
    act.reach("left", "chest", (0.07, 0.02, 0.29), held)
    for foot in act.feet.values():
        foot.heel += 20 * tall
    act.y = act.y + 0.035 * tall
    act.z = act.z + 0.05 * up
    act.side -= 3 * up
    act.pitch += 4 * up
    act.twist -= 8 * up
    act.nod += -14 * up + 18 * held
    return act


def put_on_table(take: Take) -> Act:
    """Lift something before the belly with the left hand, put it down on a table in front, and take the hand back."""
    act = Act(4.8, take)
    up, out = act.hold(0.4, 1.3, 3.2, 4.3), act.hold(1.4, 2.2, 2.6, 3.5)
    down = act.hold(1.9, 2.35, 2.45, 2.8)
    pose(act.arms["left"], up, forward=24, out=6, twist=14, elbow=78, roll=10)
    act.reach("left", "hips", (0.15, 0.15, 0.27), up)
    pose(act.arms["left"], out, forward=26, elbow=-40, roll=25)
    act.reach("left", "world", at(act, 0.15, 1.05 - 0.06 * down, 0.58), out)
    act.pitch += 10 * out
    act.bend += 11 * delayed(act.t, out, 0.04)
    act.twist -= 9 * out
    act.nod += 10 * up
    pose(act.arms["right"], out, forward=-10, out=6)
    return act


def open_door(take: Take) -> Act:
    """Grab a handle at the height of the waist with the left hand, turn it, and step back pulling the door."""
    act = Act(5.6, take)
    for side, lift, back in zip(SIDES, (2.3, 3.0), (0.36, 0.3), strict=True):
        foot = act.feet[side]
        z = float(foot.z[0]) - back + (0.06 if side == "left" else 0.0)
        walk_through(act, side, [Step(lift, lift + 0.6, float(foot.x[0]), z, float(foot.yaw[0]), push=12, tiptoe=16)])
    act.z = act.z + act.keys((0.4, 0), (1.2, 0.04), (2.1, 0.04), (3.7, -0.3))
    act.x = act.x + act.keys((1.8, 0), (2.3, -0.06), (2.95, 0.06), (3.8, 0))
    hand, turned = act.hold(0.4, 1.3, 3.8, 4.8), act.hold(1.4, 1.8, 2.2, 2.8)
    places = path(act, (2.0, 0.12, 1.03, 0.47), (3.6, 0.36, 1.03, 0.06))
    pose(act.arms["left"], hand, forward=34, out=8, twist=12, elbow=52, roll=30)
    pose(act.arms["left"], turned, roll=-70, out=-6)
    act.reach("left", "world", places - np.array([0, 0.03, 0]) * turned[:, None], hand)
    pull = act.hold(2.0, 2.7, 3.2, 4.2)
    act.pitch += 5 * act.hold(0.5, 1.2, 1.9, 2.5) - 3 * pull
    act.twist += 14 * take.size * pull
    act.nod += 9 * act.hold(0.6, 1.2, 2.0, 2.8)
    return act


def check_watch(take: Take) -> Act:
    """Lift the left wrist before the chest and look down at it."""
    act = Act(3.8, take)
    up = act.hold(0.4, 1.15, 2.5, 3.4)
    pose(act.arms["left"], up, forward=42, out=24 * take.size, twist=40, elbow=88, roll=55)
    act.reach("left", "chest", (0.03, 0.08, 0.27), up)
    act.nod += 27 * delayed(act.t, up, 0.08)
    act.turn += 5 * up
    act.bend += 4 * up
    return act


def wipe_forehead(take: Take) -> Act:
    """Draw the left hand across the forehead, once to each side."""
    act = Act(4.4, take)
    up = act.hold(0.4, 1.2, 2.9, 3.9)
    across = act.keys((1.2, 0), (1.9, 1), (2.0, 1), (2.8, 0.1))
    pose(act.arms["left"], up, forward=66, out=46, twist=18, elbow=100, roll=-90, wrist=14)
    place = at(act, 0.09 + 0.1 * take.size * across, 0.06, 0.2 - 0.05 * across)
    act.reach("left", "head", place, up)
    act.nod += 6 * up
    act.turn -= 7 * across
    act.bend += 2 * up - 3 * act.hold(2.8, 3.4, 3.5, 4.2)
    return act


def knock(take: Take) -> Act:
    """Knock on a door before the chest with the left hand, three times, and wait."""
    act = Act(4.0, take)
    up = act.hold(0.4, 1.1, 2.7, 3.6)
    hits = np.sum([bump(act.t, at, at + 0.36) for at in (1.2, 1.6, 2.0)], axis=0)
    pose(act.arms["left"], up, forward=44, out=10, twist=6, elbow=96, roll=20, wrist=10)
    pose(act.arms["left"], hits, wrist=16)
    act.reach("left", "chest", at(act, 0.14, 0.24 - 0.02 * hits, 0.3 + 0.12 * take.size * hits), up)
    act.bend += 2 * up + 1.5 * hits
    lean_from(act, "left", up, 0.01)
    return act
