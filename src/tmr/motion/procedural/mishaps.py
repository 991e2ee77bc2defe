"""What takes the whole body: to duck, lean, step, go downstairs, fall and trip. Sided ones are written for the left."""

from dataclasses import fields

import numpy as np

from tmr.motion.procedural.body import CURVES, SIDES, SIGNED, TOE_AHEAD, WEIGHTS, Act, Side, Take, other
from tmr.motion.procedural.curves import Number, bump, delayed
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.floor import lie_down
from tmr.motion.procedural.gaits import Gait, travel
from tmr.motion.procedural.phrases import pose, rounds


def duck(take: Take) -> Act:
    """Duck quickly under something, the head between the arms, wait, and come up again."""
    act = Act(3.0, take)
    down = act.hold(0.5, 0.95, 1.5, 2.3)
    size = take.size**0.5
    act.y = act.y - 0.4 * size * down
    act.z = act.z - 0.1 * down
    act.pitch += 38 * size * down
    act.bend += 34 * delayed(act.t, down, 0.03)
    act.nod += 16 * down
    act.level = act.level - 0.5 * down
    for side, sign in SIGNED:
        pose(act.arms[side], down, forward=46, out=14, elbow=56, twist=10)
        act.feet[side].knee_out += sign * 12 * down
        act.feet[side].heel += 8 * down
    return act


def lean(take: Take) -> Act:
    """Lean the whole trunk far to the left, stay so, and come back."""
    act = Act(4.4, take)
    over = act.hold(0.5, 1.6, 2.7, 3.8)
    act.lean += 34 * take.size * over
    act.side += 7 * over
    act.x = act.x - 0.035 * over
    act.level = act.level * (1 - over)
    act.arms["left"].out += 26 * over
    act.arms["right"].out -= 6 * over
    return act


def step_forward(take: Take) -> Act:
    """Take one step forward with the left foot, bring the right foot up to it, and stand."""
    return _one_step(take, 0.55 * take.stride)


def step_back(take: Take) -> Act:
    """Take one step back with the left foot, bring the right foot to it, and stand."""
    return _one_step(take, -0.42 * take.stride)


def _one_step(take: Take, metres: Number) -> Act:
    act = Act(2.9, take)
    ahead = metres > 0
    for side, lift in zip(SIDES, (0.6, 1.3), strict=True):
        foot = act.feet[side]
        step = Step(
            lift,
            lift + 0.52,
            float(foot.x[0]),
            float(foot.z[0]) + metres,
            float(foot.yaw[0]),
            push=24 if ahead else 12,
            strike=12 if ahead else 0,
            tiptoe=0 if ahead else 16,
        )
        walk_through(act, side, [step])
    act.x = act.x + act.keys((0.15, 0), (0.7, -0.05), (1.35, 0.04), (2.2, 0))
    act.z = act.z + metres * act.keys((0.45, 0), (1.1, 0.55), (1.9, 1))
    moving = act.hold(0.5, 0.9, 1.5, 2.1)
    act.y = act.y - 0.02 * moving
    act.pitch += (3 if ahead else -1) * moving
    act.nod += 6 * moving
    swing = act.keys((0.5, 0), (1.1, 1), (1.8, -0.3), (2.5, 0)) * (1 if ahead else -1)
    act.arms["right"].forward += 16 * swing
    act.arms["left"].forward -= 14 * swing
    act.twist += 4 * swing
    return act


def stairs_down(take: Take) -> Act:
    """Walk down five steps of a stair, one foot a step."""
    rise, tread, pace = 0.165, 0.29, 0.7
    act = Act(5.0, take)
    descents: dict[Side, list[Step]] = {"left": [], "right": []}
    side: Side = "left"
    for number in range(6):
        last = number == 5
        level = number + (0 if last else 1)
        lift, foot = 0.5 + number * pace, act.feet[side]
        place = (float(foot.x[0]) * 0.85, TOE_AHEAD + tread * level, float(foot.yaw[0]))
        end = lift + 0.8 * pace
        step = Step(lift, end, *place, y=rise * (5 - level), height=0.035, peak=0.35, push=34, tiptoe=16)
        descents[side].append(step)
        side = other(side)
    for name in SIDES:
        act.feet[name].y += rise * 5
        walk_through(act, name, descents[name])
    begin, end = 0.5, 0.5 + 5.7 * pace
    moving = act.hold(0.3, 1.1, end - 0.5, end + 0.3)
    beat = np.pi * (act.t - 0.5 - 0.42 * pace) / pace
    act.z = act.z + rounds(act, begin, end + 0.2, 1) * tread * 5
    act.y = act.y + rise * 5 * (1 - rounds(act, begin + 0.1, end + 0.1, 1)) - 0.05 * moving
    act.y = act.y - 0.014 * moving * np.cos(2 * beat)
    act.x = act.x - 0.03 * moving * np.cos(beat)
    act.pitch += 2 * moving
    act.bend += 5 * moving
    act.nod += 20 * moving
    act.yaw -= 4 * moving * np.sin(beat)
    act.twist += 8 * moving * np.sin(beat)
    act.lean -= 3 * moving * np.cos(beat)
    for name, sign in (("left", -1.0), ("right", 1.0)):
        arm = act.arms[name]
        arm.forward += moving * sign * 16 * np.sin(beat - 0.2)
        arm.elbow += moving * (12 + sign * 8 * np.sin(beat - 0.5))
        arm.out += 6 * moving
    return act


def fall(take: Take) -> Act:
    """Lose the balance, throw up the arms, fall backwards onto the seat and the back, and stay on the floor."""
    act = _warped(lie_down(take), (0, 0), (0.5, 0.4), (1.5, 2.7), (1.7, 3.5), (2.4, 5.6), (3.7, 7.4))
    reel = bump(act.t, 0.25, 1.1, 0.5)
    for side, sign in SIGNED:
        pose(act.arms[side], reel, out=46 + 10 * sign, forward=44, elbow=18, twist=-20)
    act.nod -= 14 * reel
    act.pitch -= 34 * bump(act.t, 0.55, 1.6)
    act.bend -= 12 * bump(act.t, 0.55, 1.6)
    return act


def _warped(act: Act, *points: tuple[Number, Number]) -> Act:
    """Return a motion played at another pace: keys of new seconds and the seconds as written that they show."""
    new = Act(points[-1][0], act.take)
    shown = new.keys(*points)

    def resampled(curve: np.ndarray) -> np.ndarray:
        there = np.interp(shown, act.t, curve)
        return there > 0.999 if curve.dtype == bool else there

    for name in (*CURVES, *WEIGHTS):
        setattr(new, name, resampled(getattr(act, name)))
    for side in SIDES:
        for limb, model in ((new.arms[side], act.arms[side]), (new.feet[side], act.feet[side])):
            for column in fields(limb):
                if column.name != "reaches":
                    setattr(limb, column.name, resampled(getattr(model, column.name)))
        for reach in act.arms[side].reaches:
            place = np.stack([resampled(axis) for axis in reach.place.T], axis=1)
            new.reach(side, reach.frame, place, resampled(reach.weight))
    return new


def trip(take: Take) -> Act:
    """Walk, catch the foot on something, stagger with the arms thrown forward, and walk on."""
    act = travel(Gait(seconds=5.0, forward=1.05), take)
    at = 2.3
    jolt = bump(act.t, at, at + 1.3, 0.3)
    act.pitch += 26 * take.size * jolt
    act.bend += 18 * delayed(act.t, jolt, 0.05)
    act.nod += 8 * jolt
    act.y = act.y - 0.09 * jolt
    for side, sign in SIGNED:
        pose(act.arms[side], delayed(act.t, jolt, -0.02), forward=46 - 6 * sign, out=26, elbow=22, twist=-10)
    return act
