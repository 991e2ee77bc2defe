"""What is written reads back the same, appears whole or not at all, and motions that do not fit are refused."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion_files import bvh_text, soma_joints
from tmr.errors import MotionFileError
from tmr.motion.formats import read_motion, write_bvh, write_npz
from tmr.motion.motion import Motion
from tmr.motion.rotation import forward_kinematics
from tmr.motion.skeleton import Skeleton, built_in_skeleton


def posed(name: str, num_frames: int = 20) -> Motion:
    """Return a motion of a built-in skeleton in which every joint turns a little, the first frame in the rest pose."""
    skeleton = built_in_skeleton(name)
    assert skeleton.rest is not None
    rng = np.random.default_rng(5)
    turns = np.cumsum(rng.normal(size=(num_frames, len(skeleton.joints), 3)) / 12, axis=0)
    turns[0] = 0
    rotations = Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix().reshape(*turns.shape, 3)
    moves = np.repeat((skeleton.rest - skeleton.rest[list(skeleton.parents)])[None], num_frames, axis=0)
    moves[:, 0] = [0, 1, 0] + turns[:, 0]
    joints = forward_kinematics(rotations, moves.astype(np.float64), skeleton.parents)
    return Motion(joints.astype(np.float32), 30.0, skeleton)


def read_in_order(path: Path, motion: Motion, **options: str) -> np.ndarray:
    found = read_motion(path, **options)  # pyright: ignore[reportArgumentType]
    assert found.fps == motion.fps
    return found.joints[:, [found.skeleton.index(name) for name in motion.skeleton.joints]]


@pytest.mark.parametrize("name", ["somaskel30", "somaskel77", "smplx22"])
@pytest.mark.parametrize("unit", ["cm", "m", "inch"])
def test_bvh_reads_back(tmp_path: Path, name: str, unit: str) -> None:
    motion = posed(name)
    write_bvh(tmp_path / "a.bvh", motion, unit=unit)
    np.testing.assert_allclose(read_in_order(tmp_path / "a.bvh", motion, unit=unit, up="y"), motion.joints, atol=1e-4)
    assert [file.name for file in tmp_path.iterdir()] == ["a.bvh"]


def test_bvh_of_a_skeleton_without_rest_pose_reads_back(tmp_path: Path) -> None:
    (tmp_path / "source.bvh").write_text(
        bvh_text().replace("CHANNELS 6 Xposition Yposition Zposition Yrot", "CHANNELS 3 Yrot")
    )
    motion = posed("somaskel30")
    order = list(range(29, -1, -1))  # children before parents, and other proportions than SOMA's
    skeleton = Skeleton(
        "mine",
        tuple(motion.skeleton.joints[joint] for joint in order),
        tuple(-1 if motion.skeleton.parents[j] == -1 else order.index(motion.skeleton.parents[j]) for j in order),
    )
    motion = Motion(motion.joints[:, order] * np.float32(0.9), 59.94, skeleton)
    write_bvh(tmp_path / "a.bvh", motion)
    np.testing.assert_allclose(read_in_order(tmp_path / "a.bvh", motion, unit="cm", up="y"), motion.joints, atol=1e-4)


def test_names_that_would_break_the_file_are_changed(tmp_path: Path) -> None:
    motion = posed("smplx22")
    odd = ("a {b}\nc", *motion.skeleton.joints[1:])
    motion = replace(motion, skeleton=Skeleton("odd", odd, motion.skeleton.parents))
    write_bvh(tmp_path / "a.bvh", motion)
    assert "a _b__c" in read_motion(tmp_path / "a.bvh").skeleton.joints


def test_npz_reads_back(tmp_path: Path) -> None:
    motion = posed("somaskel30")
    write_npz(tmp_path / "a.npz", motion, text="a person turns")
    found = read_motion(tmp_path / "a.npz")
    np.testing.assert_array_equal(found.joints, motion.joints)
    assert found.skeleton == motion.skeleton
    with np.load(tmp_path / "a.npz") as arrays:
        assert set(arrays) == {"posed_joints", "fps", "text"}
        assert str(arrays["text"]) == "a person turns"


def test_npz_of_another_skeleton_reads_back(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh_text())
    motion = read_motion(tmp_path / "a.bvh")
    write_npz(tmp_path / "a.npz", motion)
    found = read_motion(tmp_path / "a.npz")
    np.testing.assert_allclose(found.joints, motion.joints, atol=1e-6)
    assert (found.skeleton.joints, found.skeleton.parents) == (motion.skeleton.joints, motion.skeleton.parents)


def test_what_is_not_rigid_is_refused(tmp_path: Path) -> None:
    joints = soma_joints(4)
    joints[2, 5] += 0.1
    with pytest.raises(MotionFileError, match=r"is not rigid.*write \.npz instead"):
        write_bvh(tmp_path / "a.bvh", Motion(joints, 30.0, built_in_skeleton("somaskel30")))
    with pytest.raises(MotionFileError, match="'league' is unknown"):
        write_bvh(tmp_path / "a.bvh", posed("smplx22"), unit="league")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.bvh"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(MotionFileError, match=r"a\.bvh: cannot be written: No space left"):
        write_bvh(path, posed("smplx22"))
    assert [file.name for file in tmp_path.iterdir()] == ["a.bvh"]
    assert path.read_text() == "old"


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(MotionFileError, match="cannot be written: No such file"):
        write_npz(tmp_path / "none" / "a.npz", posed("smplx22"))
