"""Several bodies in one file: one of them is taken, whole, and the notes say which."""

import numpy as np
import pytest

from bodies import school_names, standing, swinging, turned_and_moved
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget
from tmr.motion.several import one_body
from tmr.motion.skeleton import Skeleton


def together(*motions: Motion, root: str = "") -> Motion:
    """Return motions as one file has them, each below a root of its own or all below one."""
    names, parents = ([root], [-1]) if root else ([], [])
    joints = [np.zeros_like(motions[0].joints[:, :1])] if root else []
    for number, motion in enumerate(motions):
        start = len(names)
        names += [f"Actor{number}:{name}" for name in motion.skeleton.joints]
        parents += [parent + start if parent >= 0 else 0 if root else -1 for parent in motion.skeleton.parents]
        joints.append(motion.joints)
    return Motion(np.concatenate(joints, axis=1), motions[0].fps, Skeleton("together", tuple(names), tuple(parents)))


@pytest.mark.parametrize("root", ["", "Scene"])
@pytest.mark.parametrize("school", ["motionbuilder", "unreal", "optitrack"])
def test_limbs_of_two_actors_are_not_mixed(school: str, root: str) -> None:
    first, second = swinging(school_names(school))[0], standing(school_names(school))[0]
    second = turned_and_moved(second, 2.0, (1.5, 0.0, 0.5))
    second = Motion(second.joints[[0] * first.num_frames], first.fps, second.skeleton)
    both = together(first, second, root=root)
    hips = both.skeleton.joints[-len(second.skeleton.joints)]
    taken = retarget(both)
    np.testing.assert_allclose(taken.joints, retarget(first).joints, atol=1e-5)
    assert [note for note in taken.notes if "2 bodies" in note and f"--joint hips={hips}" in note]
    other = retarget(both, joint_names={"hips": hips})
    np.testing.assert_allclose(other.joints, retarget(second).joints, atol=1e-5)


def test_a_copy_of_the_body_in_its_place_is_no_other_body() -> None:
    motion, _ = swinging(school_names("blender"))
    assert one_body(both := together(motion, motion, root="rig")) is both


@pytest.mark.parametrize("root", ["", "Scene"])
def test_the_arms_of_a_chair_are_no_limbs(root: str) -> None:
    motion, _ = swinging(school_names("motionbuilder"))
    chair = Skeleton("chair", ("Seat", "LeftArm", "RightArm", "LeftLeg", "RightLeg"), (-1, 0, 0, 0, 0))
    seat = np.float32([[0, 0.5, 0], [0.3, 0.7, 0], [-0.3, 0.7, 0], [0.3, 0, 0], [-0.3, 0, 0]])
    beside = Motion(np.repeat(seat[None], motion.num_frames, axis=0), motion.fps, chair)
    taken = retarget(together(beside, motion, root=root))
    np.testing.assert_allclose(taken.joints, retarget(motion).joints, atol=1e-5)
    assert any("left out: Actor0:Seat" in note for note in taken.notes)
    # Who names a joint outside the body knows better.
    assert one_body(both := together(beside, motion, root=root), {"left_hip": "Actor0:LeftLeg"}) is both


def test_a_body_with_things_beside_it_stays_whole() -> None:
    motion, _ = swinging(school_names("motionbuilder"))
    names = tuple(f"Prop{number}" for number in range(15))
    parents = (*motion.skeleton.parents, -1, *range(len(motion.skeleton.joints), len(motion.skeleton.joints) + 14))
    joints = np.concatenate([motion.joints, motion.joints[:, [0] * 15] + np.float32(2)], axis=1)
    beside = Motion(joints, motion.fps, Skeleton("beside", (*motion.skeleton.joints, *names), parents))
    assert one_body(beside) is beside
