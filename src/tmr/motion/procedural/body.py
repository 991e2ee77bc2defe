"""Act: what a figure does, as curves for hips, spine, head, arms and feet, before it is solved into joints."""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from tmr.motion.procedural.curves import Curve, Number, ease, keys

FPS = 30.0
STANDING_HEIGHT = 1.003
"""Height of the hips over the floor in metres when a figure stands at ease, knees just not locked."""

TOE_AHEAD = 0.105
"""How far the base of the toes stands in front of the hips, in metres."""

Side = Literal["left", "right"]
Frame = Literal["world", "hips", "chest", "head"]
SIDES: tuple[Side, Side] = ("left", "right")
SIGNED: tuple[tuple[Side, float], tuple[Side, float]] = (("left", 1.0), ("right", -1.0))
"""Each side with the sign that its x has."""


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class Take:
    """How one variation of a motion is played.

    Args:
        tempo: How many times faster than written.
        stride: How many times longer the strides are than written.
        size: How many times larger the gestures are than written.
        lean: Degrees by which the whole figure leans forward.
        spread: How many times wider apart the feet stand.
        heading: Radians by which the whole motion is turned to the left.
        seed: Seeds the unrest of the standing body.
    """

    tempo: Number = 1.0
    stride: Number = 1.0
    size: Number = 1.0
    lean: Number = 0.0
    spread: Number = 1.0
    heading: Number = 0.0
    seed: int = 0


@dataclass
class Reach:
    """A place that the wrist goes to.

    Args:
        frame: Which body part, or the world, the place belongs to. Body frames have their origin at the joint.
        place: Metres, for each frame of the motion.
        weight: 0 leaves the arm to its angles, 1 puts the wrist on the place.
    """

    frame: Frame
    place: Float[np.ndarray, "frame 3"]
    weight: Curve


@dataclass
class Arm:
    """Angles of one arm in degrees, zero when it hangs down with the palm inwards; written for the left arm.

    Args:
        forward: Swings the arm forward and up.
        out: Lifts the arm away from the body, before `forward` swings it.
        twist: Turns the upper arm inwards about itself.
        elbow: Bends the elbow.
        roll: Turns the palm down.
        wrist: Bends the hand towards the palm.
        shrug: Lifts the shoulder.
        reaches: Places the wrist goes to, each after the one before.
    """

    forward: Curve
    out: Curve
    twist: Curve
    elbow: Curve
    roll: Curve
    wrist: Curve
    shrug: Curve
    reaches: list[Reach] = field(default_factory=list)


@dataclass
class Foot:
    """Where one foot is.

    Args:
        x: Metres to the left, of the base of the toes.
        y: Metres of the sole above the floor.
        z: Metres forward, of the base of the toes.
        yaw: Degrees by which the foot points to the left.
        heel: Degrees by which the heel is lifted, about the base of the toes.
        toe: Degrees by which the toes are lifted, about the heel.
        knee_out: Degrees by which the knee points to the left.
        planted: Where the toes stand on their ground.
    """

    x: Curve
    y: Curve
    z: Curve
    yaw: Curve
    heel: Curve
    toe: Curve
    knee_out: Curve
    planted: Bool[np.ndarray, "frame"]


class Act:
    """The curves of one motion. It starts as a figure at ease that faces +z at the origin.

    Args:
        seconds: How long it is as written; `take.tempo` shortens it.
        take: How it is played.

    Attributes:
        t: Seconds as written, at each frame of the motion.
        x, y, z: The hips in metres.
        heading: Degrees by which the figure faces to the left of +z.
        yaw, pitch, side: Degrees of the hips besides: to the left, bent forward, leaning left.
        twist, bend, lean: Degrees of the spine over the hips, in the same order.
        turn, nod, tilt: Degrees of the head over the chest, in the same order.
        level: How much the head stays upright while the body leans, 0 … 1.
        unrest: How much the body sways and breathes, 0 … 1.
    """

    def __init__(self, seconds: Number, take: Take) -> None:
        num_frames = round(seconds / take.tempo * FPS) + 1
        self.take = take
        self.t = np.arange(num_frames) / FPS * take.tempo
        zero = np.zeros(num_frames)
        self.x, self.z, self.heading = zero.copy(), zero.copy(), zero.copy()
        self.y = zero + STANDING_HEIGHT
        self.yaw, self.pitch, self.side = zero.copy(), zero + 0.4 * take.lean, zero.copy()
        self.twist, self.bend, self.lean = zero.copy(), zero + 1.0 + 0.6 * take.lean, zero.copy()
        self.turn, self.nod, self.tilt = zero.copy(), zero.copy(), zero.copy()
        self.level, self.unrest = zero + 0.7, zero + 1.0
        self.arms = {
            side: Arm(
                zero + 3.0,
                zero + 8.0,
                zero + 12.0,
                zero + (16.0 if side == "left" else 18.0),
                zero + 10.0,
                zero + 8.0,
                zero.copy(),
            )
            for side in SIDES
        }
        width = 0.105 * take.spread
        self.feet = {
            "left": standing_foot(num_frames, width, TOE_AHEAD, 8.0),
            "right": standing_foot(num_frames, -width, TOE_AHEAD, -9.0),
        }

    @property
    def num_frames(self) -> int:
        """The number of frames."""
        return len(self.t)

    def keys(self, *points: tuple[Number, Number]) -> Curve:
        """Return a curve through (seconds, value) keys: see `curves.keys`."""
        return keys(self.t, *points)

    def hold(self, start: Number, full: Number, release: Number, end: Number) -> Curve:
        """Return a weight that is 0, eases to 1 from `start` to `full`, and back to 0 from `release` to `end`."""
        return ease((self.t - start) / (full - start)) - ease((self.t - release) / (end - release))

    def reach(
        self,
        side: Side,
        frame: Frame,
        place: tuple[Number, Number, Number] | Float[np.ndarray, "frame 3"],
        weight: Curve,
    ) -> None:
        """Send the wrist of one arm to a place in a frame, fixed or one for each frame of the motion: see `Reach`."""
        points = np.array(np.broadcast_to(np.asarray(place, dtype=float), (self.num_frames, 3)))
        self.arms[side].reaches.append(Reach(frame, points, weight))


def standing_foot(num_frames: int, x: Number, z: Number, yaw: Number) -> Foot:
    """Return a foot that stands flat on one spot: metres to the left and forward, degrees to the left."""
    zero = np.zeros(num_frames)
    return Foot(
        zero + x, zero.copy(), zero + z, zero + yaw, zero.copy(), zero.copy(), zero + yaw, np.ones(num_frames, bool)
    )


CURVES = ("x", "y", "z", "heading", "yaw", "pitch", "side", "twist", "bend", "lean", "turn", "nod", "tilt")
WEIGHTS = ("level", "unrest")
MIRRORED = ("x", "heading", "yaw", "side", "twist", "lean", "turn", "tilt")


def mirrored(act: Act) -> Act:
    """Return the motion with left and right exchanged. The given act is used up."""
    for name in MIRRORED:
        setattr(act, name, -getattr(act, name))
    act.arms = {"left": act.arms["right"], "right": act.arms["left"]}
    act.feet = {"left": act.feet["right"], "right": act.feet["left"]}
    for arm in act.arms.values():
        for reach in arm.reaches:
            reach.place = reach.place * np.array([-1.0, 1.0, 1.0])
    for foot in act.feet.values():
        foot.x, foot.yaw, foot.knee_out = -foot.x, -foot.yaw, -foot.knee_out
    return act


def cut(act: Act, start: Number, end: Number) -> Act:
    """Return the part of a motion between two times as written, in seconds. The given act is used up."""
    first = int(np.searchsorted(act.t, start))
    last = int(np.searchsorted(act.t, end, side="right"))
    part = slice(first, last)
    for name in (*CURVES, *WEIGHTS, "t"):
        setattr(act, name, getattr(act, name)[part])
    for limb in (*act.arms.values(), *act.feet.values()):
        for column in fields(limb):
            if column.name != "reaches":
                setattr(limb, column.name, getattr(limb, column.name)[part])
    for arm in act.arms.values():
        arm.reaches = [replace(r, place=r.place[part], weight=r.weight[part]) for r in arm.reaches]
    act.t = act.t - act.t[0]
    return act


def reversed_in_time(act: Act) -> Act:
    """Return the motion played backwards, still starting at time 0. The given act is used up."""
    for name in (*CURVES, *WEIGHTS):
        setattr(act, name, getattr(act, name)[::-1])
    for limb in (*act.arms.values(), *act.feet.values()):
        for column in fields(limb):
            if column.name != "reaches":
                setattr(limb, column.name, getattr(limb, column.name)[::-1])
    for arm in act.arms.values():
        arm.reaches = [replace(r, place=r.place[::-1], weight=r.weight[::-1]) for r in arm.reaches]
    return act


def then(first: Act, second: Act) -> Act:
    """Return one motion after another, the second moved to where the first ends. Both given acts are used up.

    Both must end and begin at ease: what little differs is blended over the first 0.4 seconds of the second.
    """
    _move(second, first.x[-1], first.z[-1], first.heading[-1])
    blend = ease(np.arange(second.num_frames) / 12.0)

    def joined(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        if before.dtype == bool:
            return np.concatenate([before, after[1:]])
        weight = blend.reshape(-1, *([1] * (after.ndim - 1)))
        eased = after + (before[-1] - after[0]) * (1 - weight)
        return np.concatenate([before, eased[1:]])

    for name in (*CURVES, *WEIGHTS):
        setattr(first, name, joined(getattr(first, name), getattr(second, name)))
    for side in SIDES:
        for limb, follower in ((first.arms[side], second.arms[side]), (first.feet[side], second.feet[side])):
            for column in fields(limb):
                if column.name != "reaches":
                    setattr(limb, column.name, joined(getattr(limb, column.name), getattr(follower, column.name)))
        early, late = first.num_frames, second.num_frames - 1
        first.arms[side].reaches = [
            Reach(r.frame, np.pad(r.place, ((0, late), (0, 0)), mode="edge"), np.pad(r.weight, (0, late)))
            for r in first.arms[side].reaches
        ] + [
            Reach(r.frame, np.pad(r.place[1:], ((early, 0), (0, 0)), mode="edge"), np.pad(r.weight[1:], (early, 0)))
            for r in second.arms[side].reaches
        ]
    first.t = np.concatenate([first.t, first.t[-1] + second.t[1:]])
    return first


def _move(act: Act, x: Number, z: Number, heading: Number) -> None:
    cosine, sine = np.cos(np.radians(heading)), np.sin(np.radians(heading))

    def moved(px: np.ndarray, pz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x + cosine * px + sine * pz, z - sine * px + cosine * pz

    act.x, act.z = moved(act.x, act.z)
    act.heading = act.heading + heading
    for foot in act.feet.values():
        foot.x, foot.z = moved(foot.x, foot.z)
        foot.yaw, foot.knee_out = foot.yaw + heading, foot.knee_out + heading
    for arm in act.arms.values():
        for reach in arm.reaches:
            if reach.frame == "world":
                reach.place[:, 0], reach.place[:, 2] = moved(reach.place[:, 0], reach.place[:, 2])
