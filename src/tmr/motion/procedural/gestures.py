"""What arms, head and trunk do while the feet stay where they are. Sided gestures are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, Act, Side, Take
from tmr.motion.procedural.curves import Number, delayed


def stand(take: Take) -> Act:
    """Stand at ease, breathing, the weight going from one leg to the other."""
    act = Act(4.5, take)
    act.x = act.keys((0.6, 0.0), (2.0, 0.03), (3.0, 0.03), (4.2, 0.0))
    act.side = act.keys((0.6, 0.0), (2.0, -2.5), (3.0, -2.5), (4.2, 0.0))
    act.lean = -1.2 * act.side
    return act


def lean_from(act: Act, side: Side, weight: np.ndarray, metres: Number = 0.03) -> None:
    """Shift the weight away from one side while an arm or a leg of that side is busy."""
    sign = -1.0 if side == "left" else 1.0
    act.x = act.x + sign * metres * weight
    act.lean = act.lean - sign * 40 * metres * weight


def wave(take: Take) -> Act:
    """Raise the left hand beside the head and wave it, four times to and fro."""
    act = Act(4.2, take)
    arm, up = act.arms["left"], act.hold(0.4, 1.15, 3.1, 3.9)
    beat = np.sin(2 * np.pi * (act.t - 1.0) / 0.56) * act.hold(1.0, 1.35, 2.75, 3.2)
    arm.out += (70 * take.size) * up
    arm.forward += 22 * up
    arm.twist -= 100 * act.hold(0.35, 1.2, 3.0, 3.8)
    arm.elbow += 74 * act.hold(0.35, 1.05, 3.1, 3.85) + 24 * take.size * beat
    arm.wrist -= 8 * up + 14 * delayed(act.t, beat, 0.06)
    arm.roll += 5 * up
    lean_from(act, "left", delayed(act.t, up, -0.1), 0.02)
    act.lean += 1.5 * delayed(act.t, beat, 0.08)
    act.turn += 4 * up
    act.nod -= 3 * up
    return act


def wave_both(take: Take) -> Act:
    """Raise both hands over the head and wave them from side to side."""
    act = Act(4.4, take)
    up = act.hold(0.4, 1.3, 3.2, 4.1)
    beat = np.sin(2 * np.pi * (act.t - 1.1) / 0.8) * act.hold(1.1, 1.5, 2.9, 3.4)
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.out += (128 * take.size + 3 * sign) * up + sign * 16 * beat
        arm.forward += 14 * up
        arm.twist -= 70 * up
        arm.elbow += 18 * up + sign * 12 * delayed(act.t, beat, 0.1)
        arm.wrist -= sign * 12 * delayed(act.t, beat, 0.15)
    act.lean += 4 * beat
    act.x = act.x + 0.025 * beat
    act.nod -= 6 * up
    return act


def raise_arm(take: Take) -> Act:
    """Raise the left arm straight up in front of the body, hold it, and lower it."""
    act = Act(4.0, take)
    arm, up = act.arms["left"], act.hold(0.45, 1.5, 2.6, 3.6)
    arm.forward += 162 * up
    arm.out += 2 * up
    arm.elbow += -8 * up + 14 * (act.hold(0.4, 0.9, 1.0, 1.5) + act.hold(2.6, 3.0, 3.1, 3.6))
    arm.wrist -= 6 * up
    lean_from(act, "left", up, 0.02)
    act.bend -= 3 * up
    act.nod -= 5 * up
    return act


def raise_both(take: Take) -> Act:
    """Raise both arms overhead, hold them, and lower them."""
    act = Act(4.2, take)
    for side, late in zip(SIDES, (0.0, 0.05), strict=True):
        arm = act.arms[side]
        up = act.hold(0.45 + late, 1.6 + late, 2.7 + late, 3.8)
        arm.forward += 160 * up
        arm.out += 4 * up
        arm.elbow += -6 * up + 12 * act.hold(0.4, 0.9, 1.1, 1.6)
    up = act.hold(0.5, 1.6, 2.7, 3.8)
    act.bend -= 5 * up
    act.nod -= 8 * up
    act.pitch += 2 * up
    return act


def raise_side(take: Take) -> Act:
    """Lift both arms sideways to shoulder height, like a T, and lower them."""
    act = Act(4.0, take)
    for side, late in zip(SIDES, (0.0, 0.04), strict=True):
        arm = act.arms[side]
        up = act.hold(0.4 + late, 1.4 + late, 2.5 + late, 3.6)
        arm.out += 78 * up
        arm.elbow += -9 * up
        arm.twist -= 10 * up
        arm.roll += 30 * up
        arm.wrist -= 6 * up
    return act


def point(take: Take) -> Act:
    """Point ahead with the left hand, look there, and lower the arm."""
    act = Act(3.6, take)
    arm, up = act.arms["left"], act.hold(0.45, 1.15, 2.4, 3.2)
    arm.forward += 84 * take.size * up
    arm.out += 6 * up
    arm.elbow += -12 * up + 45 * act.hold(0.4, 0.75, 0.8, 1.2)
    arm.roll += 50 * up
    arm.wrist -= 8 * up
    act.twist -= 9 * up
    act.turn += 12 * up
    act.bend += 3 * up
    lean_from(act, "left", up, 0.015)
    return act


def clap(take: Take) -> Act:
    """Clap the hands before the chest, five times."""
    act = Act(4.2, take)
    up = act.hold(0.4, 1.0, 3.2, 3.9)
    open_hands = 0.5 + 0.5 * np.cos(2 * np.pi * (act.t - 1.2) / 0.4 + np.pi)
    together = 0.13 * take.size * (1 - (1 - open_hands) * act.hold(1.0, 1.2, 3.0, 3.2))
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.forward += 32 * up
        arm.out += 10 * up
        arm.twist += 25 * up
        arm.elbow += 62 * up
        arm.roll -= 5 * up
        arm.wrist -= 6 * up
        place = np.stack([sign * (0.062 + together), 0.06 + 0.15 * together, 0.36 - 0.2 * together], axis=1)
        act.reach(side, "chest", place, up)
    act.bend += 3 * up + 1.2 * open_hands * up
    act.nod += 4 * up
    return act


def bow(take: Take) -> Act:
    """Bow deeply from the hips and come up again."""
    act = Act(4.2, take)
    down = act.hold(0.5, 1.7, 2.3, 3.7)
    act.pitch += 38 * take.size * down
    act.z = act.z - 0.11 * down
    act.y = act.y - 0.02 * down
    act.bend += 26 * take.size * delayed(act.t, down, 0.06)
    act.level = act.level - 0.55 * down
    act.nod += 8 * down
    for side in SIDES:
        act.arms[side].forward += 32 * down
        act.arms[side].elbow -= 6 * down
        act.arms[side].out -= 2 * down
    return act


def cross_arms(take: Take) -> Act:
    """Fold the arms before the chest, wait so, and let them down."""
    act = Act(5.0, take)
    for side, late, place in zip(SIDES, (0.0, 0.15), ((-0.13, 0.065, 0.2), (0.125, 0.02, 0.235)), strict=True):
        arm = act.arms[side]
        up = act.hold(0.5 + late, 1.5 + late, 3.6 - late, 4.6 - late)
        arm.forward += 28 * up
        arm.out += 8 * up
        arm.twist += 50 * up
        arm.elbow += 84 * up
        arm.roll += 20 * up
        act.reach(side, "chest", place, up)
    calm = act.hold(0.8, 2.0, 3.4, 4.6)
    act.x = act.x - 0.03 * calm
    act.side -= -2.0 * calm
    act.bend -= 2 * calm
    return act


def hands_on_hips(take: Take) -> Act:
    """Put both hands on the hips, look about, and let them down."""
    act = Act(4.6, take)
    for side, late in zip(SIDES, (0.0, 0.08), strict=True):
        arm, sign = act.arms[side], 1.0 if side == "left" else -1.0
        up = act.hold(0.5 + late, 1.3 + late, 3.2, 4.1)
        arm.out += 40 * up
        arm.forward -= 18 * up
        arm.twist += 40 * up
        arm.elbow += 75 * up
        arm.wrist += 40 * up
        act.reach(side, "hips", (sign * 0.215, 0.075, 0.0), up)
    act.turn += act.keys((1.4, 0), (2.0, 18), (2.4, 18), (3.1, -10), (3.8, 0))
    act.bend -= 2 * act.hold(0.6, 1.4, 3.2, 4.1)
    return act


def stretch(take: Take) -> Act:
    """Stretch both arms overhead with the hands together, onto the toes, and bend to each side."""
    act = Act(6.0, take)
    up = act.hold(0.5, 1.7, 4.5, 5.6)
    tall = act.hold(1.2, 1.9, 4.2, 4.9)
    side = act.keys((1.8, 0), (2.6, 1), (3.7, -1), (4.4, 0)) * take.size
    for name, sign in SIGNED:
        arm = act.arms[name]
        arm.forward += 168 * up
        arm.out -= 6 * up
        arm.twist -= 25 * up
        arm.elbow += -6 * up + 35 * act.hold(0.5, 1.0, 1.1, 1.7)
        act.reach(name, "chest", (sign * 0.05, 0.76, 0.04), tall)
    act.lean += 26 * side
    act.side -= 5 * side
    act.x = act.x - 0.05 * side
    act.bend -= 6 * tall
    act.nod -= 8 * tall
    rise = act.hold(1.0, 1.7, 1.75, 2.3)
    for foot in act.feet.values():
        foot.heel += 22 * rise
    act.y = act.y + 0.045 * rise
    return act


def drink(take: Take) -> Act:
    """Bring a cup to the mouth with the left hand, drink, and put it down."""
    act = Act(4.6, take)
    arm, up, tip = act.arms["left"], act.hold(0.5, 1.5, 3.1, 4.1), act.hold(1.5, 2.1, 2.7, 3.2)
    arm.forward += 48 * up + 8 * tip
    arm.out += 18 * up + 6 * tip
    arm.twist += 22 * up
    arm.elbow += 100 * up
    arm.roll += 10 * up + 25 * tip
    arm.wrist += 8 * up
    act.reach("left", "head", (0.105, -0.035, 0.135), up)
    act.nod += 3 * up - 20 * tip
    act.bend -= 4 * tip
    lean_from(act, "left", up, 0.01)
    return act


def wipe(take: Take) -> Act:
    """Wipe a wall before the body with the left hand, in four wide strokes."""
    act = Act(5.0, take)
    arm, up = act.arms["left"], act.hold(0.4, 1.1, 3.9, 4.6)
    turn = 2 * np.pi * (act.t - 1.1) / 0.7
    busy = act.hold(1.0, 1.4, 3.5, 3.9)
    across = 0.06 + 0.2 * take.size * np.sin(turn) * busy
    height = 0.24 + 0.07 * np.cos(turn) * busy
    ahead = np.full(act.num_frames, 0.42)
    arm.forward += 62 * up
    arm.out += 14 * up
    arm.elbow += 42 * up
    arm.roll += 55 * up
    arm.wrist -= 45 * up
    act.reach("left", "hips", np.stack([across, height + 0.2, ahead], axis=1), up)
    act.twist -= 7 * np.sin(turn) * busy
    act.lean += 3 * np.sin(turn) * busy
    act.x = act.x + 0.025 * np.sin(turn) * busy
    act.turn += 10 * up
    return act


def look_around(take: Take) -> Act:
    """Look far to the left and far to the right, the chest following the head."""
    act = Act(5.0, take)
    look = act.keys((0.5, 0), (1.4, 62), (2.1, 62), (3.3, -64), (3.9, -64), (4.7, 0))
    act.turn += look * take.size
    act.twist += 0.34 * delayed(act.t, look, 0.12)
    act.yaw += 0.1 * delayed(act.t, look, 0.2)
    act.tilt += 0.04 * look
    act.level = 0 * act.level
    return act


def nod(take: Take) -> Act:
    """Nod three times."""
    act = Act(3.0, take)
    beat = 0.5 - 0.5 * np.cos(2 * np.pi * (act.t - 0.6) / 0.55)
    act.nod += 26 * take.size * beat * act.hold(0.55, 0.75, 2.0, 2.3)
    act.bend += 3 * delayed(act.t, beat, 0.05) * act.hold(0.55, 0.75, 2.0, 2.3)
    return act


def shrug(take: Take) -> Act:
    """Lift the shoulders and turn the palms up, as someone who does not know."""
    act = Act(3.2, take)
    up = act.hold(0.5, 1.1, 1.9, 2.6)
    for side in SIDES:
        arm = act.arms[side]
        arm.shrug += 17 * up
        arm.out += 14 * up
        arm.twist -= 42 * up
        arm.elbow += 66 * up
        arm.roll -= 70 * up
    act.tilt += 8 * up
    act.nod -= 3 * up
    return act
