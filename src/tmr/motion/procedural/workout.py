"""Exercises: bends, twists, lunges, jumps, raises and push-ups. Sided ones are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIGNED, Act, Foot, Take
from tmr.motion.procedural.curves import Curve, bump, delayed
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.phrases import beats, rounds, stand_on_right


def toe_touch(take: Take) -> Act:
    """Bend down with straight legs until the hands touch the toes, and come up again."""
    act = Act(4.8, take)
    down = act.hold(0.5, 1.8, 2.5, 3.9)
    act.pitch += 68 * down
    act.bend += 42 * delayed(act.t, down, 0.05)
    act.z = act.z - 0.17 * down
    act.level = act.level * (1 - down)
    act.nod += 14 * down
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 84 * down
        arm.elbow -= 10 * down
        place = (float(act.feet[side].x[0]) + 0.01 * sign, 0.14, 0.175)
        act.reach(side, "world", place, act.hold(0.9, 1.8, 2.5, 3.3))
    return act


def side_bend(take: Take) -> Act:
    """Bend the trunk to the left, the right arm stretched over the head, and come up again."""
    act = Act(4.6, take)
    up, over = act.hold(0.4, 1.2, 3.2, 4.1), act.hold(0.9, 1.8, 2.6, 3.6)
    act.lean += 36 * take.size * over
    act.side += 7 * over
    act.x = act.x - 0.08 * over
    act.level = act.level - 0.5 * over
    raised, low = act.arms["right"], act.arms["left"]
    raised.out += 148 * up + 12 * over
    raised.twist -= 60 * up
    raised.forward += 8 * up
    raised.elbow += 8 * up + 10 * over
    low.out += 14 * over
    low.elbow += 8 * over
    return act


def trunk_twist(take: Take) -> Act:
    """Hold the hands before the chest and turn the upper body left and right, twice."""
    act = Act(6.0, take)
    up = act.hold(0.4, 1.1, 4.9, 5.7)
    turn = act.keys((1.0, 0), (1.7, 1), (2.6, -1), (3.5, 1), (4.4, -1), (5.1, 0)) * take.size
    act.twist += 42 * turn
    act.yaw += 14 * turn
    act.level = act.level * (1 - 0.8 * up)
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 50 * up
        arm.out += 40 * up
        arm.twist += 30 * up
        arm.elbow += 80 * up
        arm.roll += 40 * up
        arm.shrug += 3 * up
        act.reach(side, "chest", (sign * 0.08, 0.19 + 0.015 * sign, 0.29), up)
        act.feet[side].heel += 14 * np.clip(-sign * turn, 0, 1) ** 2
    return act


def hip_circles(take: Take, count: int = 3) -> Act:
    """Put the hands on the hips and move the hips round in circles, some rounds."""
    begin, period = 1.2, 1.5
    end = begin + period * count
    act = Act(end + 1.2, take)
    up = act.hold(0.4, 1.1, end - 0.1, end + 0.8)
    wide = act.hold(begin - 0.3, begin + 0.5, end - 0.5, end + 0.3) * take.size
    turn = 2 * np.pi * rounds(act, begin, end, count)
    left, ahead = wide * np.sin(turn), wide * np.cos(turn)
    act.x = act.x + 0.11 * left
    act.z = act.z + 0.095 * ahead
    act.y = act.y - 0.015 * wide
    act.side += 6 * left
    act.lean -= 15 * left
    act.pitch -= 11 * ahead
    act.bend -= 2 * ahead
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.out += 40 * up
        arm.forward -= 18 * up
        arm.twist += 40 * up
        arm.elbow += 75 * up
        arm.wrist += 40 * up
        act.reach(side, "hips", (sign * 0.215, 0.075, 0.0), up)
    return act


def jump_rope(take: Take, count: int = 7) -> Act:
    """Jump low on both feet again and again while the hands turn a rope beside the hips."""
    begin, period, air = 1.0, 0.52, 0.3
    end = begin + period * count
    act = Act(end + 1.1, take)
    up = act.hold(0.3, 0.85, end, end + 0.8)
    flight, give = np.zeros(act.num_frames), np.zeros(act.num_frames)
    for n in range(count):
        off = begin + n * period
        flight += bump(act.t, off, off + air)
        give += 0.6 * bump(act.t, off - 0.26, off + 0.02) + 0.6 * bump(act.t, off + air - 0.02, off + air + 0.26)
        for foot in act.feet.values():
            foot.y = foot.y + 0.075 * bump(act.t, off, off + air)
            foot.heel += act.keys((off - 0.12, 0), (off + 0.06, 30), (off + air - 0.02, 14), (off + air + 0.1, 0))
            foot.planted &= ~((act.t > off) & (act.t < off + air))
    act.y = act.y + 0.085 * flight - 0.035 * give
    act.bend += 3 * up + 2 * give
    turn = -2 * np.pi * (act.t - begin) / period
    busy = act.hold(0.5, 1.0, end - 0.1, end + 0.3) * take.size
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.out += 20 * up
        arm.twist -= 30 * up
        arm.elbow += 60 * up
        arm.roll -= 10 * up
        place = np.stack(
            [
                np.full(act.num_frames, sign * 0.38),
                0.1 + 0.06 * busy * np.sin(turn),
                0.13 + 0.06 * busy * np.cos(turn),
            ],
            axis=1,
        )
        act.reach(side, "hips", place, up)
    return act


def push_ups(take: Take, count: int = 3) -> Act:
    """Lie face down on hands and toes, and bend and stretch the arms, some times."""
    begin, period = 0.5, 1.5
    act = Act(begin + period * count + 0.5, take)
    down = beats(act, begin, period, count)
    slope = np.radians(18.5 - 14.5 * take.size**0.5 * down)
    heel = 84.0
    lifted, behind = np.radians(heel), 0.826 + 0.084
    ankle_y = 0.03 + 0.132 * np.sin(lifted) + 0.051 * np.cos(lifted)
    act.y = ankle_y + behind * np.sin(slope) + 0.026 * np.cos(slope)
    act.z = behind * np.cos(slope) - 0.026 * np.sin(slope) - 0.9
    act.pitch = 90 - np.degrees(slope)
    act.bend = act.bend * 0 + 1
    act.level = act.level * 0
    act.nod = act.nod - 14
    act.unrest = act.unrest * 0.2
    for side, sign in SIGNED:
        arm, foot = act.arms[side], act.feet[side]
        foot.x = foot.x * 0 + sign * 0.09
        foot.z = foot.z * 0 - 0.9 - 0.037
        foot.yaw = foot.yaw * 0
        foot.knee_out = foot.knee_out * 0
        foot.heel = foot.heel * 0 + heel
        arm.forward += 84
        arm.out += 26 * down
        arm.elbow += 60 * down - 6
        arm.roll += 70
        arm.wrist -= 78
        act.reach(side, "world", (sign * 0.23, 0.065, 0.4), np.ones(act.num_frames))
    return act


def stomp(take: Take, count: int = 2) -> Act:
    """Lift the left foot and stomp it on the floor, some times."""
    each = 1.0
    act = Act(1.7 + each * count, take)
    foot = act.feet["left"]
    stand_on_right(act, act.hold(0.15, 0.7, 0.5 + each * count, 1.2 + each * count))
    up, thud = np.zeros(act.num_frames), np.zeros(act.num_frames)
    for n in range(count):
        at = 0.65 + each * n
        up += act.keys((at, 0), (at + 0.42, 1), (at + 0.5, 1), (at + 0.72, 0))
        thud += bump(act.t, at + 0.64, at + 1.0, 0.3)
        foot.heel += 18 * act.hold(at - 0.1, at + 0.2, at + 0.3, at + 0.55)
        foot.planted &= ~((act.t > at) & (act.t < at + 0.73))
    foot.y += 0.33 * take.size * up
    foot.z += 0.16 * up
    act.pitch -= 4 * up
    act.y = act.y - 0.03 * thud
    act.bend += 5 * thud
    act.nod += 6 * thud
    for arm in act.arms.values():
        arm.elbow += 34 * up
        arm.out += 12 * up
    return act


def calf_raise(take: Take, count: int = 3) -> Act:
    """Rise on the toes and sink back onto the heels, some times."""
    each = 1.5
    act = Act(0.8 + each * count, take)
    up = np.sum([act.hold(0.4 + each * n, 0.95 + each * n, 1.2 + each * n, 1.75 + each * n) for n in range(count)], 0)
    up = up * take.size
    for foot in act.feet.values():
        foot.heel += 40 * up
    act.y = act.y + 0.078 * up
    act.z = act.z + 0.055 * up
    for arm in act.arms.values():
        arm.out += 5 * up
    act.bend -= 2 * up
    return act


def leg_swing(take: Take, count: int = 3) -> Act:
    """Stand on the right leg and swing the straight left leg forward and back, some times."""
    begin, period = 0.8, 1.25
    end = begin + period * count
    act = Act(end + 1.0, take)
    foot = act.feet["left"]
    stand_on_right(act, act.hold(0.15, 0.8, end - 0.1, end + 0.8))
    on = act.hold(begin - 0.1, begin + 0.38, end - 0.4, end + 0.1)
    angle = on * take.size * (10 + 34 * np.sin(2 * np.pi * (act.t - begin) / period))
    _swing_straight(foot, angle, on)
    foot.x -= 0.03 * on
    foot.planted &= ~((act.t > begin - 0.12) & (act.t < end + 0.12))
    act.pitch -= 0.18 * angle
    act.bend += 0.12 * angle
    act.yaw -= 0.12 * angle
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.out += 30 * on
        arm.elbow += 10 * on
        arm.forward -= sign * 0.5 * angle
    return act


def _swing_straight(foot: Foot, angle: Curve, weight: Curve) -> None:
    """Swing a foot forward by degrees about the hip on a straight leg, the sole square to the leg."""
    swing, toe, heel = np.radians(angle), np.radians(np.maximum(angle, 0)), np.radians(np.maximum(-angle, 0))
    length = 0.78 + 0.06 * np.clip(np.abs(angle) / 30, 0, 1) ** 2
    # Where the ankle comes to when the foot is turned about its heel or its toes.
    up = 0.081 * (np.cos(toe) - 1) + 0.045 * np.sin(toe) + 0.051 * (np.cos(heel) - 1) + 0.132 * np.sin(heel)
    ahead = 0.045 * (np.cos(toe) - 1) - 0.081 * np.sin(toe) + 0.132 * (1 - np.cos(heel)) + 0.051 * np.sin(heel)
    foot.toe += np.degrees(toe)
    foot.heel += np.degrees(heel)
    foot.y += weight * (0.82 - length * np.cos(swing)) - up
    foot.z += weight * (length * np.sin(swing) + 0.03) - ahead


def side_lunge(take: Take) -> Act:
    """Step wide to the left, sink over the bent left knee with the right leg straight, and push back."""
    act = Act(4.4, take)
    foot, far = act.feet["left"], 0.72 * take.size**0.5
    home = (float(foot.x[0]), float(foot.z[0]), float(foot.yaw[0]))
    steps = [
        Step(0.55, 1.1, home[0] + far, home[1], home[2] + 8, height=0.08, push=12),
        Step(2.9, 3.45, *home, height=0.06, push=10, tiptoe=8),
    ]
    walk_through(act, "left", steps)
    out, deep = act.hold(0.55, 1.2, 2.6, 3.5), act.hold(0.9, 1.75, 2.1, 2.9)
    act.x = act.x + act.keys(
        (0.15, 0), (0.6, -0.06), (1.75, 0.82 * far), (2.1, 0.82 * far), (2.85, 0.42 * far), (3.5, -0.05), (4.1, 0)
    )
    act.y = act.y - 0.08 * out - 0.18 * deep
    act.z = act.z - 0.12 * deep
    act.pitch += 8 * out + 20 * deep
    act.bend += 5 * out + 8 * deep
    act.feet["left"].knee_out += 14 * deep
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 50 * deep
        arm.elbow += 70 * deep + 10 * out
        arm.out += 10 * deep
        act.reach(side, "chest", (sign * 0.05, 0.12, 0.32), deep)
    return act
