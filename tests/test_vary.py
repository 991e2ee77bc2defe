"""Another body's traces: bones keep their lengths, arms their directions, feet their heights; a clip is bent alike."""

import numpy as np
import pytest

from bodies import school_names, swinging, turned_and_moved
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget
from tmr.motion.skeleton import built_in_skeleton
from tmr.motion.vary import vary_body

SOMA = built_in_skeleton("somaskel30")
PARENTS = [max(parent, 0) for parent in SOMA.parents]
ANKLES = [SOMA.index("LeftFoot"), SOMA.index("RightFoot")]


@pytest.fixture(scope="module")
def joints() -> np.ndarray:
    return retarget(swinging(school_names("motionbuilder"))[0]).joints


def bones(joints: np.ndarray) -> np.ndarray:
    return joints - joints[:, PARENTS]


def test_bones_keep_their_lengths_and_arms_their_directions(joints: np.ndarray) -> None:
    for seed in range(20):
        varied = vary_body(joints, np.random.default_rng(seed))
        assert (varied.dtype, varied.shape) == (np.float32, joints.shape)
        before, after = bones(joints), bones(varied)
        np.testing.assert_allclose(np.linalg.norm(after, axis=-1), np.linalg.norm(before, axis=-1), atol=1e-6)
        for name in ("ForeArm", "Hand", "HandMiddleEnd", "HandThumbEnd"):
            places = [SOMA.index(side + name) for side in ("Left", "Right")]
            np.testing.assert_allclose(after[:, places], before[:, places], atol=1e-6)


def test_feet_stay_on_the_floor_and_nothing_goes_far(joints: np.ndarray) -> None:
    moved = []
    for seed in range(20):
        varied = vary_body(joints, np.random.default_rng(seed))
        rise = varied[:, ANKLES, 1] - joints[:, ANKLES, 1]
        assert np.abs(rise).max() < 0.02
        np.testing.assert_allclose(rise, np.broadcast_to(rise.mean(), rise.shape), atol=5e-3)
        moved.append(np.linalg.norm(varied - joints, axis=-1).mean(axis=0))
    assert 0.005 < np.mean(moved) < 0.05
    assert np.max(moved) < 0.2


def test_the_same_draw_gives_the_same_body_wherever_it_stands_and_faces(joints: np.ndarray) -> None:
    motion = Motion(joints, 30.0, SOMA)
    moved = turned_and_moved(motion, 2.0, (3.0, 0.0, -1.0))
    here = Motion(vary_body(joints, np.random.default_rng(1)), 30.0, SOMA)
    there = vary_body(moved.joints, np.random.default_rng(1))
    np.testing.assert_allclose(there, turned_and_moved(here, 2.0, (3.0, 0.0, -1.0)).joints, atol=1e-4)
    assert not np.allclose(here.joints, vary_body(joints, np.random.default_rng(2)), atol=1e-3)


def test_a_frame_does_not_depend_on_the_others(joints: np.ndarray) -> None:
    whole, part = (vary_body(rows, np.random.default_rng(0)) for rows in (joints, joints[5:9]))
    # But for the way over the floor, which begins with the first.
    np.testing.assert_allclose(part - part[:, :1], (whole - whole[:, :1])[5:9], atol=1e-5)


def test_a_straight_leg_and_a_lying_body_stay_finite() -> None:
    standing = SOMA.rest[None].astype(np.float32) + np.float32([0, 1, 0])
    lying = standing @ np.float32([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    for joints in (standing, lying):
        assert np.isfinite(vary_body(joints, np.random.default_rng(0))).all()
