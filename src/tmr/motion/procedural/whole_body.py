"""What takes the whole body on the feet: picking up, throwing, punching, climbing, dancing."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, TOE_AHEAD, Act, Side, Take, other
from tmr.motion.procedural.curves import delayed, ease
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.phrases import hold_fists, rounds


def pick_up(take: Take) -> Act:
    """Bend the knees and the back, take something from the floor with the left hand, and stand up with it."""
    act = Act(4.8, take)
    down = act.hold(0.5, 1.8, 2.2, 3.5)
    act.y = act.y - 0.42 * down
    act.z = act.z - 0.15 * down
    act.pitch += 47 * down
    act.bend += 30 * delayed(act.t, down, 0.05)
    act.lean += 6 * down
    act.nod += 8 * down
    arm = act.arms["left"]
    arm.forward += 62 * down
    arm.elbow -= 8 * down
    arm.twist += 10 * down
    act.reach("left", "world", (0.14, 0.16, 0.36), act.hold(0.7, 1.8, 2.15, 3.0))
    carried = act.hold(2.3, 3.5, 50.0, 51.0)
    arm.elbow += 72 * carried
    arm.forward += 10 * carried
    arm.roll -= 20 * carried
    act.nod += 10 * carried
    act.arms["right"].forward -= 16 * down
    act.arms["right"].out += 22 * down
    act.arms["right"].elbow += 16 * down
    for side, sign in SIGNED:
        act.feet[side].knee_out += sign * 8 * down
    return act


def throw(take: Take) -> Act:
    """Wind up and throw something forward overhand with the left hand, stepping onto the right foot."""
    act = Act(4.0, take)
    foot = act.feet["right"]
    step = Step(0.95, 1.4, float(foot.x[0]), 0.44, -4.0, height=0.07, push=14, strike=12)
    walk_through(act, "right", [step])
    wind, size = act.hold(0.5, 1.25, 1.35, 1.75), take.size
    cast = act.keys((1.3, 0), (1.72, 1), (2.2, 1), (3.3, 0.2))
    act.z = act.z + act.keys((0.4, 0), (1.0, -0.07), (1.75, 0.24), (3.2, 0.17))
    act.x = act.x + act.keys((0.4, 0), (0.95, 0.05), (1.7, -0.01))
    act.feet["left"].heel += 46 * act.hold(1.3, 1.8, 2.3, 3.2)
    act.y = act.y - 0.05 * act.hold(0.9, 1.6, 2.4, 3.4)
    act.yaw += 24 * wind - 16 * cast
    act.twist += 26 * size * delayed(act.t, wind, 0.04) - 24 * size * delayed(act.t, cast, 0.05)
    act.bend += -8 * wind + 18 * cast
    act.pitch += 6 * cast
    act.lean += -6 * wind - 5 * cast
    arm = act.arms["left"]
    arm.out += act.keys((0.5, 0), (1.25, 82), (1.55, 88), (1.75, 62), (2.15, 8), (3.3, 0))
    arm.forward += act.keys((0.5, 0), (1.25, -14), (1.45, 12), (1.75, 88), (2.15, 52), (3.3, 0))
    arm.twist += act.keys((0.5, 0), (1.3, -100), (1.5, -90), (1.8, 0), (3.3, 0))
    arm.elbow += act.keys((0.5, 0), (1.2, 78), (1.45, 82), (1.76, 2), (2.2, 10), (3.3, 0))
    arm.wrist += act.keys((0.6, 0), (1.3, -35), (1.55, -35), (1.8, 20), (2.4, 0))
    guide = act.arms["right"]
    guide.forward += 58 * act.hold(0.5, 1.2, 1.3, 1.85) - 18 * cast
    guide.elbow += 18 * act.hold(0.5, 1.2, 1.3, 2.4)
    guide.out += 10 * act.hold(0.5, 1.2, 1.3, 2.4)
    return act


def punch(take: Take) -> Act:
    """Take a fighting stance and punch straight forward with the left fist, twice."""
    act = Act(4.4, take)
    home = act.feet["left"]
    walk_through(
        act,
        "left",
        [
            Step(0.4, 0.8, 0.13, -0.13, 24.0, height=0.04, push=12, tiptoe=8),
            Step(3.4, 3.8, float(home.x[0]), float(home.z[0]), float(home.yaw[0]), height=0.04, push=10),
        ],
    )
    guard = act.hold(0.45, 1.0, 3.2, 3.9)
    strike = np.sum([act.keys((at, 0), (at + 0.12, -0.12), (at + 0.32, 1), (at + 0.6, 0)) for at in (1.3, 2.1)], axis=0)
    extended = np.maximum(strike, 0)
    act.x = act.x + act.keys((0.1, 0), (0.4, -0.05), (0.9, 0.0), (3.0, 0), (3.4, -0.05), (4.1, 0))
    act.z = act.z + 0.02 * guard - 0.07 * act.hold(0.4, 1.0, 3.3, 3.9) + 0.075 * strike
    act.y = act.y - 0.06 * guard
    act.yaw += 14 * guard - 20 * strike
    act.twist += 10 * guard - 30 * delayed(act.t, strike, 0.02)
    act.turn -= 12 * guard - 20 * strike
    act.bend += 8 * guard + 4 * strike
    act.nod += 4 * guard
    act.feet["left"].heel += 30 * delayed(act.t, extended, 0.02)
    hold_fists(act, guard, (0.1, 0.235, 0.2), (-0.09, 0.23, 0.26))
    arm = act.arms["left"]
    arm.roll += 55 * strike
    act.reach("left", "chest", (0.06, 0.215, 0.56 * take.size**0.3), extended)
    return act


def stairs(take: Take) -> Act:
    """Climb five steps of a stair, one foot a step."""
    rise, tread, pace = 0.165, 0.29, 0.72
    act = Act(5.0, take)
    climbs: dict[Side, list[Step]] = {"left": [], "right": []}
    side: Side = "left"
    for number in range(6):
        last = number == 5
        level = number + (0 if last else 1)
        lift = 0.5 + number * pace
        foot = act.feet[side]
        climbs[side].append(
            Step(
                lift,
                lift + 0.85 * pace,
                float(foot.x[0]) * 0.85,
                TOE_AHEAD + 0.02 + tread * level,
                float(foot.yaw[0]),
                y=rise * level,
                height=0.09,
                peak=0.5,
                push=30,
            )
        )
        side = other(side)
    for name in SIDES:
        walk_through(act, name, climbs[name])
    begin, end = 0.5, 0.5 + 5.6 * pace
    moving = ease((act.t - 0.3) / 0.8) - ease((act.t - end + 0.2) / 0.8)
    beat = np.pi * (act.t - 0.5 - 0.42 * pace) / pace
    act.z = act.z + rounds(act, begin - 0.1, end + 0.2, 1) * (tread * 5 + 0.02)
    act.y = (
        act.y + rounds(act, begin + 0.15, end + 0.3, 1) * rise * 5 - 0.03 * moving + 0.012 * moving * np.cos(2 * beat)
    )
    act.x = act.x - 0.035 * moving * np.cos(beat)
    act.pitch += 9 * moving
    act.bend += 4 * moving
    act.nod += 10 * moving
    act.yaw -= 4 * moving * np.sin(beat)
    act.twist += 10 * moving * np.sin(beat)
    act.side += 2 * moving * np.cos(beat)
    act.lean -= 3 * moving * np.cos(beat)
    for name, sign in (("left", -1.0), ("right", 1.0)):
        arm = act.arms[name]
        arm.forward += moving * (sign * 20 * np.sin(beat - 0.2) + 4)
        arm.elbow += moving * (14 + sign * 10 * np.sin(beat - 0.5))
    return act


def dance(take: Take) -> Act:
    """Dance on the spot: step from side to side, hips and arms swinging with the beat."""
    beat, count = 0.62, 8
    act = Act(1.3 + beat * count, take)
    feet: dict[Side, list[Step]] = {"left": [], "right": []}
    homes = {
        side: (float(act.feet[side].x[0]), float(act.feet[side].z[0]), float(act.feet[side].yaw[0])) for side in SIDES
    }
    at = dict.fromkeys(SIDES, 0.0)
    for n in range(count):
        # Left out, right to it, right out, left to it.
        side: Side = ("left", "right", "right", "left")[n % 4]
        at[side] += (0.28, 0.28, -0.28, -0.28)[n % 4]
        x, z, yaw = homes[side]
        lift = 0.5 + n * beat
        feet[side].append(Step(lift, lift + 0.42, x + at[side], z, yaw, height=0.055, push=20, tiptoe=10, roll=0.14))
    for side in SIDES:
        walk_through(act, side, feet[side])
    end = 0.5 + beat * count
    on = act.hold(0.2, 0.7, end - 0.2, end + 0.5)
    groove = 2 * np.pi * (act.t - 0.5) / beat
    slow = groove / 4
    act.x = act.x + 0.28 * on * (0.5 - 0.5 * np.cos(slow - 0.0)) + 0.03 * on * np.sin(slow * 2)
    act.y = act.y - on * (0.045 + 0.022 * np.cos(groove))
    act.side += 5 * on * take.size * np.sin(slow * 2 + 0.4)
    act.lean -= 9 * on * take.size * np.sin(slow * 2 + 0.2)
    act.yaw += 10 * on * np.sin(slow)
    act.twist -= 18 * on * take.size * np.sin(slow - 0.3)
    act.bend += on * (3 + 2.5 * np.cos(groove - 0.5))
    act.nod += on * 5 * np.cos(groove - 0.9)
    act.tilt += 5 * on * np.sin(slow * 2)
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.elbow += on * (58 + 14 * np.cos(groove - 0.6))
        arm.out += on * (16 + 10 * take.size * np.sin(slow * 2 + sign))
        arm.forward += on * (14 + sign * 24 * take.size * np.sin(slow - 0.5))
        arm.roll += 30 * on
    return act
