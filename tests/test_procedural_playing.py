"""What is true of the motions that play, sign and feel, and of the other ways to move."""

from collections.abc import Callable

import numpy as np
import pytest

from tmr.motion.procedural.body import Take
from tmr.motion.procedural.playing_entries import FEELINGS, PLAYING
from tmr.motion.procedural.solve import SKELETON, solve
from tmr.motion.procedural.ways_entries import WAYS

ENTRIES = {entry.name: entry for entry in (*PLAYING, *FEELINGS, *WAYS)}
TAKES = (Take(seed=1), Take(tempo=0.9, stride=0.96, size=0.9, lean=3.0, spread=1.15, seed=2))


class Seen:
    """One motion, with places measured from the figure.

    Args:
        name: Of the entry.
        take: How it is played.
    """

    def __init__(self, name: str, take: Take) -> None:
        self.joints = solve(ENTRIES[name].make(take))
        self.seconds = np.arange(len(self.joints)) / 30 * take.tempo

    def at(self, joint: str) -> np.ndarray:
        return self.joints[:, SKELETON.index(joint)]

    def from_hips(self, joint: str) -> np.ndarray:
        return self.at(joint) - self.at("Hips")

    def middle(self) -> slice:
        """Return the middle fifth of the motion."""
        return slice(int(0.4 * len(self.joints)), int(0.6 * len(self.joints)))

    def bent(self) -> np.ndarray:
        """Return how far ahead of the hips the neck is, in metres."""
        return self.from_hips("Neck1")[:, 2]


def strokes(curve: np.ndarray, size: float) -> int:
    """Return how often a curve falls from a peak by at least `size`."""
    count, high, low, falling = 0, curve[0], curve[0], False
    for value in curve:
        high, low = (value, value) if not falling and value > high else (high, min(low, value))
        if falling:
            low = min(low, value)
            if value > low + size:
                falling, high = False, value
        elif value < high - size:
            falling, low, count = True, value, count + 1
    return count


def fingers(seen: Seen, side: str) -> np.ndarray:
    return seen.at(f"{side.capitalize()}HandMiddleEnd")


def wrist(seen: Seen, side: str) -> np.ndarray:
    return seen.from_hips(f"{side.capitalize()}Hand")


def turned(seen: Seen) -> np.ndarray:
    across = seen.at("LeftLeg") - seen.at("RightLeg")
    return np.degrees(np.unwrap(np.arctan2(-across[:, 2], across[:, 0])))


def head_turned(seen: Seen) -> np.ndarray:
    across = seen.at("LeftEye") - seen.at("RightEye")
    return np.degrees(np.unwrap(np.arctan2(-across[:, 2], across[:, 0])))


def gone(seen: Seen) -> np.ndarray:
    return seen.at("Hips")[-1] - seen.at("Hips")[0]


def near(seen: Seen, joint: str, place: str, metres: float) -> bool:
    """Return whether a joint is near another all through the middle of the motion."""
    return bool((np.linalg.norm(seen.at(joint) - seen.at(place), axis=1)[seen.middle()] < metres).all())


def both_near(seen: Seen, place: str, metres: float) -> bool:
    return all(near(seen, f"{side}HandMiddleEnd", place, metres) for side in ("Left", "Right"))


def toes(seen: Seen) -> np.ndarray:
    """Return the heights of the toes of both feet."""
    return np.stack([seen.at(f"{side}ToeBase")[:, 1] for side in ("Left", "Right")])


UNSIDED: dict[str, Callable[[Seen], bool]] = {
    "guitar": lambda s: (
        wrist(s, "left")[s.middle(), 0].min() > 0.28
        and abs(wrist(s, "right")[s.middle(), 0]).max() < 0.25
        and 5 <= strokes(wrist(s, "right")[:, 1], 0.1) <= 9
        and strokes(wrist(s, "left")[:, 1], 0.1) < 3
    ),
    "violin": lambda s: (
        wrist(s, "left")[s.middle(), 1].min() > 0.3
        and np.ptp(wrist(s, "right")[s.middle(), 0]) > 0.25
        and head_turned(s)[s.middle()].min() > 10
    ),
    "piano": lambda s: (
        max(wrist(s, side)[s.middle(), 1].max() for side in ("left", "right")) < 0.25
        and all(strokes(fingers(s, side)[:, 1], 0.03) > 6 for side in ("left", "right"))
        and np.ptp(wrist(s, "left")[s.middle(), 0]) > 0.08
    ),
    "drums": lambda s: (
        all(6 <= strokes(wrist(s, side)[:, 1], 0.1) <= 10 for side in ("left", "right"))
        and np.corrcoef(wrist(s, "left")[s.middle(), 1], wrist(s, "right")[s.middle(), 1])[0, 1] < -0.5
    ),
    "conduct": lambda s: (
        np.corrcoef(wrist(s, "left")[s.middle(), 1], wrist(s, "right")[s.middle(), 1])[0, 1] > 0.8
        and strokes(wrist(s, "left")[:, 1], 0.15) >= 4
        and wrist(s, "left")[s.middle(), 0].max() > 0.32
    ),
    "pray": lambda s: (
        np.linalg.norm(s.at("LeftHand") - s.at("RightHand"), axis=1)[s.middle()].max() < 0.14
        and np.linalg.norm(fingers(s, "left") - fingers(s, "right"), axis=1)[s.middle()].max() < 0.14
        and (fingers(s, "left") - s.at("LeftHand"))[s.middle(), 1].min() > 0.1
        and (s.at("Head") - s.at("LeftEye"))[s.middle(), 1].mean() > (s.at("Head") - s.at("LeftEye"))[0, 1] + 0.02
    ),
    "laugh": lambda s: s.bent()[s.middle()].min() > 0.2 and both_near(s, "Spine2", 0.32),
    "cry": lambda s: (
        both_near(s, "Jaw", 0.2)
        and strokes(wrist(s, "left")[:, 0] * 10, 0.2) >= 4
        and strokes(s.at("LeftArm")[:, 1], 0.006) >= 5
    ),
    "shiver": lambda s: (
        wrist(s, "left")[s.middle(), 0].max() < 0.02
        and wrist(s, "right")[s.middle(), 0].min() > -0.02
        and strokes(s.from_hips("LeftArm")[:, 2], 0.002) > 9
    ),
    "hug": lambda s: (
        (s.at("LeftHand") - s.at("RightHand"))[: int(0.35 * len(s.joints)), 0].max() > 1.0
        and np.linalg.norm(s.at("LeftHand") - s.at("RightHand"), axis=1)[s.middle()].max() < 0.3
        and wrist(s, "left")[s.middle(), 2].min() > 0.3
    ),
    "cover_face": lambda s: both_near(s, "Jaw", 0.2) and strokes(wrist(s, "left")[:, 0] * 10, 0.2) < 3,
    "shake_head": lambda s: (
        strokes(head_turned(s), 30) == ENTRIES["shake_head"].labels["count"] and np.ptp(turned(s)) < 5
    ),
    "hands_behind_head": lambda s: (
        both_near(s, "Head", 0.2)
        and (s.at("LeftHand") - s.at("Head"))[s.middle(), 2].max() < 0
        and (s.at("LeftForeArm") - s.at("LeftArm"))[s.middle(), 0].min() > 0.15
    ),
    "duck": lambda s: s.at("Head")[:, 1].min() < 1.05 and s.at("Head")[-1, 1] > 1.5 and s.at("Hips")[:, 1].min() < 0.7,
    "step_forward": lambda s: 0.4 < gone(s)[2] < 0.7 and strokes(toes(s)[0], 0.03) == strokes(toes(s)[1], 0.03) == 1,
    "step_back": lambda s: -0.6 < gone(s)[2] < -0.3 and strokes(toes(s)[0], 0.03) == strokes(toes(s)[1], 0.03) == 1,
    "skip": lambda s: (
        gone(s)[2] > 3
        and strokes(toes(s).min(axis=0), 0.025) >= 5
        and s.from_hips("LeftShin")[:, 1].max() > -0.3
        and s.from_hips("RightShin")[:, 1].max() > -0.3
    ),
    "jog_backwards": lambda s: gone(s)[2] < -1.5 and toes(s).min(axis=0).max() > 0.035,
    "walk_crouched": lambda s: gone(s)[2] > 0.8 and s.at("Hips")[:, 1].max() < 0.75,
    "walk_on_toes": lambda s: (
        gone(s)[2] > 0.8
        and min(s.at("LeftFoot")[:, 1].min(), s.at("RightFoot")[:, 1].min()) > 0.11
        and s.at("Hips")[:, 1].min() > 1.0
    ),
    "walk_hands_on_head": lambda s: gone(s)[2] > 0.8 and both_near(s, "Head", 0.22),
    "stairs_down": lambda s: gone(s)[1] == pytest.approx(-0.825, abs=0.05) and gone(s)[2] > 1.2,
    "fall": lambda s: s.at("Head")[-1, 1] < 0.3 and s.at("Hips")[-1, 1] < 0.2 and s.at("Hips")[0, 1] > 0.9,
    "trip": lambda s: strokes(s.bent(), 0.15) == 1 and gone(s)[2] > 3 and np.abs(np.diff(s.bent())).max() * 30 > 0.5,
    "high_steps": lambda s: (
        gone(s)[2] > 0.8
        and min(s.from_hips(f"{side}Shin")[:, 1].max() for side in ("Left", "Right")) > -0.3
        and strokes(toes(s)[0], 0.3) >= 2
    ),
    "shuffle_left_and_right": lambda s: (
        s.at("Hips")[s.middle(), 0].max() > 0.5 and abs(gone(s)[0]) < 0.1 and abs(gone(s)[2]) < 0.1
    ),
}
"""What is true of each motion without a side."""

SIDED: dict[str, Callable[[Seen, str, str, int], bool]] = {
    "beckon": lambda s, side, other, sign: (
        strokes(wrist(s, side)[:, 1], 0.15) == 3 and strokes(wrist(s, other)[:, 1], 0.15) == 0
    ),
    "stop_sign": lambda s, side, other, sign: (
        wrist(s, side)[s.middle(), 2].min() > 0.45
        and (fingers(s, side) - s.at(f"{side.capitalize()}Hand"))[s.middle(), 1].min() > 0.15
        and np.abs((s.at(f"{side.capitalize()}Hand") - s.at(f"{side.capitalize()}Arm"))[s.middle(), 1]).max() < 0.15
    ),
    "shake_hands": lambda s, side, other, sign: (
        strokes(wrist(s, side)[:, 1], 0.08) >= 3
        and wrist(s, side)[s.middle(), 2].min() > 0.38
        and wrist(s, side)[:, 1].max() < 0.33
        and strokes(wrist(s, other)[:, 1], 0.08) == 0
    ),
    "shake_fist": lambda s, side, other, sign: (
        strokes(fingers(s, side)[:, 2], 0.1) >= 4
        and fingers(s, side)[:, 1].max() > s.at("Head")[:, 1].max()
        and wrist(s, other)[:, 1].max() < 0.1
    ),
    "blow_kiss": lambda s, side, other, sign: (
        np.linalg.norm(fingers(s, side) - s.at("Jaw"), axis=1)[: s.middle().start].min() < 0.12
        and wrist(s, side)[s.middle().start :, 2].max() > 0.45
    ),
    "cough": lambda s, side, other, sign: (
        near(s, f"{side.capitalize()}HandMiddleEnd", "Jaw", 0.2) and strokes(s.bent(), 0.06) == 3
    ),
    "think": lambda s, side, other, sign: (
        near(s, f"{side.capitalize()}Hand", "Jaw", 0.26)
        and near(s, f"{other.capitalize()}HandMiddleEnd", f"{side.capitalize()}ForeArm", 0.2)
    ),
    "lean": lambda s, side, other, sign: (s.from_hips("Neck1")[s.middle(), 0] * sign).min() > 0.2,
    "spin": lambda s, side, other, sign: (
        sign * (turned(s)[-1] - turned(s)[0]) == pytest.approx(360, abs=4) and np.abs(gone(s)[[0, 2]]).max() < 0.1
    ),
}
"""What is true of each motion of a side, given that side, the other, and the sign that its x has."""


def test_everything_has_its_truth() -> None:
    sided = {f"{name}_{side}" for name in SIDED for side in ("left", "right")}
    assert set(ENTRIES) == set(UNSIDED) | sided


@pytest.mark.parametrize("take", TAKES, ids=["plain", "varied"])
@pytest.mark.parametrize("name", UNSIDED)
def test_what_is_seen(name: str, take: Take) -> None:
    assert UNSIDED[name](Seen(name, take))


@pytest.mark.parametrize("take", TAKES, ids=["plain", "varied"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", SIDED)
def test_what_the_labelled_side_does(name: str, side: str, take: Take) -> None:
    other, sign = ("right", 1) if side == "left" else ("left", -1)
    assert SIDED[name](Seen(f"{name}_{side}", take), side, other, sign)
