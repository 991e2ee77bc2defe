"""Games: swings of clubs and rackets, what is done with balls, and swimming strokes. Written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, TOE_AHEAD, Act, Take
from tmr.motion.procedural.curves import bump, delayed
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.phrases import beats, grip, in_mirror, path, rounds, step_out


def golf(take: Take) -> Act:
    """Bend over a ball, wind both hands up to the right, swing them through to the left, and watch the ball fly."""
    act = Act(5.6, take)
    step_out(act, "left", 0.45, 4.6, 0.1, 0.0, 6.0)
    ready, size = act.hold(0.5, 1.4, 4.3, 5.1), take.size
    bowed = act.hold(0.6, 1.4, 2.95, 3.5)
    coil = act.keys((1.6, 0), (2.55, -1), (2.9, 0.15), (3.3, 1), (3.9, 1), (4.8, 0)) * size
    act.pitch += 20 * bowed
    act.bend += 16 * bowed - 5 * act.hold(3.0, 3.5, 3.9, 4.7)
    act.z = act.z - 0.09 * bowed
    act.y = act.y - 0.05 * bowed
    act.x = act.x + 0.05 * coil
    act.twist += 34 * coil
    act.yaw += 10 * coil + 24 * act.hold(2.65, 3.25, 3.9, 4.7)
    act.nod += 26 * bowed
    act.turn += 12 * act.hold(2.9, 3.4, 3.9, 4.7)
    act.feet["right"].heel += 42 * act.hold(2.75, 3.3, 3.9, 4.6)
    act.feet["right"].yaw += 30 * act.hold(2.75, 3.3, 3.9, 4.6)
    act.feet["right"].knee_out += 30 * act.hold(2.75, 3.3, 3.9, 4.6)
    for arm in act.arms.values():
        arm.forward += 40 * ready
        arm.elbow += 10 * ready
        arm.roll += 20 * ready
    way = path(
        act,
        (1.6, 0.0, -0.19, 0.3),
        (2.1, -0.28, 0.0, 0.36),
        (2.55, -0.28, 0.44, 0.14),
        (2.72, -0.25, 0.1, 0.32),
        (2.9, 0.03, -0.18, 0.36),
        (3.05, 0.28, 0.0, 0.36),
        (3.35, 0.28, 0.38, 0.14),
        (3.9, 0.27, 0.36, 0.14),
        (4.7, 0.05, -0.15, 0.28),
    )
    grip(act, way, ready)
    return act


def tennis(take: Take) -> Act:
    """Step onto the right foot and swing a racket with the left hand from behind across the body."""
    act = Act(4.4, take)
    step_out(act, "right", 0.75, 3.2, -0.02, 0.3)
    ready = act.hold(0.4, 1.0, 3.0, 3.9)
    coil = act.keys((0.8, 0), (1.5, 1), (1.65, 1), (2.2, -1), (2.6, -1), (3.5, 0)) * take.size
    act.yaw += 22 * coil
    act.twist += 26 * delayed(act.t, coil, 0.04)
    act.y = act.y - 0.06 * ready
    act.z = act.z + 0.06 * act.hold(1.6, 2.1, 2.7, 3.4)
    act.bend += 5 * ready
    act.feet["left"].heel += 34 * act.hold(1.6, 2.15, 2.7, 3.2)
    arm = act.arms["left"]
    arm.forward += 30 * ready
    arm.out += 25 * ready
    arm.elbow += 30 * ready
    arm.roll += 20 * ready
    arm.wrist += act.keys((0.9, 0), (1.5, -28), (1.7, -28), (2.1, 14), (2.6, 0))
    way = path(
        act,
        (1.0, 0.12, 0.08, 0.34),
        (1.5, 0.52, 0.06, -0.14),
        (1.65, 0.53, 0.0, -0.12),
        (1.92, 0.48, 0.05, 0.32),
        (2.2, -0.06, 0.36, 0.32),
        (2.6, -0.1, 0.36, 0.28),
        (3.5, 0.12, 0.05, 0.3),
    )
    act.reach("left", "chest", way, ready)
    guide = act.arms["right"]
    ahead = act.hold(0.5, 1.2, 1.6, 2.3)
    guide.forward += 66 * ahead + 8 * ready
    guide.out += 12 * ahead
    guide.elbow += 6 * ahead + 50 * ready - 40 * ahead
    return act


def bat(take: Take) -> Act:
    """Hold a bat at the right shoulder with both hands, step to the left, and swing it through at chest height."""
    act = Act(4.8, take)
    step_out(act, "left", 1.55, 3.8, 0.24, 0.0, 24.0)
    ready = act.hold(0.4, 1.2, 3.6, 4.4)
    coil = act.keys((0.6, 0), (1.5, -1), (2.05, -1.1), (2.55, 1), (3.2, 1), (4.1, 0)) * take.size
    through = act.hold(2.05, 2.6, 3.2, 4.0)
    act.yaw += 16 * coil + 24 * through
    act.twist += 30 * delayed(act.t, coil, 0.03)
    act.turn += 40 * act.hold(0.6, 1.3, 2.1, 2.6)
    act.pitch += 6 * ready
    act.bend += 5 * ready
    act.y = act.y - 0.06 * ready
    act.x = act.x - 0.04 * act.hold(0.7, 1.3, 1.6, 2.2)
    foot = act.feet["right"]
    foot.heel += 40 * through
    foot.yaw += 40 * through
    foot.knee_out += 40 * through
    for side, out in (("left", 20), ("right", 35)):
        arm = act.arms[side]
        arm.forward += 50 * ready
        arm.out += out * ready
        arm.elbow += 60 * ready
    way = path(
        act,
        (1.2, -0.17, 0.27, 0.2),
        (2.0, -0.24, 0.3, 0.12),
        (2.15, -0.22, 0.22, 0.22),
        (2.32, 0.0, 0.08, 0.44),
        (2.47, 0.27, 0.16, 0.33),
        (2.7, 0.27, 0.36, 0.1),
        (3.3, 0.26, 0.35, 0.1),
        (4.2, 0.05, 0.0, 0.3),
    )
    grip(act, way, ready)
    return act


def catch(take: Take) -> Act:
    """Stretch both hands towards a ball, catch it before the chest, draw it in and hold it."""
    act = Act(4.2, take)
    up, caught = act.hold(0.4, 1.15, 3.0, 3.8), act.hold(1.5, 1.75, 3.0, 3.8)
    jolt = bump(act.t, 1.45, 2.2, 0.3)
    for side in SIDES:
        arm = act.arms[side]
        arm.forward += 55 * up
        arm.out += 6 * up
        arm.elbow += 35 * up
        arm.roll -= 20 * up
        arm.wrist += -30 * up + 45 * caught
        way = path(
            act, (1.15, 0.15, 0.2, 0.5), (1.4, 0.14, 0.2, 0.51), (1.52, 0.11, 0.16, 0.44), (1.95, 0.1, 0.03, 0.23)
        )
        act.reach(side, "chest", in_mirror(way, side), up)
    act.y = act.y - 0.05 * up - 0.04 * jolt
    act.pitch += 7 * act.hold(0.6, 1.3, 1.5, 2.0) - 3 * jolt
    act.bend += 6 * up + 5 * caught
    act.nod += 14 * caught - 3 * act.hold(0.5, 1.1, 1.4, 1.8)
    return act


def bowl(take: Take) -> Act:
    """Swing the left arm back, step onto the right foot, and roll a ball forward underarm, low over the floor."""
    act = Act(4.8, take)
    right, left = act.feet["right"], act.feet["left"]
    ahead = 0.52 * take.stride
    walk_through(
        act,
        "right",
        [Step(1.0, 1.5, float(right.x[0]), TOE_AHEAD + ahead, -4.0, height=0.07, push=14, strike=12)],
    )
    walk_through(
        act,
        "left",
        [Step(3.0, 3.6, float(left.x[0]), TOE_AHEAD + ahead, float(left.yaw[0]), height=0.06, push=26, strike=6)],
    )
    act.z = act.z + ahead * act.keys((0.8, 0), (1.8, 0.66), (2.6, 0.72), (3.7, 1))
    act.x = act.x + act.keys((0.5, 0), (1.1, 0.05), (1.7, -0.02), (2.5, -0.04), (3.1, -0.06), (4.0, 0))
    low = act.hold(1.0, 1.75, 2.2, 3.2)
    back, through = act.hold(0.8, 1.4, 1.45, 1.85), act.hold(1.5, 2.05, 2.3, 3.4)
    act.y = act.y - 0.19 * low
    act.pitch += 30 * low
    act.bend += 14 * low
    act.yaw += 12 * back - 8 * through
    act.twist += 16 * back - 16 * through
    act.lean += 6 * low
    left.heel += 48 * act.hold(1.4, 1.9, 2.6, 3.05)
    arm = act.arms["left"]
    arm.forward += (
        act.keys((0.3, 0), (0.75, 42), (0.95, 38), (1.45, -52), (1.75, 40), (2.05, 122), (2.3, 118), (3.4, 0))
        * take.size**0.5
    )
    arm.out += 4 * low
    arm.elbow += 42 * act.hold(0.3, 0.7, 0.95, 1.3) - 12 * act.hold(1.0, 1.4, 1.8, 2.2) + 24 * through
    arm.roll -= 50 * act.hold(0.4, 1.2, 2.3, 3.4)
    guide = act.arms["right"]
    guide.forward += 30 * act.hold(0.3, 0.75, 0.95, 1.4) - 12 * low
    guide.elbow += 60 * act.hold(0.3, 0.75, 0.95, 1.4)
    guide.out += 34 * low
    return act


def dribble(take: Take) -> Act:
    """Bounce a ball beside the body with the left hand, five times."""
    period, count, begin = 0.6, 5, 0.95
    end = begin + period * count
    act = Act(end + 1.2, take)
    up = act.hold(0.3, 0.9, end, end + 0.8)
    push = beats(act, begin, period, count)
    arm = act.arms["left"]
    arm.forward += 34 * up
    arm.out += 6 * up
    arm.elbow += 60 * up
    arm.roll += 74 * up
    arm.wrist += -16 * up + 34 * delayed(act.t, push, 0.05)
    ones = np.ones(act.num_frames)
    place = np.stack([0.2 * ones, 0.18 - 0.2 * take.size * push, 0.37 - 0.02 * push], axis=1)
    act.reach("left", "hips", place, up)
    act.y = act.y - 0.09 * up - 0.02 * push
    act.pitch += 12 * up
    act.z = act.z - 0.04 * up
    act.bend += 10 * up + 3 * push
    act.nod += 14 * up
    act.turn += 10 * up
    act.arms["right"].out += 16 * up
    act.arms["right"].elbow += 34 * up
    act.arms["right"].forward += 8 * up
    return act


def shoot_basket(take: Take) -> Act:
    """Bend the knees with a ball before the chest, and throw it up with both hands, rising on the toes."""
    act = Act(4.6, take)
    up, size = act.hold(0.4, 1.1, 2.7, 3.9), take.size
    dip = act.hold(1.0, 1.6, 1.7, 2.1)
    rise = act.hold(1.8, 2.15, 2.4, 3.0)
    act.y = act.y - 0.17 * size * dip + 0.07 * rise
    act.z = act.z - 0.05 * dip + 0.03 * rise
    act.pitch += 15 * dip - 2 * rise
    act.bend += 9 * dip - 6 * rise
    act.nod -= 12 * act.hold(0.8, 1.5, 2.7, 3.4)
    for foot in act.feet.values():
        foot.heel += 36 * rise
    way = path(
        act,
        (1.1, 0.1, 0.06, 0.28),
        (1.65, 0.1, 0.02, 0.26),
        (1.95, 0.09, 0.4, 0.3),
        (2.18, 0.07, 0.7, 0.28),
        (2.6, 0.08, 0.68, 0.3),
        (3.6, 0.16, 0.1, 0.3),
    )
    for side in SIDES:
        arm = act.arms[side]
        arm.forward += 40 * up + 90 * act.hold(1.7, 2.15, 2.6, 3.4)
        arm.out += 8 * up
        arm.elbow += 80 * up - 60 * act.hold(1.9, 2.2, 2.6, 3.4)
        arm.wrist += act.keys((0.5, 0), (1.6, -30), (2.05, -40), (2.25, 38), (2.6, 34), (3.3, 0))
        act.reach(side, "chest", in_mirror(way, side), up)
    return act


def swim_crawl(take: Take) -> Act:
    """Bend forward and circle the arms in turn over the head and down, three rounds each."""
    period, count, begin = 1.3, 3, 1.1
    end = begin + period * (count + 0.5)
    act = Act(end + 1.6, take)
    bowed = act.hold(0.4, 1.3, end + 0.1, end + 1.3)
    _bow_to_swim(act, bowed, 40, 22)
    for side, late in (("left", 0.0), ("right", period / 2)):
        arm = act.arms[side]
        done = rounds(act, begin + late, begin + late + period * count, count, 0.4)
        # At the start of a round the arm is stretched ahead, then it goes down, back, and over the water.
        over = np.clip(np.sin(2 * np.pi * (done - 0.5)), 0, 1)
        arm.forward += 150 * bowed - 360 * done
        arm.out += 16 * over
        arm.elbow += 44 * over - 8 * bowed
        arm.twist -= 20 * over
        act.twist += (1 if side == "left" else -1) * 16 * take.size * over
    return act


def swim_breast(take: Take) -> Act:
    """Bend forward, stretch both hands ahead, part them in a wide circle and draw them to the chest, three times."""
    period, count, begin = 1.5, 3, 1.3
    end = begin + period * count
    act = Act(end + 1.5, take)
    bowed = act.hold(0.4, 1.3, end - 0.1, end + 1.1)
    _bow_to_swim(act, bowed, 30, 16)
    points = [(begin - 0.4, 0.06, 0.16, 0.24)]
    for n in range(count):
        at = begin + n * period
        points += [(at + 0.4, 0.05, 0.56, 0.42), (at + 0.55, 0.06, 0.56, 0.42), (at + 0.9, 0.52, 0.38, 0.22)]
        points += [(at + 1.2, 0.28, 0.12, 0.28), (at + period, 0.06, 0.16, 0.24)]
    way = path(act, *points)
    for side in SIDES:
        arm = act.arms[side]
        arm.forward += 80 * bowed
        arm.out += 20 * bowed
        arm.elbow += 40 * bowed
        arm.roll += 60 * bowed
        act.reach(side, "chest", in_mirror(way, side), act.hold(0.4, 1.2, end - 0.05, end + 1.0))
    act.bend -= 5 * (way[:, 0] - 0.05) / 0.47 * bowed
    return act


def _bow_to_swim(act: Act, bowed: np.ndarray, pitch: float, bend: float) -> None:
    act.pitch += pitch * bowed
    act.bend += bend * bowed
    act.z = act.z - 0.13 * bowed
    act.y = act.y - 0.05 * bowed
    for side, sign in SIGNED:
        act.feet[side].knee_out += sign * 4 * bowed
