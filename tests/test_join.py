"""Joining motions: nothing jumps, bones keep their lengths, feet the floor; headings and places agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodies import SCHOOLS, school_names, swinging, turned_and_moved
from tmr.errors import MotionFileError, SkeletonError
from tmr.motion.join import join
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.resample import resample

LIBRARY = {labelled.name: labelled.motion for labelled in procedural_library()}
PAIRS = (
    ("walk", "wave_left"),
    ("run", "bow"),
    ("lie_down", "walk"),
    ("walk", "run"),
    ("crawl", "run"),
    ("sprint", "get_up"),
    ("turn_around_left", "walk_backwards"),
    ("zombie", "sit_on_floor"),
)
LEFT_HIP, RIGHT_HIP, HIPS = 22, 26, 0


def heading(pose: np.ndarray) -> float:
    line = pose[LEFT_HIP] - pose[RIGHT_HIP]
    return float(np.arctan2(-line[2], line[0]))


def parts(first: Motion, second: Motion) -> tuple[np.ndarray, slice]:
    joints = join(first, second).joints
    return joints, slice(first.num_frames - 1, len(joints) - second.num_frames + 1)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_no_joint_jumps(first, second):
    joints, seam = parts(LIBRARY[first], LIBRARY[second])
    assert 0.3 <= (seam.stop - seam.start - 1) / 30 <= 1.21
    velocity = np.diff(joints, axis=0) * 30
    acceleration = np.linalg.norm(np.diff(velocity, axis=0), axis=-1) * 30
    own = [np.linalg.norm(np.diff(LIBRARY[name].joints, n=2, axis=0), axis=-1).max() * 900 for name in (first, second)]
    inside = slice(seam.start - 1, seam.stop - 1)
    assert acceleration[inside].max() < max(60, *own)
    assert np.linalg.norm(velocity[inside], axis=-1).max() < 8.0


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_feet_stay_on_the_floor_and_bones_keep_their_lengths(first, second):
    joints, seam = parts(LIBRARY[first], LIBRARY[second])
    lowest = joints[seam, :, 1].min(axis=1)
    ends = sorted([lowest[0], lowest[-1]])
    assert lowest.min() > ends[0] - 1e-3
    assert lowest.max() < ends[1] + 1e-3
    parents = np.maximum(LIBRARY[first].skeleton.parents, 0)
    bones = np.linalg.norm(joints - joints[:, parents], axis=-1)
    assert np.abs(bones[seam] - bones[0]).max() < 1e-3


def test_the_parts_are_the_motions_moved_as_a_whole():
    first, second = LIBRARY["turn_left"], LIBRARY["walk_turning_right"]
    joints, seam = parts(first, second)
    assert np.array_equal(joints[: seam.start + 1], first.joints)
    own = np.linalg.norm(second.joints[:, :, None] - second.joints[:, None], axis=-1)
    moved = joints[seam.stop - 1 :]
    assert np.abs(np.linalg.norm(moved[:, :, None] - moved[:, None], axis=-1) - own).max() < 1e-4
    assert np.abs(moved[..., 1] - second.joints[..., 1]).max() < 1e-5
    assert join(first, second).name == "turn_left + walk_turning_right"


def test_the_second_faces_and_stands_where_the_first_ends():
    for name in ("turn_left", "turn_around_right", "walk_turning_left"):
        first, second = LIBRARY[name], turned_and_moved(LIBRARY["wave_left"], 2.0, (5.0, 0.0, -3.0))
        joints, seam = parts(first, second)
        apart = heading(joints[seam.stop - 1]) - heading(first.joints[-1])
        assert abs(np.angle(np.exp(1j * apart))) < 0.1
        assert np.linalg.norm((joints[seam.stop - 1, HIPS] - first.joints[-1, HIPS])[[0, 2]]) < 0.1


def test_who_walks_on_walks_through_the_transition():
    joints, seam = parts(LIBRARY["walk"], LIBRARY["walk"])
    speed = np.diff(joints[:, HIPS, 2]) * 30
    pace = speed[: seam.start].mean()
    assert np.abs(speed[seam] - pace).max() < 0.35 * pace


@given(st.floats(-3.1, 3.1), st.floats(-3.1, 3.1), st.floats(-5, 5))
def test_where_the_motions_begin_and_face_does_not_matter(turn, other_turn, x):
    first, second = LIBRARY["raise_arm_left"].cut(0, 2), LIBRARY["sit_down"]
    plain = join(first, second)
    placed = join(turned_and_moved(first, turn, (x, 0, 1)), turned_and_moved(second, other_turn, (1, 0, x)))
    expected = turned_and_moved(plain, turn, (x, 0, 1))
    assert np.abs(placed.joints - expected.joints).max() < 1e-3


def test_an_arm_that_turns_half_round_swings_evenly():
    raised = LIBRARY["raise_arm_left"].cut(1.8, 2.0)
    hanging = LIBRARY["stand"]
    joints, seam = parts(raised, hanging)
    arm = joints[seam, 12] - joints[seam, 11]
    arm /= np.linalg.norm(arm, axis=-1, keepdims=True)
    steps = np.arccos(np.clip((arm[1:] * arm[:-1]).sum(axis=-1), -1, 1))
    assert steps.sum() > 2.0
    assert steps.max() < 2.5 * steps.mean()


@pytest.mark.parametrize("noise", [-0.005, 0.005])
def test_an_arm_that_turns_exactly_half_round_swings_past_the_front(noise):
    # What is a hair to the one side or the other must not choose the way.
    hanging = LIBRARY["stand"].cut(0, 0.2)
    shoulder, arm = 11, slice(12, 16)
    joints = hanging.joints.copy()
    joints[:, arm] = joints[:, shoulder : shoulder + 1] - (joints[:, arm] - joints[:, shoulder : shoulder + 1])
    joints[:, arm, 0] += noise
    raised = Motion(joints, 30.0, hanging.skeleton)
    joined, seam = parts(hanging, raised)
    middle = joined[(seam.start + seam.stop) // 2]
    assert middle[13, 2] - middle[shoulder, 2] > 0.4


@pytest.mark.parametrize("school", SCHOOLS)
def test_every_schools_skeleton(school):
    motion, _ = swinging(school_names(school), seconds=0.5)
    joined = join(motion, motion, seconds=0.5)
    assert joined.num_frames == 2 * motion.num_frames + 14
    assert joined.skeleton is motion.skeleton


def test_single_frames_and_no_transition():
    one = LIBRARY["stand"].cut(0, 0.01)
    assert join(one, one).num_frames == 2 + 8
    assert join(one, one, seconds=0).num_frames == 2


def test_what_cannot_be_joined_is_told():
    walk = LIBRARY["walk"]
    with pytest.raises(MotionFileError, match="resample"):
        join(walk, resample(walk, 60))
    with pytest.raises(SkeletonError, match="retarget"):
        join(walk, swinging(school_names("mixamo"))[0])
    for seconds in (-1.0, float("nan"), 61.0):
        with pytest.raises(MotionFileError, match="transition"):
            join(walk, walk, seconds=seconds)
