"""From an act to joints: forward kinematics of the trunk, two-bone inverse kinematics of the limbs."""

import numpy as np
from jaxtyping import Float

from tmr.motion.procedural.body import SIDES, Act, Arm, Foot, Side
from tmr.motion.procedural.curves import Curve, ease, smooth, wobble
from tmr.motion.skeleton import built_in_skeleton

Points = Float[np.ndarray, "frame 3"]
Turns = Float[np.ndarray, "frame 3 3"]

SKELETON = built_in_skeleton("somaskel30")
TOE_HEIGHT = 0.03
"""Height of the base of the toes over the sole, in metres: SOMA's joint lies inside the foot."""

HEEL_BEHIND = 0.045
"""How far the heel touches the floor behind the ankle, in metres."""

FULL_REACH = 0.978
"""How straight a leg may get, as a part of its length: beyond, the knee would snap."""

LANDING = 6
"""How many frames before its toes are down a landing foot bears weight: its heel is first."""

_X, _Y, _Z = 0, 1, 2
_MIRROR = np.array([[1, -1, -1], [-1, 1, 1], [-1, 1, 1]], dtype=float)


def solve(act: Act) -> Float[np.ndarray, "frame joint 3"]:
    """Return the global joint positions of an act, in metres, SOMA-30, with exact bone lengths."""
    _add_unrest(act)
    rest = np.asarray(SKELETON.rest, dtype=float)
    offset = rest - rest[[max(parent, 0) for parent in SKELETON.parents]]
    joints = np.zeros((act.num_frames, len(rest), 3))
    hips_turn = _about(_Y, act.heading + act.yaw) @ _about(_X, act.pitch) @ _about(_Z, -act.side)
    ankles = {side: _ankle_and_toe(act.feet[side], offset[SKELETON.index(_name(side, "ToeBase"))]) for side in SIDES}
    hips = np.stack([act.x, act.y, act.z], axis=1)
    hips[:, 1] -= _hips_drop(act, hips, hips_turn, ankles, offset)
    joints[:, 0] = hips
    chest_turn, head_turn = _trunk(act, joints, hips_turn, offset)
    frames = {
        "world": (np.zeros((1, 3)), np.eye(3)[None]),
        "hips": (hips, hips_turn),
        "chest": (joints[:, SKELETON.index("Chest")], chest_turn),
        "head": (joints[:, SKELETON.index("Head")], head_turn),
    }
    for side in SIDES:
        _arm(act.arms[side], side, joints, chest_turn, offset, frames)
        _leg(act.feet[side], side, act, joints, hips_turn, offset, *ankles[side])
    return joints


def _name(side: Side, part: str) -> str:
    return side.capitalize() + part


def _about(axis: int, degrees: Curve) -> Turns:
    """Return rotations about a coordinate axis."""
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    turns = np.zeros((len(angle), 3, 3))
    turns[:, axis, axis] = 1
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turns[:, first, first] = turns[:, second, second] = cosine
    turns[:, first, second] = -sine
    turns[:, second, first] = sine
    return turns


def _add_unrest(act: Act) -> None:
    rng = np.random.default_rng(act.take.seed)
    seconds = act.t / act.take.tempo

    def sway(amount: float, period: float) -> Curve:
        return amount * act.unrest * wobble(seconds, rng, period)

    breath = act.unrest * np.sin(2 * np.pi * seconds / rng.uniform(3.4, 4.4) + rng.uniform(0, 6))
    act.x = act.x + sway(0.007, 4.2)
    act.z = act.z + sway(0.006, 3.6)
    act.bend = act.bend + 0.5 * breath + sway(0.6, 5.0)
    act.lean = act.lean + sway(0.8, 4.5)
    act.twist = act.twist + sway(1.0, 5.5)
    act.turn = act.turn + sway(3.0, 4.7)
    act.nod = act.nod - 0.4 * breath + sway(1.2, 3.9)
    for arm in act.arms.values():
        arm.shrug = arm.shrug + 0.7 * breath
        arm.forward = arm.forward + sway(1.3, 3.3)
        arm.out = arm.out + 0.3 * breath + sway(0.8, 4.1)
        arm.elbow = arm.elbow + sway(1.5, 3.7)


def _trunk(act: Act, joints: Float[np.ndarray, "frame joint 3"], hips_turn: Turns, offset: np.ndarray) -> tuple:
    """Place spine, neck and head; return how the chest and the head are turned."""
    third = 1 / 3
    spine = _about(_Y, act.twist * third) @ _about(_X, act.bend * third) @ _about(_Z, -act.lean * third)
    nod = act.nod - act.level * (act.pitch + act.bend)
    tilt = act.tilt - act.level * (act.side + act.lean)
    turn = act.turn - act.level * (act.yaw + act.twist)
    neck = _about(_Y, turn * third) @ _about(_X, nod * third) @ _about(_Z, -tilt * third)
    turns = hips_turn
    for name in ("Spine1", "Spine2", "Chest"):
        _hang(joints, name, turns, offset)
        turns = turns @ spine
    chest_turn = turns
    for name in ("Neck1", "Neck2", "Head"):
        _hang(joints, name, turns, offset)
        turns = turns @ neck
    for name in ("Jaw", "LeftEye", "RightEye"):
        _hang(joints, name, turns, offset)
    return chest_turn, turns


def _hang(joints: Float[np.ndarray, "frame joint 3"], name: str, turns: Turns, offset: np.ndarray) -> None:
    """Place a joint by its offset from its parent, whose rotation is given."""
    joint = SKELETON.index(name)
    joints[:, joint] = joints[:, SKELETON.parents[joint]] + turns @ offset[joint]


def _arm(
    arm: Arm, side: Side, joints: Float[np.ndarray, "frame joint 3"], chest: Turns, offset: np.ndarray, frames: dict
) -> None:
    mirror = _MIRROR if side == "right" else 1.0
    raised = _about(_X, -arm.forward) @ _about(_Z, arm.out)
    elevation = np.degrees(np.arccos(np.clip(raised[:, 1, 1], -1, 1)))
    ahead = -raised[:, 2, 1]  # how far forward the arm points
    # The collar bone follows a raised arm up and a reaching arm forward.
    collar = _about(_Y, -10 * ease(ahead)) @ _about(_Z, arm.shrug + 16 * ease((elevation - 40) / 120))
    clavicle = chest @ (collar * mirror)
    upper = clavicle @ ((raised @ _about(_Z, np.full(len(ahead), -90.0)) @ _about(_X, arm.twist)) * mirror)
    fore = upper @ (_about(_Y, -arm.elbow) * mirror)
    hand = fore @ ((_about(_X, arm.roll) @ _about(_Z, -arm.wrist)) * mirror)
    _hang(joints, _name(side, "Shoulder"), chest, offset)
    _hang(joints, _name(side, "Arm"), clavicle, offset)
    _hang(joints, _name(side, "ForeArm"), upper, offset)
    _hang(joints, _name(side, "Hand"), fore, offset)
    shoulder, elbow, wrist = (SKELETON.index(_name(side, part)) for part in ("Arm", "ForeArm", "Hand"))
    if arm.reaches:
        target = joints[:, wrist].copy()
        for reach in arm.reaches:
            origin, turns = frames[reach.frame]
            place = origin + (turns @ reach.place[:, :, None])[:, :, 0]
            target += reach.weight[:, None] * (place - target)
        before = joints[:, wrist] - joints[:, elbow]
        pole = joints[:, elbow] - (joints[:, shoulder] + joints[:, wrist]) / 2
        pole = pole + 0.02 * (-chest[:, :, 2] - chest[:, :, 1])
        lengths = (float(np.linalg.norm(offset[elbow])), float(np.linalg.norm(offset[wrist])))
        joints[:, elbow], joints[:, wrist] = _two_bones(joints[:, shoulder], target, pole, *lengths)
        hand = _shortest_turn(before, joints[:, wrist] - joints[:, elbow]) @ hand
    hand = _over_floor(hand, joints[:, wrist, 1], offset[wrist + 2], chest[:, :, 2] + chest[:, :, 1]) @ hand
    _hang(joints, _name(side, "HandThumbEnd"), hand, offset)
    _hang(joints, _name(side, "HandMiddleEnd"), hand, offset)


def _over_floor(hand: Turns, wrist_height: Curve, fingers: Float[np.ndarray, "3"], ahead: Points) -> Turns:
    """Return the turns that keep a hand near the floor from going through it: the fingers lie down flat.

    Args:
        hand: How the hand is turned.
        wrist_height: Metres.
        fingers: From the wrist to the end of the fingers, in the hand.
        ahead: Where fingers that point straight down give way to.
    """
    before = hand @ fingers
    length = float(np.linalg.norm(fingers))
    lowest = 0.035 - wrist_height
    low = np.maximum(lowest - before[:, 1], 0.0)
    height = np.where(low > 0, lowest, before[:, 1])
    flat = before[:, [0, 2]] + 0.02 * ahead[:, [0, 2]] * (low[:, None] > 0)
    wide = np.sqrt(np.maximum(length**2 - height**2, 1e-6))
    flat *= (wide / np.maximum(np.linalg.norm(flat, axis=1), 1e-9))[:, None]
    return _shortest_turn(before, np.stack([flat[:, 0], height, flat[:, 1]], axis=1))


def _ankle_and_toe(foot: Foot, toe_offset: Float[np.ndarray, "3"]) -> tuple[Points, Points]:
    """Return where the ankle and the base of the toes are, and the foot as a body that rolls over heel and ball."""
    yaw = _about(_Y, foot.yaw)
    heel_offset = np.array([0.0, toe_offset[1] - TOE_HEIGHT, -HEEL_BEHIND])
    flat_toe = np.stack([foot.x, foot.y + TOE_HEIGHT, foot.z], axis=1)
    flat_ankle = flat_toe - yaw @ toe_offset
    on_heel = yaw @ _about(_X, -foot.toe)
    ankle = flat_ankle + yaw @ heel_offset - on_heel @ heel_offset
    toe = ankle + on_heel @ toe_offset
    return toe - yaw @ _about(_X, foot.heel - foot.toe) @ toe_offset, toe


def _hips_drop(act: Act, hips: Points, hips_turn: Turns, ankles: dict, offset: np.ndarray) -> Curve:
    """Return by how many metres the hips must be lower, so that the legs reach the feet that stand."""
    drop = np.zeros(act.num_frames)
    for side in SIDES:
        leg = SKELETON.index(_name(side, "Leg"))
        joint = hips + hips_turn @ offset[leg]
        length = FULL_REACH * float(np.linalg.norm(offset[leg + 1]) + np.linalg.norm(offset[leg + 2]))
        gap = joint - ankles[side][0]
        allowed = np.sqrt(np.maximum(length**2 - gap[:, 0] ** 2 - gap[:, 2] ** 2, 0.0025))
        planted = act.feet[side].planted
        bearing = planted | np.append(planted[LANDING:], planted[-1:].repeat(min(LANDING, len(planted))))
        drop = np.maximum(drop, np.where(bearing, gap[:, 1] - allowed, 0.0))
    if not drop.any():
        return drop
    reach = 4
    padded = np.pad(drop, reach, mode="edge")
    widest = np.max([padded[shift : shift + len(drop)] for shift in range(2 * reach + 1)], axis=0)
    return smooth(widest, 2.0)


def _leg(
    foot: Foot,
    side: Side,
    act: Act,
    joints: Float[np.ndarray, "frame joint 3"],
    hips_turn: Turns,
    offset: np.ndarray,
    ankle: Points,
    toe: Points,
) -> None:
    leg = SKELETON.index(_name(side, "Leg"))
    _hang(joints, _name(side, "Leg"), hips_turn, offset)
    thigh, shin = float(np.linalg.norm(offset[leg + 1])), float(np.linalg.norm(offset[leg + 2]))
    # The knee points where the hips face, turned towards the foot, and up when the leg is stretched ahead.
    out = _about(_Y, 0.8 * (foot.knee_out - act.heading - act.yaw))
    pole = (hips_turn @ out)[:, :, 2] + 0.5 * hips_turn[:, :, 1]
    joints[:, leg + 1], joints[:, leg + 2] = _two_bones(joints[:, leg], ankle, pole, thigh, shin)
    joints[:, leg + 3] = joints[:, leg + 2] + (toe - ankle)


def _two_bones(start: Points, target: Points, pole: Points, first: float, second: float) -> tuple[Points, Points]:
    """Return the middle and the end of two bones that reach from `start` towards `target`.

    A target out of reach is approached softly, so that the middle joint does not snap straight.

    Args:
        start: Where the first bone begins.
        target: Where the second bone should end.
        pole: Which way the middle joint bends.
        first: Length of the first bone in metres.
        second: Length of the second bone in metres.
    """
    gap = target - start
    distance = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-6)
    direction = gap / distance
    limit, soft = 0.9995 * (first + second), FULL_REACH * (first + second)
    beyond = np.maximum(distance - soft, 0.0)
    distance = np.where(distance > soft, limit - (limit - soft) * np.exp(-beyond / (limit - soft)), distance)
    distance = np.maximum(distance, abs(first - second) + 0.03)
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    height = np.sqrt(np.maximum(first**2 - along**2, 0.0))
    bend = pole - direction * np.sum(pole * direction, axis=1, keepdims=True)
    bend /= np.maximum(np.linalg.norm(bend, axis=1, keepdims=True), 1e-9)
    return start + along * direction + height * bend, start + distance * direction


def _shortest_turn(before: Points, after: Points) -> Turns:
    """Return the smallest rotations that take one direction into another."""
    a = before / np.linalg.norm(before, axis=1, keepdims=True)
    b = after / np.linalg.norm(after, axis=1, keepdims=True)
    axis = np.cross(a, b)
    cosine = np.sum(a * b, axis=1)
    cross = np.zeros((len(a), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    cross -= cross.transpose(0, 2, 1)
    scale = 1 / np.maximum(1 + cosine, 1e-6)
    return np.eye(3) + cross + cross @ cross * scale[:, None, None]
