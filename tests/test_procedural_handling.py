"""What hands do with things: for each motion, what would fail if it were another."""

import itertools

import numpy as np
import pytest

from curves import count_above
from tmr.motion.procedural.body import Take
from tmr.motion.procedural.handling_entries import CHORES, HANDLING
from tmr.motion.procedural.solve import SKELETON, solve

MAKERS = {entry.name: entry.make for entry in (*HANDLING, *CHORES)}
TAKES = (Take(seed=1), Take(tempo=1.1, stride=0.96, size=0.9, lean=4.0, spread=1.2, seed=2))
SIDES = ("left", "right")
PLAYED = list(itertools.product(SIDES, TAKES))


def played(name: str, take: Take) -> dict[str, np.ndarray]:
    """Return where each joint is in each frame, in metres."""
    joints = solve(MAKERS[name](take))
    return {joint: joints[:, number] for number, joint in enumerate(SKELETON.joints)}


def hands(at: dict[str, np.ndarray], side: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the wrist that a motion is named after, and the other."""
    wrists = at["LeftHand"], at["RightHand"]
    return wrists if side == "left" else wrists[::-1]


def tip_to(at: dict[str, np.ndarray], side: str, up: float, ahead: float) -> np.ndarray:
    """Return how far the finger tips of a hand are from a place at the head, in metres."""
    place = at["Head"] + np.array([0.0, up, ahead])
    return np.linalg.norm(at[f"{side.capitalize()}HandMiddleEnd"] - place, axis=1)


def swings(curve: np.ndarray, size: float) -> int:
    """Return how many times a curve goes a distance one way before it turns back."""
    count, low, high, rising = 0, curve[0], curve[0], None
    for value in curve:
        low, high = min(low, value), max(high, value)
        if rising is not True and value > low + size:
            count, rising, high = count + 1, True, value
        elif rising is not False and value < high - size:
            count, rising, low = count + 1, False, value
        low, high = (value, high) if rising else (low, value) if rising is False else (low, high)
    return count


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_food_goes_from_the_plate_to_the_mouth_three_times(side: str, take: Take) -> None:
    at = played(f"eat_{side}", take)
    hand, plate = hands(at, side)
    assert count_above(-tip_to(at, side, -0.03, 0.11), -0.12) == 3
    assert plate[:, 1].max() < at["Neck1"][0, 1] - 0.15 < hand[:, 1].max()


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_the_labelled_hand_is_at_the_head(side: str, take: Take) -> None:
    for name, up, ahead in (("phone", 0.03, -0.01), ("scratch_head", 0.17, 0.03), ("wipe_forehead", 0.09, 0.13)):
        at = played(f"{name}_{side}", take)
        assert tip_to(at, side, up, ahead).min() < 0.13, name
        assert hands(at, side)[1][:, 1].max() < 1.0, name


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_a_phone_is_held_still_and_an_itch_is_scratched(side: str, take: Take) -> None:
    for name, least, most in (("phone", 0, 0), ("scratch_head", 5, 20)):
        at = played(f"{name}_{side}", take)
        middle = slice(len(at["Head"]) * 3 // 10, len(at["Head"]) * 7 // 10)
        apart = (hands(at, side)[0] - at["Head"])[middle]
        assert least <= swings(apart[:, 1], 0.02) <= most, name
    tilt = played(f"phone_{side}", take)
    aside = (tilt["Head"] - tilt["Neck1"])[:, 0] * (1 if side == "left" else -1)
    assert aside[len(aside) // 2] > aside[0] + 0.01


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_a_brow_is_wiped_across(side: str, take: Take) -> None:
    at = played(f"wipe_forehead_{side}", take)
    high = hands(at, side)[0][:, 1] > at["Neck1"][:, 1]
    assert np.ptp(hands(at, side)[0][high, 0]) > 0.07


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_the_spoon_goes_round_before_the_belly(side: str, take: Take) -> None:
    at = played(f"stir_{side}", take)
    middle = slice(len(at["Hips"]) // 4, len(at["Hips"]) * 3 // 4)
    spoon, pot = (hand[middle] - at["Hips"][middle] for hand in hands(at, side))
    angle = np.unwrap(np.arctan2(spoon[:, 2] - spoon[:, 2].mean(), spoon[:, 0] - spoon[:, 0].mean()))
    assert abs(angle[-1] - angle[0]) > 2.5 * 2 * np.pi
    assert 0.05 < spoon[:, 1].mean() < 0.3
    assert np.ptp(pot, axis=0).max() < 0.05


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_the_bottle_is_over_the_glass_and_tilts(side: str, take: Take) -> None:
    at = played(f"pour_{side}", take)
    bottle, glass = hands(at, side)
    frame = int(bottle[:, 1].argmax())
    assert bottle[frame, 1] > glass[frame, 1] + 0.15
    assert np.linalg.norm((bottle - glass)[frame, [0, 2]]) < 0.3
    name = side.capitalize()
    thumb = (at[f"{name}HandThumbEnd"] - at[f"{name}Hand"])[:, 1]
    assert thumb[frame] < thumb[len(thumb) * 26 // 100] - 0.075


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_a_shelf_is_high_and_a_table_is_low(side: str, take: Take) -> None:
    at = played(f"take_from_shelf_{side}", take)
    hand = hands(at, side)[0]
    assert hand[:, 1].max() > at["Head"][0, 1] + 0.1
    assert hand[hand[:, 1].argmax(), 2] > 0.35
    late = hand[len(hand) * 66 // 100] - at["Chest"][len(hand) * 66 // 100]
    assert np.abs(late[1]) < 0.15 < late[2]
    at = played(f"place_{side}", take)
    hand, idle = hands(at, side)
    assert hand[:, 2].max() > 0.5 > idle[:, 2].max() + 0.3
    assert 0.9 < hand[hand[:, 2].argmax(), 1] < 1.1
    assert hand[-1, 2] < 0.2


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_a_door_is_pulled_back_at_the_height_of_the_waist(side: str, take: Take) -> None:
    at = played(f"open_door_{side}", take)
    hand, idle = hands(at, side)
    reached = int(hand[:, 2].argmax())
    assert 0.9 < hand[reached, 1] < 1.12
    assert hand[reached, 2] - hand[reached:, 2].min() > 0.4
    assert np.ptp(idle[:, 1]) < 0.1
    assert -0.4 < at["Hips"][-1, 2] - at["Hips"][0, 2] < -0.2


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_eyes_go_down_to_the_watch(side: str, take: Take) -> None:
    at = played(f"check_watch_{side}", take)
    hand, middle = hands(at, side)[0], len(at["Head"]) // 2
    assert np.abs(hand - at["Chest"])[middle, 0] < 0.1
    assert np.abs(hand - at["Chest"])[middle, 1] < 0.15
    eyes = (at["LeftEye"] - at["Head"])[:, 1]
    assert eyes[middle] < eyes[0] - 0.025


@pytest.mark.parametrize(("side", "take"), PLAYED)
def test_knocks_are_counted(side: str, take: Take) -> None:
    at = played(f"knock_{side}", take)
    hand, idle = hands(at, side)
    assert count_above((hand - at["Chest"])[:, 2], 0.37) == 3
    assert idle[:, 1].max() < 1.0


@pytest.mark.parametrize("take", TAKES)
def test_hands_rub_and_type_close_to_the_belly(take: Take) -> None:
    for name, gap, axis, size in (("rub_hands", (0.08, 0.2), 2, 0.05), ("type", (0.2, 0.28), 1, 0.015)):
        at = played(name, take)
        middle = slice(len(at["Hips"]) * 3 // 10, len(at["Hips"]) * 7 // 10)
        left, right = at["LeftHand"][middle], at["RightHand"][middle]
        apart = np.linalg.norm(left - right, axis=1)
        assert gap[0] < apart.min(), name
        assert apart.max() < gap[1], name
        assert swings((left - right)[:, axis], size) >= 6, name
        assert np.abs(left[:, 1] - at["Hips"][middle, 1] - 0.15).max() < 0.08, name


@pytest.mark.parametrize("take", TAKES)
def test_a_push_leans_ahead_and_a_pull_leans_back(take: Take) -> None:
    at = played("push", take)
    half = len(at["Hips"]) // 2
    assert at["Hips"][-1, 2] > 1.2
    assert (at["Neck1"] - at["Hips"])[half, 2] > 0.15
    for side in ("Left", "Right"):
        assert (at[f"{side}Hand"] - at["Neck1"])[half, 2] > 0.15
    at = played("pull", take)
    middle = slice(len(at["Hips"]) // 4, len(at["Hips"]) * 3 // 4)
    assert (at["Neck1"] - at["Hips"])[middle, 2].max() < -0.02
    left, right = ((at[f"{side}Hand"] - at["Chest"])[middle, 2] for side in ("Left", "Right"))
    assert np.corrcoef(left, right)[0, 1] < -0.8
    assert swings(left, 0.15) >= 4


@pytest.mark.parametrize("take", TAKES)
def test_a_broom_goes_from_side_to_side(take: Take) -> None:
    at = played("sweep", take)
    assert swings(at["RightHand"][:, 0], 0.25) >= 4
    middle = slice(len(at["Hips"]) // 4, len(at["Hips"]) * 3 // 4)
    assert (at["LeftHand"] - at["RightHand"])[middle, 1].min() > 0.15
    assert np.ptp(at["LeftToeBase"][:, 0]) < 0.01


@pytest.mark.parametrize("take", TAKES)
def test_a_box_is_lifted_put_down_and_carried(take: Take) -> None:
    for name, at_belly, free in (("lift_box", -1, 0), ("put_down_box", 0, -1)):
        at = played(name, take)
        low = at["LeftHand"][:, 1].argmin()
        assert at["Hips"][:, 1].min() < 0.65, name
        for side, sign in (("Left", 1), ("Right", -1)):
            hand = at[f"{side}Hand"]
            assert hand[low, 1] < 0.3, name
            assert (hand - at["Hips"])[at_belly, 2] > 0.25, name
            assert (hand - at["Hips"])[free, 1] < 0, name
            assert sign * hand[at_belly, 0] > 0.14, name
    at = played("carry", take)
    assert at["Hips"][-1, 2] - at["Hips"][0, 2] > 2.5
    apart = np.linalg.norm(at["LeftHand"] - at["RightHand"], axis=1)
    assert np.ptp(apart) < 0.03
    assert (at["LeftHand"] - at["Hips"])[:, 2].min() > 0.25


@pytest.mark.parametrize("take", TAKES)
def test_a_wheel_turns_left_then_right(take: Take) -> None:
    at = played("steer", take)
    quarter = len(at["Hips"]) // 5
    slope = (at["LeftHand"] - at["RightHand"])[quarter:-quarter, 1]
    assert slope.min() < -0.2
    assert slope.max() > 0.2
    assert slope.argmin() < slope.argmax()  # the left hand goes down first
