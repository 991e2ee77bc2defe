"""Instruments played in the air and signs given with the hands. Sided signs are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIGNED, Act, Take
from tmr.motion.procedural.curves import bump, delayed
from tmr.motion.procedural.gestures import lean_from
from tmr.motion.procedural.phrases import at, pose


def guitar(take: Take) -> Act:
    """Hold the neck of a guitar out to the left and strum its strings before the belly with the right hand."""
    act = Act(6.0, take)
    up, busy = act.hold(0.4, 1.2, 4.8, 5.6), act.hold(1.2, 1.5, 4.5, 4.8)
    strum = np.sin(2 * np.pi * (act.t - 1.2) / 0.5) * busy * take.size
    fret = act.keys((1.6, 0), (1.9, 1), (2.8, 1), (3.1, 0.3), (3.8, 0.3), (4.2, 0))
    neck, plucking = act.arms["left"], act.arms["right"]
    pose(neck, up, forward=32, out=30, twist=-12, elbow=70, roll=-75, wrist=28)
    act.reach("left", "chest", at(act, 0.45 - 0.08 * fret, 0.05 - 0.02 * fret, 0.25 + 0.01 * fret), up)
    pose(plucking, up, out=30, forward=-6, twist=40, elbow=62, roll=30, wrist=20)
    act.reach("right", "hips", at(act, -0.1 + 0.02 * strum, 0.17 - 0.085 * strum, 0.25), up)
    plucking.wrist += 18 * delayed(act.t, strum, 0.05)
    beat = 0.5 - 0.5 * np.cos(2 * np.pi * (act.t - 1.2) / 1.0)
    act.nod += up * 12 + 7 * beat * busy
    act.turn += 16 * act.hold(0.6, 1.3, 4.3, 5.2)
    act.twist -= 6 * up
    act.bend += 4 * up
    act.x = act.x + 0.02 * np.sin(np.pi * (act.t - 1.2)) * busy
    act.y = act.y - 0.012 * beat * busy
    return act


def violin(take: Take) -> Act:
    """Hold a violin under the chin with the left hand and draw the bow over it with the right hand."""
    act = Act(6.4, take)
    up, busy = act.hold(0.4, 1.4, 5.1, 6.0), act.hold(1.4, 1.8, 4.7, 5.2)
    bow = (0.5 - 0.5 * np.cos(2 * np.pi * (act.t - 1.4) / 1.1)) * busy * take.size
    pose(act.arms["left"], up, forward=52, out=16, twist=8, elbow=62, roll=-95, wrist=12)
    act.reach("left", "chest", at(act, 0.36, 0.21, 0.33), up)
    bowing = act.arms["right"]
    pose(bowing, up, forward=42, out=48, twist=34, elbow=72, roll=50, wrist=14)
    act.reach("right", "chest", at(act, 0.03 - 0.35 * bow, 0.24 - 0.17 * bow, 0.29 + 0.09 * bow), up)
    bowing.wrist -= 22 * delayed(act.t, bow, 0.05)
    act.turn += 26 * up
    act.tilt += 13 * up
    act.nod += 12 * up
    act.lean += 3 * up - 4 * bow
    act.x = act.x - 0.02 * bow
    act.twist -= 4 * bow
    return act


def piano(take: Take) -> Act:
    """Play the keys of a piano before the belly, the hands going down by turns and sideways along the keys."""
    act = Act(6.0, take)
    up, busy = act.hold(0.4, 1.1, 4.9, 5.6), act.hold(1.1, 1.4, 4.6, 4.9)
    along = act.keys((1.3, 0), (2.0, 1), (3.2, -0.6), (4.1, 0.7), (4.8, 0)) * take.size
    for side, sign in SIGNED:
        arm = act.arms[side]
        press = np.sin(2 * np.pi * (act.t - 1.1) / 0.4 + (0.0 if side == "left" else np.pi)) * busy
        pose(arm, up, forward=26, out=8, twist=4, elbow=62, roll=78)
        apart = sign * (0.2 + 0.09 * along)
        act.reach(side, "hips", at(act, apart + 0.04 * along, 0.13 - 0.035 * press, 0.36), up)
        arm.wrist += 4 * up + 20 * delayed(act.t, press, 0.04)
    act.nod += 20 * up + 3 * np.sin(2 * np.pi * (act.t - 1.1) / 0.8) * busy
    act.bend += 8 * up
    act.lean += 4 * along
    act.x = act.x + 0.02 * along
    act.z = act.z - 0.02 * up
    return act


def drums(take: Take) -> Act:
    """Beat drums before the belly with a stick in either hand, by turns, sixteen strokes."""
    act = Act(5.6, take)
    up, busy = act.hold(0.4, 1.1, 4.5, 5.2), act.hold(1.0, 1.3, 4.3, 4.6)
    beat = 0.44
    for side, sign in SIGNED:
        arm = act.arms[side]
        phase = 2 * np.pi * (act.t - 1.1) / beat + (0.0 if side == "left" else np.pi)
        lifted = (0.5 - 0.5 * np.cos(phase - 0.4 * np.sin(phase))) * busy * take.size
        pose(arm, up, forward=22, out=14, twist=10, elbow=62, roll=62)
        apart = sign * (0.2 + 0.05 * np.sin(2 * np.pi * (act.t - 1.1) / 1.76) * busy)
        act.reach(side, "hips", at(act, apart, 0.1 + 0.2 * lifted, 0.36 - 0.06 * lifted), up)
        arm.wrist += 12 * up - 42 * delayed(act.t, lifted, 0.03)
    act.nod += 8 * up + 6 * np.sin(2 * np.pi * (act.t - 1.1) / beat) * busy
    act.bend += 7 * up
    act.twist += 4 * np.sin(2 * np.pi * (act.t - 1.0) / beat) * busy
    act.y = act.y - 0.03 * up
    act.lean += 2 * np.sin(2 * np.pi * (act.t - 1.1) / 1.76) * busy
    return act


def conduct(take: Take) -> Act:
    """Conduct an orchestra: both arms beat time, down and out and up again, and close with both hands raised."""
    act = Act(6.6, take)
    up, busy = act.hold(0.4, 1.2, 5.4, 6.2), act.hold(1.2, 1.6, 4.6, 5.0)
    turn = 2 * np.pi * (act.t - 1.2) / 1.5
    size = take.size
    high = act.hold(0.5, 1.1, 1.2, 1.6) + act.hold(4.6, 5.0, 5.3, 5.9)
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, up, forward=38, out=26, twist=-4, elbow=58, roll=55)
        out = sign * (0.27 + 0.13 * size * np.sin(turn) * busy)
        height = 0.16 + 0.14 * size * np.cos(2 * turn) * busy + 0.12 * high
        act.reach(side, "chest", at(act, out, height, 0.36), up)
        arm.wrist += 16 * np.cos(2 * turn + 0.6) * busy
    act.nod += 6 * np.sin(2 * turn) * busy - 4 * high
    act.bend += 3 * up - 3 * np.cos(2 * turn) * busy
    act.turn += act.keys((1.6, 0), (2.2, 24), (3.0, 24), (3.6, -24), (4.3, -24), (4.9, 0))
    act.twist += 0.3 * act.keys((1.6, 0), (2.3, 24), (3.1, 24), (3.7, -24), (4.4, -24), (5.0, 0))
    act.y = act.y - 0.015 * (0.5 - 0.5 * np.cos(2 * turn)) * busy
    return act


def beckon(take: Take) -> Act:
    """Stretch the left arm ahead, the palm up, and call someone near with the forearm, three times."""
    act = Act(4.2, take)
    arm, up = act.arms["left"], act.hold(0.4, 1.1, 3.2, 3.9)
    call = np.sum([bump(act.t, at, at + 0.66, 0.45) for at in (1.15, 1.81, 2.47)], axis=0) * take.size
    pose(arm, up, forward=62, out=4, twist=-6, elbow=8, roll=-88)
    arm.elbow += 88 * call
    arm.forward -= 14 * call
    arm.wrist += 48 * delayed(act.t, call, 0.05)
    lean_from(act, "left", up, 0.015)
    act.bend += 5 * up - 6 * call
    act.nod -= 6 * call
    return act


def stop_sign(take: Take) -> Act:
    """Stretch the left arm straight ahead with the palm out and the fingers up, and hold it."""
    act = Act(3.8, take)
    arm, up = act.arms["left"], act.hold(0.4, 0.95, 2.7, 3.4)
    pose(arm, up, forward=82, out=0, twist=0, elbow=-11, roll=80, wrist=-84)
    arm.elbow += 50 * act.hold(0.35, 0.65, 0.7, 1.0)
    arm.forward += 3 * bump(act.t, 0.8, 1.3)
    act.twist -= 10 * up
    act.turn += 8 * up
    act.bend -= 2 * up
    lean_from(act, "left", up, 0.015)
    return act


def shake_hands(take: Take) -> Act:
    """Offer the left hand at the height of the waist and shake the hand of somebody ahead, up and down."""
    act = Act(4.4, take)
    arm, up = act.arms["left"], act.hold(0.4, 1.2, 3.3, 4.1)
    shake = np.sin(2 * np.pi * (act.t - 1.3) / 0.42) * act.hold(1.25, 1.5, 2.8, 3.1) * take.size
    pose(arm, up, forward=34, out=0, twist=4, elbow=40, roll=-6)
    act.reach("left", "hips", at(act, 0.1, 0.17 + 0.08 * shake, 0.46), up)
    arm.wrist -= 4 * up
    act.bend += 6 * up
    act.pitch += 5 * up
    act.twist -= 10 * up
    act.turn += 6 * up
    act.nod += 9 * act.hold(0.9, 1.5, 2.0, 2.6)
    act.z = act.z + 0.02 * up
    return act


def pray(take: Take) -> Act:
    """Put the palms together before the chest, the fingers up, bow the head, and wait."""
    act = Act(5.6, take)
    up, bowed = act.hold(0.4, 1.4, 4.3, 5.2), act.hold(1.1, 1.9, 3.8, 4.6)
    for side, sign in SIGNED:
        arm = act.arms[side]
        pose(arm, up, forward=10, out=16, twist=26, elbow=96, roll=30, wrist=-52)
        act.reach(side, "chest", (sign * 0.05, 0.06, 0.22), up)
    act.nod += 32 * bowed
    act.bend += 5 * bowed
    act.level = act.level * (1 - 0.5 * bowed)
    act.unrest = 1 - 0.5 * up
    return act


def shake_fist(take: Take) -> Act:
    """Raise the left fist beside the head and shake it at somebody ahead."""
    act = Act(4.0, take)
    arm, up = act.arms["left"], act.hold(0.4, 1.0, 3.0, 3.7)
    shake = np.sin(2 * np.pi * (act.t - 1.0) / 0.34) * act.hold(0.95, 1.2, 2.75, 3.0) * take.size
    pose(arm, up, forward=58, out=16, twist=-14, elbow=84, roll=10, wrist=10)
    arm.forward += 9 * shake
    arm.elbow += 15 * delayed(act.t, shake, 0.03)
    act.bend += 9 * up + 1.5 * shake
    act.nod += 5 * up + 2 * shake
    act.twist -= 8 * up
    act.turn += 8 * up
    act.z = act.z + 0.02 * up
    pose(act.arms["right"], up, elbow=14, out=5)
    return act


def blow_kiss(take: Take) -> Act:
    """Bring the left fingers to the mouth and send a kiss ahead with the open hand."""
    act = Act(4.0, take)
    arm = act.arms["left"]
    kiss, sent = act.hold(0.4, 1.15, 1.55, 2.0), act.hold(1.5, 2.15, 2.8, 3.6)
    up = act.hold(0.4, 1.15, 2.7, 3.6)
    pose(arm, up, out=6, roll=-50)
    pose(arm, kiss, forward=40, elbow=112, twist=18, roll=60)
    act.reach("left", "head", (0.09, -0.13, 0.13), kiss)
    pose(arm, sent, forward=68, elbow=4, roll=-30)
    arm.wrist -= 20 * bump(act.t, 1.6, 2.4)
    act.nod += 8 * kiss - 5 * sent
    act.bend += 3 * kiss + 6 * sent
    act.twist -= 8 * sent
    act.turn += 8 * sent
    lean_from(act, "left", up, 0.012)
    return act
