"""The arms of one motion on the body of another."""

from dataclasses import replace

import numpy as np
import pytest

from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.arms import arm_joints, gestures_only, with_arms
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import Skeleton, built_in_skeleton

SKELETON = built_in_skeleton("somaskel30")
ARMS = arm_joints(SKELETON)


@pytest.fixture(scope="module")
def library():
    return {item.name: item.motion for item in procedural_library(variations=1)}


def cut_alike(first: Motion, second: Motion) -> tuple[Motion, Motion]:
    frames = min(len(first.joints), len(second.joints))
    return replace(first, joints=first.joints[:frames]), replace(second, joints=second.joints[:frames])


def bone_lengths(motion: Motion) -> np.ndarray:
    return np.stack(
        [
            np.linalg.norm(motion.joints[:, joint] - motion.joints[:, parent], axis=-1)
            for joint, parent in enumerate(SKELETON.parents)
            if parent >= 0
        ]
    )


def test_arms_are_all_from_the_shoulders_on():
    names = {SKELETON.joints[joint] for joint in ARMS}
    assert names == {
        f"{side}{part}"
        for side in ("Left", "Right")
        for part in ("Shoulder", "Arm", "ForeArm", "Hand", "HandThumbEnd", "HandMiddleEnd")
    }


def test_the_arms_move_against_the_chest_as_they_did(library):
    walk, wave = cut_alike(library["walk_turning_left"], library["wave_right"])
    both = with_arms(walk, wave)
    rest = [joint for joint in range(30) if joint not in ARMS]
    np.testing.assert_array_equal(both.joints[:, rest], walk.joints[:, rest])
    np.testing.assert_allclose(bone_lengths(both), bone_lengths(walk), atol=1e-4)
    # Seen from four points of the chest, whichever way it faces, each joint of an arm is as far as it was.
    for name in ("Chest", "Neck1", "LeftShoulder", "RightShoulder"):
        seen = SKELETON.joints.index(name)
        distances = [
            np.linalg.norm(motion.joints[:, ARMS] - motion.joints[:, seen, None], axis=-1) for motion in (both, wave)
        ]
        np.testing.assert_allclose(*distances, atol=2e-3)


def test_no_arm_is_mirrored(library):
    walk, wave = cut_alike(library["walk"], library["wave_right"])
    hand = SKELETON.joints.index("RightHand"), SKELETON.joints.index("LeftHand")
    highest = [with_arms(walk, arms).joints[:, hand, 1].max(axis=0) for arms in (wave, mirror(wave))]
    assert highest[0][0] > highest[0][1] + 0.3
    assert highest[1][1] > highest[1][0] + 0.3


def test_a_motion_with_its_own_arms_is_itself(library):
    walk = library["run"]
    np.testing.assert_allclose(with_arms(walk, walk).joints, walk.joints, atol=1e-5)


def test_where_the_arms_come_from_does_not_matter(library):
    walk, wave = cut_alike(library["walk"], library["wave_left"])
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]], np.float32)
    elsewhere = replace(wave, joints=wave.joints @ turn.T + np.array([3.0, 0.5, -2.0], np.float32))
    np.testing.assert_allclose(with_arms(walk, elsewhere).joints, with_arms(walk, wave).joints, atol=1e-5)


def test_what_does_not_fit_is_refused(library):
    walk, wave = cut_alike(library["walk"], library["wave_left"])
    with pytest.raises(MotionFileError, match=r"expected \d+ at 30"):
        with_arms(walk, replace(wave, joints=wave.joints[1:]))
    with pytest.raises(MotionFileError, match="60 fps"):
        with_arms(walk, replace(wave, fps=60.0))
    other = Skeleton("other", ("a",), (-1,))
    with pytest.raises(SkeletonError, match="SOMA-30"):
        with_arms(walk, Motion(np.zeros((len(walk.joints), 1, 3), np.float32), 30.0, other))


@pytest.mark.parametrize("name", ["wave_left", "raise_both_arms", "clap", "drink_right", "point_left"])
def test_gestures_move_the_arms_alone(library, name):
    assert gestures_only(library[name].joints)


@pytest.mark.parametrize("name", ["walk", "squat", "bow", "turn_left", "kick_right", "jump", "stand", "sit_down"])
def test_what_moves_more_than_arms_or_nothing_is_no_gesture(library, name):
    assert not gestures_only(library[name].joints)


@pytest.mark.parametrize("axis", [0, 1], ids=["leans", "turns"])
def test_who_leans_or_turns_above_the_hips_does_more_than_gesture(library, axis):
    joints = library["wave_left"].joints.copy()
    above = [joint for joint in range(30) if not SKELETON.joints[joint].endswith(("Leg", "Shin", "Foot", "ToeBase"))]
    for frame, angle in enumerate(np.linspace(0, 0.8, len(joints))):
        turn = np.eye(3)
        first, second = (axis + 1) % 3, (axis + 2) % 3
        turn[[first, first, second, second], [first, second, first, second]] = (
            np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle),
        )  # fmt: skip
        joints[frame, above] = (joints[frame, above] - joints[frame, 0]) @ turn.T + joints[frame, 0]
    assert not gestures_only(joints.astype(np.float32))
