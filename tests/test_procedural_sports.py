"""Games and workouts of the demo library: each does what its captions say."""

import itertools

import numpy as np
import pytest

from curves import count_above
from tmr.motion.procedural.body import SIDES, Side, Take, other
from tmr.motion.procedural.entry import Entry
from tmr.motion.procedural.solve import SKELETON, solve
from tmr.motion.procedural.sports_entries import GAMES, WORKOUT

ENTRIES = {entry.name: entry for entry in (*GAMES, *WORKOUT)}
TAKES = (Take(), Take(tempo=1.1, stride=0.96, size=0.9, lean=4.0, spread=1.2, seed=5))


class Seen:
    """Joints of one take, by name, in metres: to the left, up, forward."""

    def __init__(self, entry: Entry, take: Take) -> None:
        self.joints = solve(entry.make(take))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.joints[:, SKELETON.index(name)]

    def limb(self, side: Side, part: str) -> np.ndarray:
        return self[side.capitalize() + part]

    def straightness(self, side: Side, parts: tuple[str, str, str]) -> np.ndarray:
        """Return how far it is between the ends of a limb, as a part of its length."""
        first, middle, last = (self.limb(side, part) for part in parts)
        length = np.linalg.norm(middle - first, axis=1) + np.linalg.norm(last - middle, axis=1)
        return np.linalg.norm(last - first, axis=1) / length


ARM = ("Arm", "ForeArm", "Hand")
LEG = ("Leg", "Shin", "Foot")


def seen(name: str) -> list[Seen]:
    return [Seen(ENTRIES[name], take) for take in TAKES]


def swings(curve: np.ndarray, low: float, high: float) -> int:
    """Return how many times a curve rises from under one level to over another."""
    marks = [value for value in np.where(curve > high, 1, np.where(curve < low, -1, 0)) if value]
    return sum(before < after for before, after in itertools.pairwise(marks))


def outward(item: Seen, side: Side, part: str) -> np.ndarray:
    """Return how far out to its own side of the hips a part is, in metres."""
    return (item.limb(side, part) - item["Hips"])[:, 0] * (1 if side == "left" else -1)


def rounds(item: Seen, side: Side) -> float:
    """Return how many rounds an arm goes forward over the top about the shoulder, seen from the side."""
    arm = item.limb(side, "Hand") - item.limb(side, "Arm")
    angle = np.unwrap(np.arctan2(arm[:, 2], arm[:, 1]))
    return float((angle[-1] - angle[0]) / (2 * np.pi))


def test_entries_are_complete_and_their_captions_differ() -> None:
    captions = [caption for entry in ENTRIES.values() for caption in entry.captions]
    assert len(ENTRIES) == len(GAMES) + len(WORKOUT)
    assert len(set(captions)) == len(captions)
    for entry in ENTRIES.values():
        assert 4 <= len(entry.captions) <= 6
        if entry.labels["side"] in SIDES:
            assert all(str(entry.labels["side"]) in caption for caption in entry.captions), entry.name


@pytest.mark.parametrize("name", ENTRIES)
def test_begins_and_ends_at_the_same_ease(name: str) -> None:
    for item in seen(name):
        first, last = (item.joints[frame] - item.joints[frame, 0] for frame in (0, -1))
        assert np.abs(first - last).max() < 0.1


@pytest.mark.parametrize(("name", "low"), [("golf", True), ("bat", False)])
def test_both_hands_wind_up_to_the_right_and_swing_to_the_left(name: str, low: bool) -> None:
    for item in seen(name):
        together = np.linalg.norm(item["LeftHand"] - item["RightHand"], axis=1) < 0.16
        hands = (item["LeftHand"] + item["RightHand"])[together] / 2
        across, height = hands[:, 0] - item["Hips"][together, 0], hands[:, 1] - item["Hips"][together, 1]
        back, through = int(across.argmin()), int(across.argmax())
        assert back < through
        assert across[back] < -0.2
        assert across[through] > 0.2
        assert height[back] > 0.15
        assert bool(height[back:through].min() < 0.02) is low


@pytest.mark.parametrize("side", SIDES)
def test_tennis_swings_the_racket_hand_from_outside_across_the_body(side: Side) -> None:
    for item in seen(f"tennis_{side}"):
        out = outward(item, side, "Hand")
        assert out.max() > 0.45
        assert out.min() < 0.0
        assert out.argmax() < out.argmin()
        assert item.limb(side, "Hand")[:, 1].max() > item.limb(other(side), "Hand")[:, 1].max() + 0.1


def test_boxing_strikes_left_right_left_right() -> None:
    for item in seen("box"):
        ahead = {side: (item.limb(side, "Hand") - item["Chest"])[:, 2] for side in SIDES}
        assert [count_above(ahead[side], 0.47) for side in SIDES] == [2, 2]
        first, second = (np.flatnonzero(ahead[side] > 0.47) for side in SIDES)
        assert first.min() < second.min() < first.max() < second.max()


@pytest.mark.parametrize("side", SIDES)
def test_an_uppercut_rises_from_below_the_ribs_to_the_head(side: Side) -> None:
    for item in seen(f"uppercut_{side}"):
        height = item.limb(side, "Hand")[:, 1] - item["Chest"][:, 1]
        dip = int(height[25:60].argmin()) + 25
        assert height[dip] < 0.0
        assert height[dip:].max() > 0.36
        assert item.straightness(side, ARM)[dip + int(height[dip:].argmax())] < 0.93
        assert (item.limb(other(side), "Hand")[:, 1] - item["Chest"][:, 1]).max() < 0.36


def test_a_block_holds_both_forearms_upright_before_the_face() -> None:
    for item in seen("block"):
        for side in SIDES:
            hand, elbow, head = item.limb(side, "Hand"), item.limb(side, "ForeArm"), item["Head"]
            upright = (hand - elbow)[:, 1] > 0.22
            near = np.abs(hand - head)[:, :2].max(axis=1) < 0.2
            assert np.sum(upright & near & (hand[:, 2] > head[:, 2])) > 20
        assert -0.4 < item["Hips"][-1, 2] < -0.15


@pytest.mark.parametrize("side", SIDES)
def test_a_side_kick_goes_out_to_the_side(side: Side) -> None:
    for item in seen(f"side_kick_{side}"):
        foot = item.limb(side, "Foot")
        peak = int(outward(item, side, "Foot").argmax())
        assert outward(item, side, "Foot")[peak] > 0.65
        assert foot[peak, 1] > 0.55
        assert abs(foot[peak, 2] - item["Hips"][peak, 2]) < 0.2
        assert item.limb(other(side), "Foot")[:, 1].max() < 0.12


def test_an_axe_comes_down_twice_from_over_the_head() -> None:
    for item in seen("chop"):
        hands = (item["LeftHand"] + item["RightHand"])[:, 1] / 2
        assert count_above(hands - item["Head"][:, 1], 0.08) == ENTRIES["chop"].labels["count"]
        last = int(np.flatnonzero(hands > item["Head"][:, 1]).max())
        assert hands[last:].min() < 0.75


def test_a_ball_is_caught_ahead_and_drawn_in() -> None:
    for item in seen("catch"):
        ahead = ((item["LeftHand"] + item["RightHand"]) / 2 - item["Chest"])[:, 2]
        apart = np.linalg.norm(item["LeftHand"] - item["RightHand"], axis=1)
        reach = int(ahead.argmax())
        drawn = reach + 18
        assert ahead[reach] > 0.42
        assert ahead[drawn] < 0.3
        assert apart[drawn] < 0.24


@pytest.mark.parametrize("side", SIDES)
def test_bowling_swings_from_behind_low_to_the_front(side: Side) -> None:
    for item in seen(f"bowl_{side}"):
        hand = item.limb(side, "Hand")
        ahead = (hand - item["Hips"])[:, 2]
        back = int(ahead.argmin())
        front = back + int(ahead[back:].argmax())
        assert ahead[back] < -0.25
        assert ahead[front] > 0.5
        assert hand[back:front, 1].min() < 0.65
        assert item["Hips"][-1, 2] > 0.4


@pytest.mark.parametrize("side", SIDES)
def test_a_ball_is_bounced_five_times_with_the_labelled_hand(side: Side) -> None:
    for item in seen(f"dribble_{side}"):
        height = (item.limb(side, "Hand") - item["Hips"])[:, 1]
        rises = swings(height, 0.0, 0.07)  # once to take the ball, and after each bounce
        assert rises - 1 == ENTRIES[f"dribble_{side}"].labels["count"]
        assert np.ptp(item.limb(other(side), "Hand")[:, 1]) < 0.3


def test_front_crawl_goes_round_in_turn_and_breaststroke_together() -> None:
    for item in seen("swim_crawl"):
        for side in SIDES:
            assert rounds(item, side) == pytest.approx(3, abs=0.1)
        bent = item["Neck1"][:, 2] - item["Hips"][:, 2] > 0.35
        left, right = ((item.limb(side, "Hand") - item.limb(side, "Arm"))[bent, 2] for side in SIDES)
        assert np.corrcoef(left, right)[0, 1] < -0.2
    for item in seen("swim_breast"):
        left, right = (outward(item, side, "Hand") for side in SIDES)
        assert swings(left, 0.2, 0.4) == swings(right, 0.2, 0.4) == 3
        ahead = (item["LeftHand"] - item["Hips"])[:, 2]
        assert swings(ahead, 0.6, 0.75) == 3


def test_a_basket_is_shot_from_bent_knees_up_onto_the_toes() -> None:
    for item in seen("shoot_basket"):
        hips, hands = item["Hips"][:, 1], (item["LeftHand"] + item["RightHand"])[:, 1] / 2
        dip, top = int(hips.argmin()), int(hands.argmax())
        assert dip < top
        assert hips[dip] < 0.9 < 1.01 < hips[top]
        assert hands[top] > item["Head"][top, 1] + 0.15
        assert item["LeftFoot"][top, 1] > 0.12


@pytest.mark.parametrize(("name", "sign"), [("arm_circles_forward", 1), ("arm_circles_backward", -1)])
def test_straight_arms_go_round_three_times(name: str, sign: int) -> None:
    for item in seen(name):
        for side in SIDES:
            assert rounds(item, side) == pytest.approx(3 * sign, abs=0.1)
            assert item.straightness(side, ARM).min() > 0.96


def test_the_toes_are_touched_with_straight_legs() -> None:
    for item in seen("toe_touch"):
        for side in SIDES:
            gap = np.linalg.norm(item.limb(side, "HandMiddleEnd") - item.limb(side, "ToeBase"), axis=1)
            assert gap.min() < 0.12
            assert item.straightness(side, LEG)[gap.argmin()] > 0.94


@pytest.mark.parametrize("side", SIDES)
def test_a_side_bend_leans_to_its_side_under_the_other_arm(side: Side) -> None:
    for item in seen(f"side_bend_{side}"):
        lean = (item["Neck1"] - item["Hips"])[:, 0] * (1 if side == "left" else -1)
        assert lean.max() > 0.2
        assert lean.min() > -0.06
        assert item.limb(other(side), "Hand")[lean.argmax(), 1] > item["Head"][lean.argmax(), 1] + 0.1
        assert item.limb(side, "Hand")[:, 1].max() < 1.0


def test_the_trunk_twists_left_and_right_twice() -> None:
    for item in seen("trunk_twist"):
        across = item["LeftArm"] - item["RightArm"]
        turned = np.degrees(np.arctan2(-across[:, 2], across[:, 0]))
        assert swings(turned, -30, 30) == 1
        assert count_above(turned, 35) == count_above(-turned, 35) == 2
        assert np.flatnonzero(turned > 35).min() < np.flatnonzero(turned < -35).min()


def test_the_hips_go_round_three_times_under_a_quiet_head() -> None:
    for item in seen("hip_circles"):
        hips = item["Hips"][:, [0, 2]] - item["Hips"][:, [0, 2]].mean(axis=0)
        far = np.linalg.norm(hips, axis=1) > 0.06
        angle = np.unwrap(np.arctan2(hips[far, 0], hips[far, 1]))
        assert (angle[-1] - angle[0]) / (2 * np.pi) == pytest.approx(3, abs=0.35)
        assert np.ptp(item["Head"][:, 0]) < 0.6 * np.ptp(hips[:, 0])


def test_wings_flap_five_times() -> None:
    for item in seen("flap_arms"):
        for side in SIDES:
            assert swings(item.limb(side, "Hand")[:, 1], 1.1, 1.4) == 5
            assert outward(item, side, "Hand").max() > 0.6


def test_a_rope_is_jumped_seven_times() -> None:
    for item in seen("jump_rope"):
        toes = np.minimum(item["LeftToeBase"][:, 1], item["RightToeBase"][:, 1])
        assert count_above(toes, 0.07) == ENTRIES["jump_rope"].labels["count"]
        assert np.ptp(item["LeftHand"][60:90, 2]) > 0.08


def test_push_ups_lower_the_chest_three_times() -> None:
    for item in seen("push_ups"):
        assert swings(-item["Chest"][:, 1], -0.5, -0.33) == 3
        assert item["Head"][:, 1].max() < 0.8
        assert item["LeftShin"][:, 1].min() > 0.04


@pytest.mark.parametrize("side", SIDES)
def test_a_stomp_comes_down_fast_twice(side: Side) -> None:
    for item in seen(f"stomp_{side}"):
        height = item.limb(side, "ToeBase")[:, 1]
        assert count_above(height, 0.2) == 2
        assert np.diff(height).min() < -1.3 * np.diff(height).max()
        assert item.limb(other(side), "ToeBase")[:, 1].max() < 0.05


def test_both_arms_swing_forward_and_back_four_times() -> None:
    for item in seen("swing_arms"):
        for side in SIDES:
            ahead = (item.limb(side, "Hand") - item.limb(side, "Arm"))[:, 2]
            assert count_above(ahead, 0.3) == 4
            assert count_above(-ahead, 0.12) == 4
            assert item.straightness(side, ARM).min() > 0.94


def test_the_heels_rise_three_times() -> None:
    for item in seen("calf_raise"):
        for side in SIDES:
            assert count_above(item.limb(side, "Foot")[:, 1], 0.13) == 3
            assert item.limb(side, "ToeBase")[:, 1].max() < 0.04
        assert np.ptp(item["Hips"][:, 1]) < 0.12


@pytest.mark.parametrize("side", SIDES)
def test_a_straight_leg_swings_three_times(side: Side) -> None:
    for item in seen(f"leg_swing_{side}"):
        ahead = (item.limb(side, "Foot") - item.limb(side, "Leg"))[:, 2]
        assert count_above(ahead, 0.35) == 3
        assert count_above(-ahead, 0.2) == 3
        assert item.straightness(side, LEG)[ahead.argmax()] > 0.94
        assert item.limb(other(side), "Foot")[:, 1].max() < 0.1


@pytest.mark.parametrize("side", SIDES)
def test_a_side_lunge_bends_the_labelled_knee_only(side: Side) -> None:
    for item in seen(f"side_lunge_{side}"):
        low = int(item["Hips"][:, 1].argmin())
        assert item["Hips"][low, 1] < 0.82
        assert (item["Hips"][low, 0] - item["Hips"][0, 0]) * (1 if side == "left" else -1) > 0.4
        assert item.straightness(side, LEG)[low] < 0.85
        assert item.straightness(other(side), LEG)[low] > 0.93


def test_hands_shake_fast_and_small() -> None:
    for item in seen("shake_arms"):
        for side in SIDES:
            height = (item.limb(side, "HandMiddleEnd") - item.limb(side, "ForeArm"))[:, 1]
            turns = np.diff(np.sign(np.diff(height[40:90])))
            assert np.count_nonzero(turns) >= 8
            assert item.limb(side, "Hand")[:, 1].max() < item["Neck1"][:, 1].min() - 0.1
