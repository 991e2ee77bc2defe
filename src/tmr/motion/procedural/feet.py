"""Footsteps: a foot stands still on one spot, rolls off its ball, swings to the next spot and lands on its heel."""

from dataclasses import dataclass

import numpy as np

from tmr.motion.procedural.body import Act, Side
from tmr.motion.procedural.curves import Number, bump, ease, glide, keys


@dataclass(frozen=True)
class Step:
    """One swing of one foot.

    Args:
        lift: When the foot leaves the floor, in seconds.
        land: When it is back.
        x: Where the base of the toes lands, metres to the left.
        z: The same, forward.
        yaw: Degrees by which the landed foot points to the left.
        y: Height of the ground it lands on, in metres.
        height: How far the toes rise in between, in metres over the higher ground.
        peak: When they are highest, as a part of the swing.
        push: Degrees by which the heel is lifted as the foot leaves the floor.
        strike: Degrees by which the toes are lifted as the heel lands.
        tiptoe: Degrees by which the heel is still lifted where the ball lands first.
        roll: Seconds that the heel takes to come off the floor before the foot leaves it.
    """

    lift: Number
    land: Number
    x: Number
    z: Number
    yaw: Number
    y: Number = 0.0
    height: Number = 0.05
    peak: Number = 0.45
    push: Number = 25.0
    strike: Number = 0.0
    tiptoe: Number = 0.0
    roll: Number = 0.25


def walk_through(act: Act, side: Side, steps: list[Step]) -> None:
    """Send one foot of an act through its steps, in rising order of time, from where it stands at the start."""
    foot, t = act.feet[side], act.t
    x, y, z, yaw = (float(curve[0]) for curve in (foot.x, foot.y, foot.z, foot.yaw))
    for step in steps:
        swing = step.land - step.lift
        u = (t - step.lift) / swing
        moved, turned = glide(u), ease(u)
        foot.x = foot.x + (step.x - x) * moved
        foot.z = foot.z + (step.z - z) * moved
        foot.yaw = foot.yaw + (step.yaw - yaw) * turned
        foot.knee_out = foot.knee_out + (step.yaw - yaw) * turned
        climb = step.y - y
        foot.y = foot.y + climb * ease(u * 1.5 if climb > 0 else u * 1.5 - 0.5)
        foot.y = foot.y + step.height * bump(t, step.lift, step.land, step.peak)
        off = keys(t, (step.lift - step.roll, 0.0), (step.lift + 0.1 * swing, step.push), (step.lift + 0.8 * swing, 0))
        foot.heel = foot.heel + off
        flat = step.land
        if step.strike:
            flat += min(0.16, 0.4 * swing)
            foot.toe = foot.toe + keys(t, (step.lift + 0.45 * swing, 0.0), (step.land, step.strike), (flat, 0))
        if step.tiptoe:
            foot.heel = foot.heel + keys(
                t, (step.lift + 0.4 * swing, 0.0), (step.land, step.tiptoe), (step.land + 0.15, 0)
            )
        foot.planted = foot.planted & ~((t > step.lift) & (t < flat))
        x, y, z, yaw = step.x, step.y, step.z, step.yaw


def place(act: Act, seconds: Number, side: Side, width: Number, ahead: Number) -> tuple[float, float, float]:
    """Return where a foot stands under the hips at some time: metres to the left, metres forward, degrees of heading.

    Args:
        act: Whose hips.
        seconds: When.
        side: Which foot.
        width: Metres between the foot and the line on which the hips travel.
        ahead: Metres from the hips to the base of the toes.
    """
    heading = float(np.interp(seconds, act.t, act.heading))
    x = float(np.interp(seconds, act.t, act.x))
    z = float(np.interp(seconds, act.t, act.z))
    angle = np.radians(heading)
    out = width if side == "left" else -width
    return (
        float(x + np.cos(angle) * out + np.sin(angle) * ahead),
        float(z - np.sin(angle) * out + np.cos(angle) * ahead),
        heading,
    )
