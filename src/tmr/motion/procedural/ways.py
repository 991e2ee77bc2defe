"""Ways to walk, run, spin and skip, made of gaits."""

from dataclasses import replace

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, TOE_AHEAD, Act, Side, Take, mirrored, then
from tmr.motion.procedural.curves import Number, bump, ease
from tmr.motion.procedural.feet import Step, place, walk_through
from tmr.motion.procedural.gaits import travel
from tmr.motion.procedural.phrases import at, pose
from tmr.motion.procedural.walks import RUN, SIDE_STEPS, TURN, WALK

SPIN = replace(TURN, seconds=3.4, turn=360, turn_from=0.05, turn_to=0.9, step_seconds=0.36, lift=0.04)
JOG_BACKWARDS = replace(
    RUN,
    forward=-1.35,
    step_seconds=0.38,
    swing=1.4,
    trail=0.0,
    lift=0.14,
    peak=0.5,
    push=26,
    strike=0,
    tiptoe=22,
    lean=3,
    arm_swing=18,
    elbow=74,
    elbow_swing=10,
    hips_yaw=5,
    chest_twist=8,
)
CROUCHED = replace(
    WALK,
    forward=0.62,
    step_seconds=0.66,
    lift=0.06,
    push=26,
    strike=8,
    width=0.09,
    height=0.33,
    lean=44,
    bend=10,
    arm_swing=16,
    arm_forward=34,
    elbow=40,
    bounce=0.012,
    hips_yaw=4,
)
ON_TOES = replace(
    WALK,
    forward=0.62,
    step_seconds=0.55,
    width=0.045,
    lift=0.05,
    push=14,
    strike=0,
    roll=0.15,
    height=0.0,
    lean=-1,
    bounce=0.008,
    arm_swing=7,
    arm_out=24,
    elbow=14,
    elbow_swing=4,
    chest_twist=5,
    hips_yaw=4,
)
HANDS_ON_HEAD = replace(WALK, forward=0.95, step_seconds=0.58, arm_swing=0, elbow_swing=0, arm_out=8, chest_twist=6)
HIGH_STEPS = replace(
    WALK,
    seconds=7.4,
    forward=0.5,
    step_seconds=0.9,
    swing=0.74,
    lift=0.42,
    peak=0.5,
    push=30,
    strike=4,
    width=0.1,
    height=0.04,
    lean=9,
    bend=4,
    nod=6,
    sway=0.04,
    hips_drop=-2,
    arm_swing=22,
    arm_out=26,
    elbow=42,
    elbow_swing=14,
    hips_yaw=4,
)


def walk_on_toes(take: Take) -> Act:
    """Walk upright on the balls of the feet, the heels never down."""
    act = travel(ON_TOES, take)
    for foot in act.feet.values():
        foot.heel = 40 + 0.6 * foot.heel
    act.y = act.y + 0.085
    act.bend -= 2
    return act


def walk_hands_on_head(take: Take) -> Act:
    """Walk with both hands laid on the top of the head, the elbows out."""
    act = travel(HANDS_ON_HEAD, take)
    always = np.ones(act.num_frames)
    for side, sign in SIGNED:
        pose(act.arms[side], always, out=96, forward=14, twist=-76, elbow=118, roll=30, wrist=-50)
        act.reach(side, "head", at(act, sign * 0.15, 0.15, 0.03), always)
    return act


def shuffle_left_and_right(take: Take) -> Act:
    """Take two side steps to the left and two to the right."""
    gait = replace(SIDE_STEPS, seconds=2.25)
    return then(travel(gait, take), mirrored(travel(gait, take)))


def skip(take: Take) -> Act:
    """Skip forward: step and hop on the same foot, the other knee raised, by turns."""
    beat, count = 0.64, 7
    start = 0.55
    act = Act(start + beat * (count + 1) + 0.75, take)
    end = start + beat * (count + 0.6)
    act.z = 1.35 * take.stride * _distance(act, 0.35, end)
    home = {side: (float(act.feet[side].x[0]), float(act.feet[side].yaw[0])) for side in SIDES}
    steps: dict[Side, list[Step]] = {"left": [], "right": []}
    on = act.hold(start - 0.2, start + 0.5, end - 0.4, end + 0.2)
    for number in range(count):
        side: Side = "left" if number % 2 == 0 else "right"
        land = start + beat * (number + 0.75)
        lift = land - (0.46 if number == 0 else 0.58)
        act.feet[side].z += 0.17 * bump(act.t, lift, land, 0.6)
        x, z, yaw = place(act, land + 0.08, side, 0.06, TOE_AHEAD)
        steps[side].append(Step(lift, land, x, z, yaw, height=0.33, peak=0.5, push=40, tiptoe=8, roll=0.1))
        if number + 1 < count:
            hop, down = land + 0.2, land + 0.44
            x, z, yaw = place(act, down + 0.08, side, 0.06, TOE_AHEAD)
            steps[side].append(Step(hop, down, x, z, yaw, height=0.075, peak=0.5, push=30, tiptoe=18, roll=0.1))
            act.y = act.y + 0.1 * bump(act.t, hop - 0.12, down + 0.12) - 0.05 * bump(act.t, land - 0.06, hop + 0.08)
    for side in SIDES:
        last = start + beat * (count + (0.1 if side != ("left" if count % 2 else "right") else 0.75))
        x, yaw = home[side]
        steps[side].append(Step(last, last + 0.45, x, float(act.z[-1]) + TOE_AHEAD, yaw, height=0.05, push=16))
        walk_through(act, side, steps[side])
    swing = np.sin(np.pi * (act.t - start - beat * 0.75 - 0.32) / beat + np.pi / 2) * on * take.size
    act.y = act.y - 0.02 * on
    act.pitch += 4 * on
    act.yaw -= 6 * swing
    act.twist += 14 * swing
    for side, sign in SIGNED:
        pose(act.arms[side], on, elbow=52, out=6)
        act.arms[side].forward += sign * 34 * swing
    return act


def _distance(act: Act, begin: Number, end: Number) -> np.ndarray:
    """Return the seconds of full speed that lie behind, gathered and lost softly."""
    step = act.t[1] - act.t[0]
    return np.cumsum(ease((act.t - begin) / 0.8) - ease((act.t - end + 0.7) / 0.8)) * step
