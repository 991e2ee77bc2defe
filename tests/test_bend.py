"""A walk along a way that turns."""

from dataclasses import replace

import numpy as np
import pytest

from tmr.errors import SkeletonError
from tmr.motion.bend import bend_path, goes_straight, way_length
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import Skeleton, built_in_skeleton
from ways import turn_of

SKELETON = built_in_skeleton("somaskel30")
TOES = [SKELETON.joints.index(name) for name in ("LeftToeBase", "RightToeBase")]


@pytest.fixture(scope="module")
def library():
    return {item.name: item.motion for item in procedural_library(variations=1)}


@pytest.mark.parametrize("name", ["walk", "jog", "run"])
@pytest.mark.parametrize("degrees", [25.0, 90.0, -90.0, 180.0])
def test_the_way_turns_by_so_much(library, name, degrees):
    walk = library[name]
    bent = bend_path(walk, degrees)
    assert turn_of(bent.joints) - turn_of(walk.joints) == pytest.approx(degrees, abs=12)
    assert bent.joints.dtype == np.float32
    assert way_length(bent.joints) == pytest.approx(way_length(walk.joints), rel=0.1)
    np.testing.assert_allclose(bent.joints[0], walk.joints[0], atol=1e-5)


def test_left_is_where_who_turns_left_goes(library):
    assert turn_of(library["walk_turning_left"].joints) > 40
    assert turn_of(library["walk_turning_right"].joints) < -40


def test_bones_and_heights_are_as_before(library):
    walk, bent = library["walk"], bend_path(library["walk"], 200)
    np.testing.assert_allclose(bent.joints[..., 1], walk.joints[..., 1], atol=1e-6)
    for joint, parent in enumerate(SKELETON.parents):
        if parent >= 0:
            lengths = [np.linalg.norm(m.joints[:, joint] - m.joints[:, parent], axis=-1) for m in (walk, bent)]
            np.testing.assert_allclose(*lengths, atol=1e-5)


def test_a_straight_bend_changes_nothing(library):
    np.testing.assert_allclose(bend_path(library["walk"], 0).joints, library["walk"].joints, atol=1e-5)


def test_the_foot_that_stands_does_not_slide(library):
    walk = library["walk"]
    low = walk.joints[:, TOES, 1] < walk.joints[:, TOES, 1].min(axis=0) + 0.01
    for degrees in (45, 180):
        slides = []
        for motion in (walk, bend_path(walk, degrees)):
            speeds = np.linalg.norm(np.diff(motion.joints[:, TOES][..., [0, 2]], axis=0), axis=-1) * motion.fps
            slides.append(speeds[low[1:] & low[:-1]].mean())
        assert slides[1] < slides[0] + 0.08


def test_to_the_right_is_the_mirror_image_of_to_the_left(library):
    walk = library["walk"]
    right, left = bend_path(walk, -70), bend_path(mirror(walk), 70)
    np.testing.assert_allclose(mirror(left).joints, right.joints, atol=1e-4)


@pytest.mark.parametrize("name", ["walk", "walk_slow", "jog", "run", "sprint", "sneak"])
def test_who_goes_ahead_goes_straight(library, name):
    assert goes_straight(library[name].joints)
    assert not goes_straight(bend_path(library[name], 90).joints)


@pytest.mark.parametrize(
    "name", ["stand", "walk_backwards", "side_steps_left", "walk_turning_left", "run_circle_left", "squat", "wave_left"]
)
def test_who_goes_elsewhere_or_nowhere_does_not(library, name):
    assert not goes_straight(library[name].joints)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_short_motions_are_bent_too(library, frames):
    short = replace(library["walk"], joints=library["walk"].joints[:frames])
    assert bend_path(short, 90).joints.shape == (frames, 30, 3)
    assert np.isfinite(bend_path(short, 90).joints).all()
    assert not goes_straight(short.joints)


def test_other_skeletons_are_refused():
    other = Motion(np.zeros((4, 1, 3), np.float32), 30.0, Skeleton("other", ("a",), (-1,)))
    with pytest.raises(SkeletonError, match="SOMA-30"):
        bend_path(other, 90)
