"""Motion quality: feet that stand, slide and fly, against numbers by hand and a loop; noise, floors, any skeleton."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodies import make_skeleton, school_names, standing
from motion_files import soma_joints
from tmr.errors import SkeletonError
from tmr.evaluation.quality import (
    UNITS,
    find_feet,
    floating,
    foot_metrics,
    foot_skate_from_contacts,
    four_contacts,
    grounded,
    jerk,
    measure_motion,
    penetration,
)
from tmr.motion.motion import Motion
from tmr.motion.skeleton import Skeleton, built_in_skeleton

FPS = 30.0


def feet_at(heights, speeds):
    """Return feet (frame, 4, 3) at constant heights that slide along z at constant speeds, ankles and toes in turn."""
    frames = np.arange(10)[:, None] / FPS
    feet = np.zeros((10, 4, 3))
    feet[..., 1] = heights
    feet[..., 2] = frames * np.array(speeds)
    return feet


def obvious_metrics(feet, fps, contacts):
    """The benchmark's page of metrics, word by word."""
    height, ratio, told, agree, top = [], [], [], [], 0.0
    for frame in range(len(feet) - 1):
        for foot in range(4):
            speed = np.sqrt(((feet[frame + 1, foot] - feet[frame, foot]) ** 2).sum()) * fps
            low = feet[frame, foot, 1] < 0.05
            if foot in (1, 3) and low:
                height.append(speed)
            if foot in (1, 3) and low and feet[frame + 1, foot, 1] < 0.05:
                ratio.append(speed > 0.2)
            if contacts[frame, foot]:
                told.append(speed)
                top = max(top, speed)
            agree.append((feet[frame, foot, 1] < 0.1 and speed < 0.15) == contacts[frame, foot])
    return {
        "foot_skate_from_height": np.mean(height) if height else 0.0,
        "foot_skate_from_pred_contacts": np.mean(told) if told else 0.0,
        "foot_skate_max_vel": top,
        "foot_skate_ratio": np.mean(ratio) if ratio else 0.0,
        "foot_contact_consistency": np.mean(agree),
    }


def body_with(feet):
    """Return joints of SOMA-30 whose feet are these, and all else above them."""
    joints = np.ones((len(feet), 30, 3))
    joints[:, list(find_feet(built_in_skeleton("somaskel30")))] = feet
    return joints


@given(seed=st.integers(0, 500), spread=st.sampled_from([0.001, 0.004, 0.05]), frames=st.integers(2, 12))
def test_the_metrics_are_what_their_page_says(seed, spread, frames):
    random = np.random.default_rng(seed)
    feet = np.cumsum(random.normal(0, spread, (frames, 4, 3)), axis=0) + np.array([0, 0.06, 0])
    contacts = random.random((frames, 4)) < 0.5
    got = foot_metrics(body_with(feet), FPS, built_in_skeleton("somaskel30"), contacts.astype(np.float32))
    assert got == pytest.approx(obvious_metrics(feet, FPS, contacts), abs=1e-9)


def test_numbers_by_hand():
    # The left toe slides on the floor at 0.5 m/s, the right one at 0.1; the right ankle is in the air.
    feet = feet_at([0.08, 0.01, 0.30, 0.02], [0.5, 0.5, 3.0, 0.1])
    contacts = np.tile([True, True, False, True], (10, 1))
    got = foot_metrics(body_with(feet), FPS, built_in_skeleton("somaskel30"), contacts)
    assert got["foot_skate_from_height"] == pytest.approx(0.3)
    assert got["foot_skate_ratio"] == pytest.approx(0.5)
    assert got["foot_skate_from_pred_contacts"] == pytest.approx(1.1 / 3)
    assert got["foot_skate_max_vel"] == pytest.approx(0.5)
    assert got["foot_contact_consistency"] == pytest.approx(0.5)


def test_a_body_in_the_air_has_no_skating_to_be_praised_for():
    feet = feet_at([0.5] * 4, [2.0] * 4)
    assert foot_metrics(body_with(feet), FPS, built_in_skeleton("somaskel30"))["foot_skate_from_height"] == 0
    measured = measure_motion(body_with(feet), FPS, find_feet(built_in_skeleton("somaskel30")))
    assert np.isnan(measured["foot_skate_from_height"])
    assert np.isnan(measured["foot_skate_ratio"])
    assert measured["grounded"] == 0
    assert measured["floating"] == pytest.approx(0.45)
    assert list(measured) == list(UNITS)


def test_a_single_frame_has_no_speed():
    joints = body_with(feet_at([0.01] * 4, [0] * 4)[:1])
    got = foot_metrics(joints, FPS, built_in_skeleton("somaskel30"), np.ones((1, 4)))
    assert np.isnan(got.pop("foot_contact_consistency"))
    assert set(got.values()) == {0.0}
    assert np.isnan(jerk(joints, FPS)).all()


def test_six_contacts_are_those_of_soma_77_with_the_ends_of_the_toes():
    six = np.array([[1, 0, 1, 0, 1, 1]])
    np.testing.assert_array_equal(four_contacts(six), [[True, False, False, True]])
    with pytest.raises(SkeletonError, match=r"shape \(1, 5\); expected \(frames, 4\) or \(frames, 6\)"):
        four_contacts(six[:, :5])
    with pytest.raises(SkeletonError, match="3 frames of foot contacts, but 10 of joints"):
        foot_metrics(body_with(feet_at([0] * 4, [0] * 4)), FPS, built_in_skeleton("somaskel30"), np.ones((3, 4)))


def test_without_contacts_what_needs_them_is_left_out():
    assert list(foot_metrics(soma_joints(), FPS, built_in_skeleton("somaskel30"))) == [
        "foot_skate_from_height",
        "foot_skate_ratio",
    ]
    assert np.isnan(foot_skate_from_contacts(feet_at([0] * 4, [1] * 4), np.zeros((10, 4), bool), FPS))


@pytest.mark.parametrize(
    ("skeleton", "names"),
    [
        ("somaskel30", ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")),
        ("somaskel77", ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")),
        ("smplx22", ("left_ankle", "left_foot", "right_ankle", "right_foot")),
    ],
)
def test_feet_of_the_built_in_skeletons(skeleton, names):
    skeleton = built_in_skeleton(skeleton)
    assert tuple(skeleton.joints[joint] for joint in find_feet(skeleton)) == names


def test_feet_of_a_skeleton_named_by_another_school():
    motion, _ = standing(school_names("mixamo"))
    feet = find_feet(motion.skeleton, motion.joints)
    assert motion.skeleton.joints[feet.right_toe] == school_names("mixamo")["right_toe"]


def test_a_skeleton_without_toes_is_told():
    names = {role: name for role, name in school_names("mixamo").items() if "toe" not in role}
    skeleton, _ = make_skeleton(names)
    with pytest.raises(SkeletonError, match="has no left_toe and no right_toe"):
        find_feet(skeleton, standing(names)[0].joints)


def test_jerk_is_the_third_derivative():
    times = np.arange(40) / FPS
    joints = np.zeros((40, 2, 3))
    joints[:, 0, 1] = 2 * times**3  # third derivative 12
    joints[:, 1, 0] = 5 * times**2  # none
    mean, peak = jerk(joints, FPS)
    assert mean == pytest.approx(6)
    assert peak == pytest.approx(12)


def test_a_jump_between_frames_is_the_peak():
    joints = np.zeros((40, 3, 3))
    joints[20:, 1, 0] = 0.01
    assert jerk(joints, FPS)[1] == pytest.approx(0.02 * FPS**3)


def test_floor():
    joints = np.ones((4, 3, 3))
    joints[:, 0, 1] = [-0.02, 0.0, 0.04, 0.15]
    assert penetration(joints) == pytest.approx(0.02 / 4)
    assert floating(joints) == pytest.approx(0.10 / 4)
    assert grounded(joints) == pytest.approx(3 / 4)


def test_where_a_motion_goes_and_faces_does_not_matter():
    motion = Motion(soma_joints(20, "somaskel77"), FPS, built_in_skeleton("somaskel77"))
    moved = motion.joints[..., [2, 1, 0]] * [1, 1, -1] + [3, 0, -2]
    feet = find_feet(motion.skeleton)
    np.testing.assert_allclose(
        list(measure_motion(moved.astype(np.float64), FPS, feet).values()),
        list(measure_motion(motion.joints.astype(np.float64), FPS, feet).values()),
        atol=1e-6,
    )


def test_feet_are_needed_by_name():
    with pytest.raises(SkeletonError):
        find_feet(Skeleton("stick", ("a", "b"), (-1, 0)))
