"""Walking, running and turning: the hips travel along a path, and footsteps are planned under them."""

from dataclasses import dataclass

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, TOE_AHEAD, Act, Side, Take, cut, other
from tmr.motion.procedural.curves import Curve, Number, delayed, ease, smooth
from tmr.motion.procedural.feet import Step, place, walk_through


@dataclass(frozen=True)
class Gait:
    """A way to move about. Angles in degrees, lengths in metres.

    Args:
        seconds: How long the figure moves, from the first shift of weight to the last.
        forward: Speed ahead in metres per second; negative goes backwards.
        left: Speed to the left in metres per second.
        turn: Degrees turned to the left in all.
        turn_from: When the turn begins, as a part of the time of moving.
        turn_to: When it ends.
        step_seconds: From one footstep to the next.
        swing: How long a foot is in the air, in steps; over 1 there is flight between the steps, as in a run.
        first: Which foot steps first.
        width: Half the distance between the lines of the two feet.
        trail: How far the feet are put down further back than where a standing figure has them.
        foot_out: How far the feet point outwards.
        lift: How far the toes rise in a swing.
        peak: When they are highest, as a part of the swing.
        push, strike, tiptoe, roll: As in `Step`.
        height: How far the hips are lower than when standing.
        bounce: How far the hips rise and fall; highest over the standing foot, or in flight when negative.
        sway: How far the hips go over the standing foot.
        hips_yaw, hips_drop: How far the hips turn with, and drop towards, the swinging leg.
        chest_twist: How far the chest turns against the hips.
        lean: How far the body leans forward.
        bend: How far the back is bent besides.
        nod: How far the head hangs.
        arm_swing: How far each arm swings.
        arm_forward, arm_out, elbow: About which angles it does.
        elbow_swing: How far the elbow bends further as the arm comes forward.
        limp: How much the right leg is spared, 0 … 1.
        stagger: How far the path strays and the trunk reels, in metres.
        in_motion: Whether the clip begins and ends in the middle of the movement.
    """

    seconds: Number = 4.0
    forward: Number = 1.2
    left: Number = 0.0
    turn: Number = 0.0
    turn_from: Number = 0.0
    turn_to: Number = 1.0
    step_seconds: Number = 0.53
    swing: Number = 0.78
    first: Side = "left"
    width: Number = 0.06
    trail: Number = 0.025
    foot_out: Number = 6.0
    lift: Number = 0.035
    peak: Number = 0.4
    push: Number = 42.0
    strike: Number = 18.0
    tiptoe: Number = 0.0
    roll: Number = 0.26
    height: Number = 0.02
    bounce: Number = 0.017
    sway: Number = 0.022
    hips_yaw: Number = 6.0
    hips_drop: Number = 3.0
    chest_twist: Number = 10.0
    lean: Number = 2.0
    bend: Number = 0.0
    nod: Number = 0.0
    arm_swing: Number = 24.0
    arm_forward: Number = 0.0
    arm_out: Number = 8.0
    elbow: Number = 22.0
    elbow_swing: Number = 14.0
    limp: Number = 0.0
    stagger: Number = 0.0
    in_motion: bool = False


LEAD = 0.35
"""Seconds of standing before the figure moves."""

SETTLE = 0.65
"""Seconds after the hips have arrived, in which the last foot joins and the body comes to rest."""


def travel(gait: Gait, take: Take) -> Act:
    """Return the act of a figure that starts from standing, moves about as the gait says, and stops."""
    act = Act(gait.seconds + LEAD + SETTLE, take)
    moving = _path(act, gait)
    first_lift = LEAD + 0.12
    count = _footsteps(act, gait, first_lift)
    phase = np.pi * (act.t - first_lift - gait.swing * gait.step_seconds / 2) / gait.step_seconds
    last_land = first_lift + (count - 1 + gait.swing) * gait.step_seconds
    active = ease((act.t - first_lift + 0.2) / 0.6) - ease((act.t - last_land + 0.2) / 0.6)
    if gait.first == "right":
        phase = phase + np.pi
    _swing_body(act, gait, phase, active, moving)
    _swing_arms(act, gait, phase, active)
    if gait.stagger:
        _reel(act, gait, active)
    if gait.in_motion:
        act = cut(act, LEAD + 1.1, LEAD + gait.seconds - 1.1)
    return act


def _path(act: Act, gait: Gait) -> Curve:
    """Move the hips along the path; return how fast they go, as a part of the full speed."""
    t, ramp = act.t, min(0.8, gait.seconds / 3)
    moving = ease((t - LEAD) / ramp) - ease((t - LEAD - gait.seconds + ramp) / ramp)
    begin = LEAD + gait.turn_from * gait.seconds
    span = (gait.turn_to - gait.turn_from) * gait.seconds
    u = (t - begin) / span
    if gait.turn_to - gait.turn_from > 0.99 and abs(gait.turn) > 200:  # a circle: the turn keeps pace with the steps
        distance = np.cumsum(moving)
        act.heading = gait.turn * distance / distance[-1]
    else:
        act.heading = gait.turn * ease(u)
    angle, stride = np.radians(act.heading), gait.forward * act.take.stride
    speed_x = moving * (gait.left * np.cos(angle) + stride * np.sin(angle))
    speed_z = moving * (stride * np.cos(angle) - gait.left * np.sin(angle))
    if gait.stagger:
        speed_x = speed_x + gait.stagger * 2.2 * moving * np.sin(2 * np.pi * (t - LEAD) / 2.3)
        speed_z = speed_z * (1 + 0.35 * np.sin(2 * np.pi * (t - LEAD) / 1.7 + 1))
    step = t[1] - t[0]
    act.x = np.cumsum(speed_x) * step
    act.z = np.cumsum(speed_z) * step
    return moving


def _footsteps(act: Act, gait: Gait, first_lift: Number) -> int:
    """Plan the steps of both feet under the path; return how many there are."""
    end = LEAD + gait.seconds
    lifts: dict[Side, list[float]] = {"left": [], "right": []}
    count, lift, side = 0, first_lift, gait.first
    while lift + gait.swing * gait.step_seconds < end + 0.25 or count < 2:
        lifts[side].append(lift)
        side, lift, count = other(side), lift + gait.step_seconds, count + 1
    swing = gait.swing * gait.step_seconds
    for side in SIDES:
        stand = act.feet[side]
        home = abs(float(stand.x[0]))
        out = gait.foot_out if side == "left" else -gait.foot_out
        steps = []
        for number, lift in enumerate(lifts[side]):
            # A spared leg carries the weight for a shorter time: the sound one hurries through its swing.
            land = lift + swing * (1 - 0.22 * gait.limp * (side == "left"))
            last = number + 1 == len(lifts[side])
            middle = act.t[-1] if last else (land + lifts[side][number + 1]) / 2
            width, ahead = (
                (home, float(stand.z[0]))
                if last
                else (gait.width * act.take.spread, TOE_AHEAD - gait.trail * np.sign(gait.forward))
            )
            x, z, yaw = place(act, middle, side, width, ahead)
            near = 0.45 if last or number == 0 else 1.0
            spared = gait.limp if side == "right" else 0.0
            steps.append(
                Step(
                    lift,
                    land,
                    x,
                    z,
                    yaw + (float(stand.yaw[0]) if last else out),
                    height=gait.lift * (1 - 0.6 * spared) * (0.7 if last else 1.0),
                    peak=gait.peak,
                    push=gait.push * near * (1 - 0.7 * spared),
                    strike=gait.strike * (0.4 if last else 1.0) * (1 - 0.7 * spared),
                    tiptoe=gait.tiptoe,
                    roll=min(gait.roll, 0.8 * (2 - gait.swing) * gait.step_seconds),
                )
            )
        walk_through(act, side, steps)
    return count


def _swing_body(act: Act, gait: Gait, phase: Curve, active: Curve, moving: Curve) -> None:
    """Let hips and spine follow the legs. At phase 0 the left foot is in the middle of its swing."""
    size, wave = act.take.size, np.sin(phase)
    backwards = -1.0 if gait.forward < 0 else 1.0
    angle = np.radians(act.heading)
    sway = -gait.sway * active * np.cos(phase - 0.25)
    sway = sway + 0.02 * gait.limp * active  # the weight stays over the sound left leg
    act.x, act.z = act.x + sway * np.cos(angle), act.z - sway * np.sin(angle)
    on_right = (1 + np.cos(phase - 0.4)) / 2
    down = gait.height + 0.045 * gait.limp * on_right
    act.y = act.y - down * smooth(active, 3) + gait.bounce * active * np.cos(2 * phase)
    act.yaw = act.yaw - backwards * gait.hips_yaw * size * active * wave
    act.side = act.side + gait.hips_drop * active * np.cos(phase + 0.5)
    act.twist = act.twist + backwards * (gait.hips_yaw + gait.chest_twist * size) * active * delayed(act.t, wave, 0.03)
    act.lean = act.lean - 1.3 * gait.hips_drop * active * np.cos(phase + 0.3) - 11 * gait.limp * active * on_right
    act.pitch = act.pitch + 0.5 * gait.lean * smooth(active, 3) + 0.6 * active * np.cos(2 * phase + 0.5)
    act.bend = act.bend + (0.5 * gait.lean + gait.bend) * smooth(active, 3)
    act.nod = act.nod + gait.nod * active
    ahead = np.interp(act.t + 0.25, act.t, act.heading) - act.heading
    act.turn = act.turn + np.clip(ahead, -60, 60) * 0.9  # the eyes go first into a turn
    act.twist = act.twist + (np.interp(act.t + 0.12, act.t, act.heading) - act.heading) * 0.5
    act.unrest = 1 - 0.6 * moving


def _swing_arms(act: Act, gait: Gait, phase: Curve, active: Curve) -> None:
    backwards = -1.0 if gait.forward < 0 else 1.0
    for side in SIDES:
        arm = act.arms[side]
        sign = -backwards if side == "left" else backwards
        swing = sign * active * np.sin(phase - 0.25)
        uneven = 1.0 if side == "left" else 0.93
        bend = sign * active * np.sin(phase - 0.6)
        arm.forward = arm.forward + act.take.size * uneven * gait.arm_swing * swing + gait.arm_forward * active
        arm.out = arm.out + (gait.arm_out - 8) * active
        arm.elbow = arm.elbow + (gait.elbow - 16) * active + gait.elbow_swing * (active + bend) / 2
        arm.twist = arm.twist + 8 * swing


def _reel(act: Act, gait: Gait, active: Curve) -> None:
    """Let the trunk of a drunk figure reel against its path."""
    reel = gait.stagger * 60 * active
    act.lean = act.lean + reel * np.sin(2 * np.pi * act.t / 2.3 + 0.7)
    act.side = act.side + 0.4 * reel * np.sin(2 * np.pi * act.t / 2.3 + 1.3)
    act.bend = act.bend + reel * 0.8 * (1 + np.sin(2 * np.pi * act.t / 1.9))
    act.tilt = act.tilt - 1.2 * reel * np.sin(2 * np.pi * act.t / 2.3)
    for side, sign in SIGNED:
        act.arms[side].out = act.arms[side].out + reel * (1.5 + sign * np.sin(2 * np.pi * act.t / 2.1))
        act.arms[side].forward = act.arms[side].forward + reel * np.sin(2 * np.pi * act.t / 1.7 + sign)
