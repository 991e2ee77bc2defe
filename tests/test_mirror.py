"""Mirroring: twice is the motion itself, sides exchanged in every school's names."""

import numpy as np
import pytest

from bodies import SCHOOLS, school_names, standing, swinging
from tmr.errors import SkeletonError
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.skeleton import Skeleton, built_in_skeleton


@pytest.mark.parametrize("school", SCHOOLS)
def test_twice_is_the_motion_itself(school: str) -> None:
    motion, roles = swinging(school_names(school), seconds=0.3)
    once = mirror(motion)
    assert np.array_equal(mirror(once).joints, motion.joints)
    left, right = roles.index("left_wrist"), roles.index("right_wrist")
    assert np.array_equal(once.joints[:, left], motion.joints[:, right] * np.float32([-1, 1, 1]))


@pytest.mark.parametrize("name", ["somaskel30", "somaskel77", "smplx22"])
def test_built_in_skeletons(name: str) -> None:
    skeleton = built_in_skeleton(name)
    motion = Motion(skeleton.rest[None].copy(), 30.0, skeleton)
    once = mirror(motion)
    assert np.array_equal(mirror(once).joints, motion.joints)
    # A T-pose is nearly its own mirror image, so no joint may be left on the other side.
    assert np.linalg.norm(once.joints - motion.joints, axis=-1).max() < 0.06


def test_sides_that_cannot_be_found_are_an_error() -> None:
    motion, roles = standing(school_names("motionbuilder") | {"left_hip": "A", "right_hip": "B"})
    with pytest.raises(SkeletonError, match="--joint"):
        mirror(
            Motion(motion.joints, 30.0, Skeleton("flat", tuple(f"j{n}" for n in range(len(roles))), (-1,) * len(roles)))
        )
