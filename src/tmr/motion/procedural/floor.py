"""What goes down: sitting on a chair and on the floor, kneeling, lying, crawling."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, Act, Side, Take, cut, reversed_in_time
from tmr.motion.procedural.curves import Number, bump, ease
from tmr.motion.procedural.feet import Step, walk_through

SHIN = 0.423
"""Length of the shin in metres."""

THIGH = 0.432
"""Length of the thigh in metres."""


def sit(take: Take) -> Act:
    """Sit down on a chair behind the body, the hands on the thighs, and stay seated."""
    act = Act(4.0, take)
    _to_chair(act, 0.4, 1.9)
    return act


def sit_and_rise(take: Take) -> Act:
    """Sit down on a chair, wait, and stand up again."""
    act = Act(6.4, take)
    _to_chair(act, 0.4, 1.9, 3.9, 5.6)
    return act


def rise_from_chair(take: Take) -> Act:
    """Begin seated on a chair, lean forward, and stand up."""
    act = Act(6.4, take)
    _to_chair(act, 0.4, 1.9, 3.9, 5.6)
    return cut(act, 3.0, 6.4)


def _to_chair(act: Act, start: Number, end: Number, rise: Number = 50.0, up: Number = 51.0) -> None:
    """Lower the hips onto a chair from `start` to `end`, and leave it from `rise` to `up`, in seconds."""
    span = end - start
    seated = act.hold(start + 0.15, end, rise, up - 0.1)
    back = act.hold(start, end, rise + 0.15, up)
    stoop = bump(act.t, start, end + 0.35, 0.55) + bump(act.t, rise - 0.25, up + 0.05, 0.4)
    act.y = act.y - 0.475 * seated
    act.z = act.z - 0.37 * back
    act.pitch += 27 * stoop - 4 * seated
    act.bend += 16 * stoop + 3 * seated
    act.nod += 4 * stoop
    for side, sign in SIGNED:
        arm = act.arms[side]
        hands = act.hold(start + 0.5 * span, end + 0.3, rise + 0.2, up - 0.2)
        arm.forward += 20 * stoop + 22 * hands
        arm.elbow += 10 * stoop + 34 * hands
        arm.roll += 60 * hands
        act.reach(side, "hips", (sign * 0.13, 0.105, 0.27), hands)
        act.feet[side].knee_out += sign * 6 * seated


def sit_on_floor(take: Take) -> Act:
    """Squat, lean on the hands behind, sit down on the floor with bent knees, and put the arms round the knees."""
    act = Act(5.6, take)
    _to_floor(act)
    hug = act.hold(3.5, 4.5, 50.0, 51.0)
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.twist += 20 * hug
        arm.elbow += 30 * hug
        act.reach(side, "hips", (sign * 0.06, 0.27 + 0.03 * sign, 0.44), hug)
    act.bend += 16 * hug
    act.pitch += 6 * hug
    return act


def _to_floor(act: Act) -> None:
    """Lower the figure onto the floor within three and a half seconds: hips down and back, hands behind, feet ahead."""
    low = act.keys((0.4, 0), (1.9, 0.62), (2.7, 0.87))
    act.y = act.y - low
    act.z = act.z - act.keys((0.4, 0), (1.9, 0.2), (2.7, 0.34))
    act.pitch += act.keys((0.4, 0), (1.7, 34), (2.7, -14), (3.6, -8))
    act.bend += act.keys((0.4, 0), (1.6, 20), (2.8, 14), (3.6, 18))
    behind = act.hold(1.2, 2.2, 3.2, 4.0)
    for side, sign in SIGNED:
        arm, foot = act.arms[side], act.feet[side]
        arm.forward += 40 * act.hold(0.4, 1.2, 1.3, 2.0) - 38 * behind
        arm.out += 14 * behind
        arm.twist -= 40 * behind
        arm.elbow += 4 * behind
        arm.roll -= 50 * behind
        arm.wrist -= 70 * behind
        act.reach(side, "world", (sign * 0.27, 0.06, -0.56), behind)
        foot.knee_out += sign * 10 * act.hold(0.5, 1.6, 2.4, 3.4)
        lift = 2.55 + (0.0 if side == "left" else 0.35)
        ahead = [Step(lift, lift + 0.4, float(foot.x[0]), 0.27, float(foot.yaw[0]), height=0.03, push=6, roll=0.1)]
        walk_through(act, side, ahead)


def lie_down(take: Take) -> Act:
    """Sit down on the floor, lean back, and lie on the back with the legs stretched out."""
    act = Act(7.4, take)
    _to_floor(act)
    back = ease((act.t - 3.4) / 2.2)
    straight = ease((act.t - 3.7) / 2.3)
    act.pitch -= 80 * back
    act.bend -= act.keys((3.4, 0), (4.2, -12), (5.6, 19))
    act.y = act.y - 0.03 * back
    act.level = act.level * (1 - back)
    act.nod += act.keys((3.4, 0), (4.4, 18), (5.4, 22), (6.2, 4))
    act.unrest = 1 - 0.7 * back
    for side, sign in SIGNED:
        arm, foot, late = act.arms[side], act.feet[side], 0.0 if side == "left" else 0.2
        stretched = ease((act.t - 3.7 - late) / 2.0)
        foot.z = foot.z + 0.54 * stretched
        foot.x = foot.x + sign * 0.05 * stretched
        foot.toe += 58 * stretched
        foot.yaw += sign * 14 * stretched
        foot.planted &= act.t < 3.7 + late
        arm.out += 16 * back
        arm.elbow += 40 * act.hold(3.2, 3.8, 4.4, 5.6)
        arm.forward += 4 * back
        arm.roll += 30 * straight
    return act


def get_up(take: Take) -> Act:
    """Begin lying on the back, sit up, get the feet under the body, and stand up."""
    return reversed_in_time(lie_down(take))


def kneel(take: Take) -> Act:
    """Step back with the left leg, go down on the left knee, and rest there."""
    act = Act(4.6, take)
    _onto_left_knee(act, 50.0)
    return act


def kneel_and_rise(take: Take) -> Act:
    """Go down on the left knee, wait, and stand up again."""
    act = Act(6.8, take)
    _onto_left_knee(act, 4.2)
    return act


def _onto_left_knee(act: Act, rise: Number) -> None:
    foot = act.feet["left"]
    home = (float(foot.x[0]), float(foot.z[0]), float(foot.yaw[0]))
    steps = [Step(0.55, 1.15, 0.1, -0.47, 2.0, height=0.07, push=18)]
    if rise < act.t[-1]:
        steps.append(Step(rise + 1.1, rise + 1.75, *home, height=0.07, push=0))
    walk_through(act, "left", steps)
    down = act.hold(0.95, 2.3, rise, rise + 1.2)
    foot.heel += 92 * act.hold(0.85, 2.2, rise + 0.1, rise + 1.55)
    act.x = act.x + act.keys((0.1, 0), (0.6, -0.06), (1.2, -0.01))
    if rise < act.t[-1]:
        act.x = act.x + act.keys((rise + 0.5, 0), (rise + 1.1, -0.05), (rise + 2.0, 0.01))
    act.z = act.z - 0.09 * act.hold(0.6, 1.5, rise + 0.7, rise + 1.7)
    act.y = act.y - 0.43 * down
    stoop = bump(act.t, 0.6, 2.6) + bump(act.t, rise - 0.3, rise + 1.3)
    act.pitch += 18 * stoop
    act.bend += 10 * stoop
    arm = act.arms["right"]
    arm.forward += 30 * down
    arm.elbow += 40 * down
    arm.roll += 40 * down
    act.reach("right", "hips", (-0.12, 0.1, 0.3), down)
    act.arms["left"].out += 8 * stoop


def crawl(take: Take) -> Act:
    """Crawl forward on hands and knees."""
    act = Act(5.0, take)
    cycle, stride = 1.25, 0.36 * take.size
    speed = stride / cycle
    phase = 2 * np.pi * act.t / cycle
    act.z = speed * act.t - 0.3 + 0.008 * np.sin(2 * phase)
    act.y = np.full(act.num_frames, 0.103 + np.sqrt(THIGH**2 - (stride / 4) ** 2))
    act.pitch = act.pitch + 69
    act.bend += 6
    act.level = act.level * 0
    act.nod = act.nod - 42
    act.side += 2.5 * np.sin(phase)
    act.yaw -= 5 * np.cos(phase)
    act.twist += 8 * np.cos(phase)
    act.x = act.x + 0.012 * np.sin(phase)
    act.unrest = act.unrest * 0.3
    for side in SIDES:
        late = 0.0 if side == "left" else 0.5
        _crawl_leg(act, side, *_crawled(act.t / cycle + late, late, stride))
        _crawl_arm(act, side, *_crawled(act.t / cycle + late + 0.5, late + 0.5, stride))
    return act


def _crawled(beat: np.ndarray, late: Number, stride: Number) -> tuple[np.ndarray, np.ndarray]:
    """Return how far a hand or knee has come (standing still half the time) and how far through its move it is."""
    whole = np.floor(beat)
    move = np.clip((beat - whole - 0.5) / 0.5, 0, 1)
    return stride * (whole + ease(move) + 0.25 - late), move


def _crawl_leg(act: Act, side: Side, come: np.ndarray, move: np.ndarray) -> None:
    sign = 1.0 if side == "left" else -1.0
    foot = act.feet[side]
    knee_z = come - 0.375  # hips at -0.3, and the hip joints behind them
    foot.x = foot.x * 0 + sign * 0.105
    foot.heel = foot.heel * 0 + 150
    foot.y = foot.y * 0 + 0.012 + 0.012 * bump(move, 0.0, 1.0)
    # The shin lies on the floor behind the knee; the toes point back from the ankle.
    foot.z = knee_z - SHIN - 0.14
    foot.yaw = foot.yaw * 0
    foot.knee_out = foot.knee_out * 0
    foot.planted = (move <= 0) | (move >= 1)


def _crawl_arm(act: Act, side: Side, come: np.ndarray, move: np.ndarray) -> None:
    sign = 1.0 if side == "left" else -1.0
    arm = act.arms[side]
    arm.forward += 84
    arm.elbow -= 6
    arm.roll += 70
    arm.wrist -= 78
    lift = 0.065 + 0.06 * bump(move, 0.0, 1.0)
    place = np.stack([np.full(act.num_frames, sign * 0.17), lift, come + 0.13], axis=1)
    act.reach(side, "world", place, np.ones(act.num_frames))
